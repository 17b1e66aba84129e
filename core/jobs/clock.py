"""The clock process: wakes the workers now and then, so that whatever was lost or has become due is found.

A wake-up that finds nothing costs a few indexed queries; that is cheaper than a wake-up that never came.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from config import start
from config.limits import (
    DAY_SECONDS,
    REFRESH_SECONDS,
    RETENTION_SECONDS,
    STATEMENT_SECONDS,
    SWEEP_SECONDS,
    TICK_SECONDS,
)
from core import node
from core.node import Node
from core.queue import Job
from core.wakeups import waker

EVERY = {  # seconds between two wake-ups of a job
    Job.PAYMENT_SUBMIT: TICK_SECONDS,
    Job.PAYMENT_ASK: TICK_SECONDS,
    Job.PAYMENT_INBOX: SWEEP_SECONDS,
    Job.PAYMENT_STATEMENT: STATEMENT_SECONDS,
    Job.SMS_SEND: TICK_SECONDS,
    Job.SMS_INBOX: SWEEP_SECONDS,
    Job.OUTSIDE_REFRESH: REFRESH_SECONDS,
    Job.SOURCE_ASK: TICK_SECONDS,
    Job.RETENTION: RETENTION_SECONDS,
    Job.SIM_ASK: SWEEP_SECONDS,
    Job.SWEEP: SWEEP_SECONDS,
    Job.HANDOVER: TICK_SECONDS,
    Job.LOAN_DAY: DAY_SECONDS,
    Job.LOAN_GROUP: DAY_SECONDS,
}


@dataclass
class Timetable:
    """When each job is due next; at the start all are."""

    due_at: dict[Job, float]

    def due(self, moment: float) -> Iterator[Job]:
        """The jobs due at `moment` (seconds of a steady clock); each is then due again later."""
        for job, at in self.due_at.items():
            if at <= moment:
                self.due_at[job] = moment + EVERY[job]
                yield job


def timetable() -> Timetable:
    return Timetable(dict.fromkeys(EVERY, 0.0))


def tick(running: Node, table: Timetable, moment: float) -> None:
    """Wake what is due; where an earlier wake-up still waits, no second one is added."""
    wake = waker(running.redis)
    for job in table.due(moment):
        wake(job)


def main() -> None:
    """Tick until told to stop."""
    running, table, stop = node.build(start.begin()), timetable(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(TICK_SECONDS):
        tick(running, table, time.monotonic())


if __name__ == "__main__":
    main()
