"""Who can write into Redis can wake a worker, and nothing more."""

from __future__ import annotations

import json
import pickle
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from core import wakeups
from core.jobs import JOBS
from core.queue import LANES, Job, Lane
from core.wakeups import WakeUp

DATE = "2026-11-21T07:30:00.000000Z"


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    made = redis.Redis.from_url(redis_url)
    yield made
    made.close()


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The work a worker was woken for, in its order."""
    seen: list[Job] = []

    def note(job: Job) -> Any:
        return lambda _: seen.append(job) or 0

    monkeypatch.setattr("core.jobs.run.this_node", lambda: None)
    for job in Job:
        monkeypatch.setitem(JOBS, job, note(job))
    return seen


def work(connection: redis.Redis, lane: Lane) -> None:
    worker = SimpleWorker(
        wakeups.queues(lane, connection), connection=connection, job_class=WakeUp, serializer=JSONSerializer
    )  # fmt: skip
    worker.work(burst=True, logging_level="CRITICAL")


def test_every_job_belongs_to_one_lane() -> None:
    assert sorted(job for jobs in LANES.values() for job in jobs) == sorted(Job)


def test_a_wake_up_reaches_the_worker_of_its_lane_alone(
    connection: redis.Redis, done: list[Job]
) -> None:
    wake = wakeups.waker(connection)
    for job in Job:
        wake(job)

    work(connection, Lane.MONEY)
    assert sorted(done) == sorted(LANES[Lane.MONEY])

    for lane in Lane:
        work(connection, lane)
    assert sorted(done) == sorted(Job)


def test_a_burst_wakes_once(connection: redis.Redis, done: list[Job]) -> None:
    wake = wakeups.waker(connection)
    for _ in range(173):
        wake(Job.SMS_SEND)

    work(connection, Lane.TEXTS)

    assert done == [Job.SMS_SEND]


def hostile(path: Path) -> list[dict[str, Any]]:
    """Entries of somebody who may write into Redis."""
    touch = "os.mkdir"
    good = json.dumps([wakeups.PERFORM, None, [Job.SMS_SEND.value], {}]).encode()

    class Mine:
        def __reduce__(self) -> Any:
            return (__import__("os").mkdir, (str(path),))

    return [
        {"data": json.dumps([touch, None, [str(path)], {}])},
        {"data": zlib.compress(json.dumps([touch, None, [str(path)], {}]).encode())},
        {"data": pickle.dumps(Mine())},
        {"data": pickle.dumps((touch, None, (str(path),), {}))},
        {"data": good, "success_callback_name": "tests.core.test_wakeups.betray"},
        {"data": b"\xff", "failure_callback_name": "tests.core.test_wakeups.betray"},
        {"data": good, "stopped_callback_name": "tests.core.test_wakeups.betray", "timeout": "0.001"},
        {"data": good, "meta": pickle.dumps(Mine()), "result": pickle.dumps(Mine())},
        {"data": json.dumps([wakeups.PERFORM, str(path), [Job.SMS_SEND.value], {}])},
        {"data": json.dumps([wakeups.PERFORM, None, ["no such job"], {"job": "sms.send"}])},
        {"data": json.dumps({"a": 1})}, {"data": b""}, {"data": b"[" * 10_000}, {},
        {"data": good, "webhooks": json.dumps([{"url": "http://127.0.0.1:1/", "job_status": "finished"}])},
        {"data": good, "dependency_ids": json.dumps(["x"]), "retries_left": "5", "retry_intervals": "[0]"},
    ]  # fmt: skip


BETRAYED: list[Any] = []


def betray(*words: Any) -> None:
    BETRAYED.append(words)


def test_whatever_stands_in_redis_only_wakes(
    connection: redis.Redis, done: list[Job], tmp_path: Path
) -> None:
    path = tmp_path / "betrayed"
    for number, entry in enumerate(hostile(path)):
        fields = {"created_at": DATE, "status": "queued", "origin": "growr:sms.send", **entry}
        connection.hset(f"rq:job:{number}", mapping=fields)
        connection.rpush("rq:queue:growr:sms.send", str(number))

    for _ in range(3):
        work(connection, Lane.TEXTS)
    wakeups.waker(connection)(Job.SMS_SEND)
    done.clear()
    work(connection, Lane.TEXTS)

    assert not path.exists()
    assert BETRAYED == []
    assert done == [Job.SMS_SEND], "and the worker goes on"
