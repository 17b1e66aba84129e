"""A storm over a node with its real processes: `python -m tests.drill [SECONDS] [SEED]`; 240 seconds in all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from sqlalchemy.orm import sessionmaker

from config.settings import Settings
from core.db import connect
from gateway.cli.demo import BORROWERS
from tests.drill.books import Comparison, compare
from tests.drill.person import Person
from tests.drill.storm import Storm
from tests.journey.running import PIN, Handset, RunningNode, prove_everything, register

SECONDS = 240  # of it the first six tenths are storm; then the node may come to rest
STORM = 0.6
REST_SECONDS = 120  # so much longer it may take to come to rest on a busy machine


def main(seconds: float = SECONDS, seed: int = 1) -> int:
    """Live through it, and say what both books say; 1 if they differ and nobody is told why."""
    folder = Path(tempfile.mkdtemp(prefix="growr-drill-"))
    node = RunningNode(folder / "home")
    node.start()
    try:
        phones = _prepare(node)
        begun = time.monotonic()
        storm, done = _storm(node, phones, seed, begun + seconds * STORM)
        found = _calm(node, begun + seconds + REST_SECONDS)
    finally:
        node.stop()
    wrong = [*found.unsaid, *_idle(done, found)]
    _tell(storm, done, found, time.monotonic() - begun)
    print("\n".join(wrong) or "the books agree")
    if wrong:
        print(f"the node's files: {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if wrong else 0


def _prepare(node: RunningNode) -> list[Handset]:
    """The demo's three borrowers, registered and with all they can prove, before anything goes wrong."""
    node.growr("demo")
    phones = [Handset(node.sandbox, one["phone"]) for one in BORROWERS]
    for phone in phones:
        register(phone, PIN)
        prove_everything(phone)
        phone.hang_up()
    return phones


def _storm(
    node: RunningNode, phones: list[Handset], seed: int, until: float
) -> tuple[Storm, Counter[str]]:
    """The storm, with a restart of all in its middle; it and the people, and what they did."""
    storm = Storm(node, seed)
    people = [Person(phone, storm.over, seed + n) for n, phone in enumerate(phones)]
    for thread in (storm, *people):
        thread.start()
    _sleep_until((time.monotonic() + until) / 2)
    storm.restart()
    _sleep_until(until)
    storm.end()
    for person in people:
        person.join(60)
    return storm, sum((person.done for person in people), storm.done)


def _calm(node: RunningNode, until: float) -> Comparison:
    """No more faults: the node asks, reads the statement, and comes to rest, or time is up."""
    engine = connect(Settings(home=node.home).database)
    sessions = sessionmaker(engine)
    while True:
        with sessions() as db:
            found = compare(node.home / "sandbox.db", db)
        is_at_rest = not found.unsaid and not found.open and found.theirs_in == found.ours_in
        if is_at_rest or time.monotonic() > until:
            engine.dispose()
            return found
        time.sleep(2)


def _idle(done: Counter[str], found: Comparison) -> list[str]:
    """A drill in which nothing moved has shown nothing."""
    needed = {
        "loans": found.loans, "repayments": found.repayments, "kills": done["kills"],
        "faults": done["faults"], "restarts": done["restarts"],
    }  # fmt: skip
    return [f"no {what}: nothing was drilled" for what, count in needed.items() if not count]


def _tell(storm: Storm, done: Counter[str], found: Comparison, seconds: float) -> None:
    acts = ("dials", "texts", "prompts answered", "paid by hand", "tries", "tries that failed")
    print("people: " + ", ".join(f"{done[what]} {what}" for what in acts))
    befell = ", ".join(f"{done[what]} {what}" for what in ("faults", "kills", "restarts"))
    print(f"storm: {befell}; {storm.kinds} kinds of fault")
    print("\n".join(found.lines()))
    print(f"{seconds:.0f} s, {len(found.unsaid)} disagreements")


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


if __name__ == "__main__":
    os.environ.setdefault("GROWR_LOG_LEVEL", "WARNING")
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
