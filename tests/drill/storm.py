"""What befalls the node in a drill: every fault of the sandbox, processes killed, and all of it restarted."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from contextlib import suppress

import requests

from gateway.sandbox.faults import KNOWN
from tests.journey.running import RunningNode, until

TARGETS = ("oauth", "stk", "query", "b2c", "c2b", "status", "pull", "sms", "ussd", "inbound")
PROCESSES = ("redis", "sandbox", "keys", "web", "worker", "clock")
WORDS = {  # kinds that carry a word of their own
    "result:<code>": [f"result:{code}" for code in (1, 17, 26, 1032, 1037, 2001, 2040)],
    "status:<code>": ["status:500", "status:406"],
    "report:<status>": ["report:Failed", "report:Buffered"],
}
NO_ANSWER = (requests.RequestException, AssertionError, KeyError, IndexError, OSError, ValueError)


class Storm(threading.Thread):
    """It blows until it is over, and counts what it did."""

    def __init__(self, node: RunningNode, seed: int) -> None:
        super().__init__(daemon=True)
        self.node, self.chance = node, random.Random(seed)
        self.over, self.done = threading.Event(), Counter[str]()
        self.turn = threading.Lock()  # nothing is killed while all of it starts

    def run(self) -> None:
        while not self.over.wait(self.chance.uniform(0.5, 3)):
            act = self.chance.choices((self.fault, self.kill), (4, 1))[0]
            with self.turn, suppress(*NO_ANSWER, StopIteration):
                act()

    def fault(self) -> None:
        target = self.chance.choice(TARGETS)
        kind = self.chance.choice(KNOWN[target])
        kind = self.chance.choice(WORDS.get(kind, [kind]))
        body = {"target": target, "kind": kind, "count": self.chance.randint(1, 3), "seconds": 2}
        requests.post(f"{self.node.sandbox}/faults", json=body, timeout=10).raise_for_status()
        self.done["faults"] += 1
        self.done[f"kinds of fault {target} {kind}"] += 1

    def kill(self) -> None:
        self.node.kill(self.chance.choice(PROCESSES))
        self.done["kills"] += 1

    def restart(self) -> None:
        """All of it stops, in the middle of whatever it was doing, and starts again."""
        with self.turn:
            assert self.node.process is not None
            self.node.process.send_signal(signal.SIGINT)
            self.node.process.wait(60)
            log = self.node.home / "log"
            log.rename(log.with_name(f"log.{self.done['restarts']}"))  # a new start, a new log
            self.node.spawn()
            self.done["restarts"] += 1

    @property
    def kinds(self) -> int:
        """How many different faults were ordered."""
        return sum(what.startswith("kinds of fault") for what in self.done)

    def end(self) -> None:
        """No more of it."""
        self.over.set()
        self.join(30)
        until(self._clears, "the sandbox to forget the faults", 60)

    def _clears(self) -> bool:
        with suppress(requests.RequestException):
            return requests.delete(f"{self.node.sandbox}/faults", timeout=10).ok
        return False
