"""Many people register at once against `growr up`: how long their turns last, who is shed, what it costs in texts.

Each posts her keystrokes as Africa's Talking does, one after the other, and dials again after a while where she is
asked to. What is counted lies between her request and the page; the sandbox is not in the way.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import requests

from config import start
from core import clock, node, people
from core.messaging import Message
from core.people import Role
from tests.journey.running import RunningNode, free_ports

PEOPLE = 200
AGAIN_SECONDS = 10.0  # "in 5 minutes", for somebody in a hurry
MOST_SECONDS = 120.0  # then whoever has not registered is counted
PINS = ("804219", "615937", "290461", "738205")


class Person:
    """Somebody with an invitation who dials until she is registered."""

    def __init__(self, url: str, phone: str, code: str, begins: threading.Barrier) -> None:
        self.url, self.phone, self.code, self.begins = url, phone, code, begins
        self.turns: list[float] = []
        self.pages: Counter[str] = Counter()
        self.registered_after = 0.0

    def run(self) -> None:
        self.begins.wait()
        began = time.monotonic()
        while time.monotonic() - began < MOST_SECONDS:
            if self._session():
                self.registered_after = time.monotonic() - began
                return
            time.sleep(AGAIN_SECONDS)

    def _session(self) -> bool:
        session, text = f"ATUid_{uuid.uuid4().hex}", ""
        pin = PINS[int(self.phone[-1]) % len(PINS)]
        typed = iter((self.code, pin, pin, "1"))
        while True:
            page = self._turn(session, text)
            if "Continue" in page:
                text = f"{text}*1" if text else "1"
                continue
            if not page.startswith("CON"):
                return False
            answer = next(typed, None)
            if answer is None:
                return True
            text = f"{text}*{answer}" if text else answer

    def _turn(self, session: str, text: str) -> str:
        form = {
            "sessionId": session, "phoneNumber": self.phone, "serviceCode": "*384*77#", "networkCode": "63902",
            "text": text,
        }  # fmt: skip
        began = time.monotonic()
        try:
            page = requests.post(self.url, data=form, timeout=60).text
        except requests.RequestException as error:
            page = f"END {type(error).__name__}"
        self.turns.append(time.monotonic() - began)
        if page.startswith("END"):
            self.pages[page[4:40]] += 1
        return page


def invited(home: Path, count: int) -> tuple[str, dict[str, str]]:
    """The secret address of the node for keystrokes, and the codes of so many invited people by phone."""
    settings = start.read().model_copy(update={"home": home})
    running = node.build(settings, wake=lambda _: None)
    codes = {}
    with running.sessions.begin() as db:
        coop = people.create_organisation(
            db, name="Crowd", country="KE", currency="KES", timezone="Africa/Nairobi", support_phone="+254700999888"
        )  # fmt: skip
        for number in range(count):
            phone = f"+2547110{number:05}"
            _, codes[phone] = people.invite(
                db, keyring=running.keyring, organisation_id=coop.id, role=Role.BORROWER, phone=phone,
                language="en", given_name="Amina", family_name="Otieno", now=clock.now(),
            )  # fmt: skip
    path = f"/u/{running.keyring.token('ussd')}"
    running.close()
    return path, codes


def late_texts(home: Path) -> int:
    """Texts that were written because a page came too late."""
    running = node.build(start.read().model_copy(update={"home": home}), wake=lambda _: None)
    with running.sessions() as db:
        found = db.query(Message).filter(Message.template == "turn_late").count()
    running.close()
    return found


def cpu_of_web(running: RunningNode) -> list[float]:
    """The seconds of processor each web process has used."""
    parent = running.pid("web")
    listed = subprocess.run(
        ["ps", "-o", "cputimes=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    )
    return [float(line) for line in listed.stdout.split()]


def main(count: int = PEOPLE) -> None:
    with tempfile.TemporaryDirectory(prefix="growr-crowd-") as folder:
        home = Path(folder) / "node"
        port, sandbox_port = free_ports(2)
        running = RunningNode(home, os.environ | {
            "GROWR_HOME": str(home), "GROWR_PORT": str(port), "GROWR_SANDBOX_PORT": str(sandbox_port),
        })  # fmt: skip
        home.mkdir(mode=0o700)
        running.spawn()
        try:
            path, codes = invited(home, count)
            url = f"http://127.0.0.1:{port}{path}"
            before = cpu_of_web(running)
            begins = threading.Barrier(count)
            crowd = [Person(url, phone, code, begins) for phone, code in codes.items()]
            threads = [threading.Thread(target=one.run) for one in crowd]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            used = [after - was for after, was in zip(cpu_of_web(running), before, strict=True)]
            tell(crowd, used, late_texts(home))
        finally:
            running.stop()


def tell(crowd: list[Person], used: list[float], texts: int) -> None:
    turns = sorted(turn for one in crowd for turn in one.turns)
    done = sorted(one.registered_after for one in crowd if one.registered_after)
    ends = sum((one.pages for one in crowd), Counter[str]())
    half, last = (statistics.median(done), done[-1]) if done else (0.0, 0.0)
    p50, p95 = turns[len(turns) // 2], turns[int(len(turns) * 0.95)]
    late, very_late = sum(turn > 3 for turn in turns), sum(turn > 10 for turn in turns)
    print(
        f"{len(crowd)} people: {len(done)} registered, half after {half:.1f} s, the last after {last:.1f} s"
    )
    print(f"{len(turns)} turns: p50 {p50:.2f} s, p95 {p95:.2f} s, longest {turns[-1]:.2f} s")
    print(f"over 3 s: {late}, over 10 s: {very_late}; texts for late pages: {texts}")
    print(f"processor per web process: {', '.join(f'{one:.0f} s' for one in used)}")
    for page, times in ends.most_common():
        print(f"  {times:5} x {page}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
