"""The clock process: wakes the workers now and then, so that whatever was lost or has become due is found.

A wake-up that finds nothing costs a few indexed queries; that is cheaper than a wake-up that never came.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError
from rq import Queue

from config import start
from config.limits import (
    DAY_SECONDS,
    REFRESH_SECONDS,
    STATEMENT_SECONDS,
    SWEEP_SECONDS,
    TICK_SECONDS,
)
from core import node
from core.node import QUEUE, Node, waker
from core.queue import Job

log = structlog.get_logger(__name__)

EVERY = {  # seconds between two wake-ups of a job
    Job.PAYMENT_SUBMIT: TICK_SECONDS,
    Job.PAYMENT_ASK: TICK_SECONDS,
    Job.PAYMENT_INBOX: SWEEP_SECONDS,
    Job.PAYMENT_STATEMENT: STATEMENT_SECONDS,
    Job.SMS_SEND: TICK_SECONDS,
    Job.SMS_INBOX: SWEEP_SECONDS,
    Job.OUTSIDE_REFRESH: REFRESH_SECONDS,
    Job.SOURCE_ASK: TICK_SECONDS,
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
    """Wake what is due, unless the workers are still busy with earlier wake-ups."""
    wake = waker(running.redis)
    due = list(table.due(moment))
    try:
        busy = Queue(QUEUE, connection=running.redis).count > len(EVERY)
    except RedisError as error:
        log.warning("redis is away", error=type(error).__name__)
        return
    for job in [] if busy else due:
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
