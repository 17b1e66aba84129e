"""A storm over a node with its real processes: `python -m tests.drill [SECONDS] [SEED]`; 240 seconds in all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
from sqlalchemy.orm import sessionmaker

from config.settings import Settings
from core.db import connect
from gateway.cli.demo import BORROWERS
from gateway.sandbox.faults import KNOWN
from tests.drill.books import Comparison, compare
from tests.journey.running import (
    GROWR,
    PIN,
    Handset,
    RunningNode,
    borrow,
    prove_everything,
    register,
)

SECONDS = 240  # of it the first half is storm; then the node may come to rest
TARGETS = ("oauth", "stk", "query", "b2c", "c2b", "status", "pull", "sms", "ussd", "inbound")
PROCESSES = ("web", "worker", "clock", "keys", "sandbox")
CODES = ("1", "17", "26", "1032", "1037", "2001", "2040")
SHORT_CODE = "174379"
NO_ANSWER = (requests.RequestException, AssertionError, KeyError, IndexError, ValueError)


class Storm:
    """What befalls the node; it counts what it did."""

    def __init__(self, node: RunningNode, seed: int) -> None:
        self.node, self.chance, self.done = node, random.Random(seed), Counter[str]()
        self.over = threading.Event()

    def blow(self) -> None:
        """Faults, kills and one restart, until it is over."""
        while not self.over.wait(self.chance.uniform(0.5, 3)):
            act = self.chance.choices((self.fault, self.kill), (4, 1))[0]
            with suppress(*NO_ANSWER, OSError, StopIteration):
                act()

    def fault(self) -> None:
        target = self.chance.choice(TARGETS)
        kind = self.chance.choice(KNOWN[target])
        kind = kind.replace("result:<code>", f"result:{self.chance.choice(CODES)}")
        kind = kind.replace("status:<code>", "status:500").replace(
            "report:<status>", "report:Failed"
        )
        body = {"target": target, "kind": kind, "count": self.chance.randint(1, 3), "seconds": 2}
        requests.post(f"{self.node.sandbox}/faults", json=body, timeout=10).raise_for_status()
        self.done["faults"] += 1

    def kill(self) -> None:
        names = [
            line.split()[0] for line in self._children() if line.split()[0].startswith(PROCESSES)
        ]
        self.node.kill(self.chance.choice(names))
        self.done["kills"] += 1

    def restart(self) -> None:
        """All of it stops, in the middle of whatever it was doing, and starts again."""
        assert self.node.process is not None
        before = self.node.log().count("The node is running")
        self.node.process.send_signal(signal.SIGINT)
        self.node.process.wait(60)
        with (self.node.home / "log").open("ab") as log:
            self.node.process = _spawn(self.node, log)
        _until(lambda: self.node.log().count("The node is running") > before, 60)
        self.done["restarts"] += 1

    def _children(self) -> list[str]:
        return [line for line in (self.node.home / "up.children").read_text().split("\n") if line]


class Person(threading.Thread):
    """A borrower who borrows, pays by prompt and by pay bill, and declines now and then."""

    def __init__(self, phone: Handset, storm: Storm, seed: int) -> None:
        super().__init__(daemon=True)
        self.phone, self.storm, self.chance = phone, storm, random.Random(seed)

    def run(self) -> None:
        while not self.storm.over.wait(self.chance.uniform(1, 4)):
            act = self.chance.choice((self.take, self.ask, self.ask, self.by_hand, self.answer))
            with suppress(*NO_ANSWER):
                act()

    def take(self) -> None:
        borrow(self.phone)
        self.phone.hang_up()

    def ask(self) -> None:
        self.phone.sms("384", f"PAY {self.chance.choice((100, 300, 700, 2_100))}")
        _until(self.phone.prompts, 15)
        self.answer()

    def answer(self) -> None:
        for prompt in self.phone.prompts():
            pays = self.chance.random() < 0.8
            self.phone.answer_prompt(prompt, "1234" if pays else "0000")
            self.storm.done["prompts answered"] += 1

    def by_hand(self) -> None:
        code = next(
            word for text in reversed(self.phone.messages()) if "oan " in text or "kopo " in text
            for word in text.replace(":", " ").split() if word[:1] == "L" and any(c.isdigit() for c in word)
        )  # fmt: skip
        self.phone.pay_bill(SHORT_CODE, code, self.chance.choice((100, 300, 700)))
        self.storm.done["paid by hand"] += 1


def main(seconds: float = SECONDS, seed: int = 1) -> int:
    """Live through it, and say what both books say; 1 if they differ and nobody is told why."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="growr-drill-") as folder:
        node = RunningNode(Path(folder) / "home")
        node.start()
        try:
            storm = _storm(node, seed, begun + seconds * 0.55)
            found = _calm(node, begun + seconds)
        finally:
            node.stop()
    print(", ".join(f"{count} {what}" for what, count in sorted(storm.done.items())))
    print("\n".join(found.lines()))
    print(
        f"{time.monotonic() - begun:.0f} s; "
        + ("BOOKS DIFFER" if found.unsaid else "the books agree")
    )
    return 1 if found.unsaid else 0


def _storm(node: RunningNode, seed: int, until: float) -> Storm:
    node.growr("demo")
    phones = [Handset(node.sandbox, one["phone"]) for one in BORROWERS]
    for phone in phones:
        register(phone, PIN)
        prove_everything(phone)
        phone.hang_up()
    storm = Storm(node, seed)
    people = [Person(phone, storm, seed + number) for number, phone in enumerate(phones)]
    for phone in phones:
        with suppress(*NO_ANSWER):
            borrow(phone)
            phone.hang_up()
    wind = threading.Thread(target=storm.blow, daemon=True)
    for thread in (*people, wind):
        thread.start()
    time.sleep(max(0.0, (until - time.monotonic()) / 2))
    storm.restart()
    time.sleep(max(0.0, until - time.monotonic()))
    storm.over.set()
    for thread in (*people, wind):
        thread.join(30)
    return storm


def _calm(node: RunningNode, until: float) -> Comparison:
    """No more faults: the node asks, reads the statement, and comes to rest, or time is up."""
    with suppress(*NO_ANSWER):
        requests.delete(f"{node.sandbox}/faults", timeout=10)
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


def _spawn(node: RunningNode, log: Any) -> Any:
    return subprocess.Popen([GROWR, "up"], env=node.environment, stdout=log, stderr=log)


def _until(found: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > deadline:
            raise ValueError("it took too long")
        time.sleep(0.2)
    return value


if __name__ == "__main__":
    os.environ.setdefault("GROWR_LOG_LEVEL", "WARNING")
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
