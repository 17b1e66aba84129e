"""The clock wakes what is due, never piles up work, and survives a Redis that is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.limits import DAY_SECONDS, SWEEP_SECONDS, TICK_SECONDS
from config.settings import Settings
from core import node
from core.jobs import clock, run
from core.node import Node
from core.queue import Job, Lane
from core.wakeups import queues, waker


@pytest.fixture
def running(tmp_path: Path, redis_url: str) -> Iterator[Node]:
    settings = Settings(home=tmp_path / "home", redis_url=redis_url)
    settings.home.mkdir()
    made = node.build(settings)
    yield made
    made.engine.dispose()
    made.redis.close()


def waiting(running: Node) -> list[str]:
    lanes = [queues(lane, running.redis) for lane in Lane]
    return [job.args[0] for lane in lanes for queue in lane for job in queue.jobs]


def test_at_the_start_everything_is_looked_at(running: Node) -> None:
    clock.tick(running, clock.timetable(), 0.0)

    assert sorted(waiting(running)) == sorted(Job)


def test_each_job_comes_again_in_its_own_time() -> None:
    table = clock.timetable()

    assert set(table.due(0.0)) == set(Job)
    assert set(table.due(1.0)) == set()
    assert Job.PAYMENT_ASK in set(table.due(TICK_SECONDS))
    assert Job.SWEEP in set(table.due(SWEEP_SECONDS))
    assert Job.LOAN_DAY in set(table.due(DAY_SECONDS))


def test_busy_workers_are_not_woken_again(running: Node) -> None:
    for moment in range(10):
        clock.tick(running, clock.timetable(), float(moment))

    assert sorted(waiting(running)) == sorted(Job)


def test_a_clock_without_redis_goes_on(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", redis_url=f"unix://{tmp_path}/nowhere")
    settings.home.mkdir()
    lonely = node.build(settings)

    clock.tick(lonely, clock.timetable(), 0.0)

    lonely.engine.dispose()


def test_a_service_that_commits_while_redis_is_away_does_not_fail(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", redis_url=f"unix://{tmp_path}/nowhere")
    settings.home.mkdir()
    lonely = node.build(settings)

    waker(lonely.redis)(Job.SMS_SEND)

    lonely.engine.dispose()


def test_a_wake_up_does_what_waits(
    running: Node, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    settings = running.settings.model_copy(update={"database_url": database_url})
    worker = node.build(settings)
    monkeypatch.setattr(run, "this_node", lambda: worker)

    assert [run.perform(job.value) for job in Job] == [0] * len(Job)
    worker.engine.dispose()


def test_an_unknown_job_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no such job"):
        run.perform("no such job")
