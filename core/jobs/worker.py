"""The workers: one process for each lane, so that money never waits behind texts, nor anything behind a slow stranger.

`python -m core.jobs.worker` runs them all, forked from one parent; `python -m core.jobs.worker money` only that one,
for more of it. A worker drains rows; a row, not a process, is what survives.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence

import redis
import structlog
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy

from config import start
from config.settings import Settings
from core.jobs.run import this_node
from core.queue import Lane
from core.wakeups import WakeUp, queues

log = structlog.get_logger(__name__)
AGAIN_SECONDS = 1.0  # before the worker of a lane that died is started again
PR_SET_PDEATHSIG = 1


def main(words: Sequence[str]) -> None:
    """Work on the lanes named, or on all, until told to stop (SIGTERM ends after the present wake-up)."""
    settings = start.begin()
    lanes = [Lane(word) for word in words] or list(Lane)
    if len(lanes) == 1:
        work(lanes[0], settings)
    else:
        Crew(settings).run(lanes)


def work(lane: Lane, settings: Settings) -> None:
    """Be the worker of one lane; each kind of its work gets its turn."""
    this_node()
    connection = redis.Redis.from_url(settings.redis)  # RQ waits long for work: no read timeout
    worker = SimpleWorker(
        queues(lane, connection), connection=connection, job_class=WakeUp, serializer=JSONSerializer
    )
    worker.work(logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)


class Crew:
    """The parent of the workers: it has opened nothing yet, starts again who dies, and takes all down with it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lanes: dict[int, Lane] = {}
        self._stopping = False

    def run(self, lanes: Sequence[Lane]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for lane in lanes:
            self._start(lane)
        while self._lanes:
            pid, status = os.waitpid(-1, 0)
            lane = self._lanes.pop(pid)
            if not self._stopping:
                log.warning("worker ended, starting it again", lane=lane.value, status=status)
                time.sleep(AGAIN_SECONDS)
                self._start(lane)

    def _start(self, lane: Lane) -> None:
        parent, pid = os.getpid(), os.fork()
        if pid:
            self._lanes[pid] = lane
            if self._stopping:  # told to while we forked
                os.kill(pid, signal.SIGTERM)
            return
        _die_with(parent)
        try:
            work(lane, self._settings)
        finally:
            os._exit(0)

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for pid in self._lanes:
            os.kill(pid, signal.SIGTERM)


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent is killed, as if the power had gone for both."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
