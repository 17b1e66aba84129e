"""The wake-up call: RQ carries one word to a worker. Whatever else somebody writes into Redis is never run.

RQ lets a queue entry name any function, callbacks and web addresses, by default as a pickle. Here an entry is JSON and
means one word of `Job`, or nothing (docs/adr/0035).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis
import structlog
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DeserializationError
from rq.job import Job as Entry
from rq.serializers import JSONSerializer

from config.limits import JOB_SECONDS
from core.queue import LANES, Job, Lane

PERFORM = "core.jobs.run.perform"  # the one function there is
Wake = Callable[[Job], object]
log = structlog.get_logger(__name__)


class WakeUp(Entry):
    """An entry of a queue that can do nothing but wake."""

    def restore(self, raw_data: Any) -> None:
        """Read the entry, and forget all that could make a worker call something or somebody else."""
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks, self._dependency_ids = [], []
        self.retries_left = self.repeats_left = None
        self.timeout = JOB_SECONDS

    def _deserialize_data(self) -> None:
        """What is no wake-up becomes one for no job, which fails where a failure is expected."""
        try:
            super()._deserialize_data()  # type: ignore[no-untyped-call]
        except DeserializationError:
            self._args = []
        known = self._args in [[job.value] for job in Job]
        self._func_name, self._instance, self._kwargs = PERFORM, None, {}
        if not known:
            log.error("not a wake-up", queue=self.origin)
            self._args = [""]


def queues(lane: Lane, connection: redis.Redis) -> list[Queue]:
    """The queues of a lane, one for each kind of work."""
    return [_queue(job, connection) for job in LANES[lane]]


def waker(connection: redis.Redis) -> Wake:
    """Wakes a worker through RQ; without Redis the work is only later, when the clock finds it."""

    def wake(job: Job) -> None:
        queue = _queue(job, connection)
        try:
            if not queue.count:  # whoever is still to be woken will see this row, too
                queue.enqueue(PERFORM, job.value, result_ttl=0, failure_ttl=3_600)
        except RedisError as error:
            log.warning("worker not woken", job=job.value, error=type(error).__name__)

    return wake


def _queue(job: Job, connection: redis.Redis) -> Queue:
    return Queue(
        f"growr:{job.value}", connection=connection, job_class=WakeUp, serializer=JSONSerializer,
        default_timeout=JOB_SECONDS,
    )  # fmt: skip
