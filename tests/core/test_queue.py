"""A worker is woken once the row is committed, and only then."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from core import queue
from core.queue import Job, enqueue


@pytest.fixture
def woken(sessions: sessionmaker[Session]) -> list[Job]:
    seen: list[Job] = []
    queue.connect(sessions, seen.append)
    return seen


def test_a_commit_wakes_each_job_once(sessions: sessionmaker[Session], woken: list[Job]) -> None:
    with sessions.begin() as db:
        db.execute(text("SELECT 1"))
        enqueue(db, Job.SMS_SEND)
        enqueue(db, Job.SMS_SEND)
        enqueue(db, Job.PAYMENT_SUBMIT)
        assert woken == []

    assert woken == [Job.PAYMENT_SUBMIT, Job.SMS_SEND]


def test_a_rollback_wakes_nobody(sessions: sessionmaker[Session], woken: list[Job]) -> None:
    with sessions() as db:
        db.execute(text("SELECT 1"))
        enqueue(db, Job.SMS_SEND)
        db.rollback()
        db.execute(text("SELECT 1"))
        db.commit()

    assert woken == []


def test_a_released_savepoint_wakes_nobody_yet(
    sessions: sessionmaker[Session], woken: list[Job]
) -> None:
    with sessions.begin() as db:
        with db.begin_nested():
            enqueue(db, Job.SMS_SEND)
        assert woken == []

    assert woken == [Job.SMS_SEND]


def test_the_next_transaction_of_a_session_starts_with_nothing_to_wake(
    sessions: sessionmaker[Session], woken: list[Job]
) -> None:
    with sessions() as db:
        enqueue(db, Job.SMS_SEND)
        db.execute(text("SELECT 1"))
        db.commit()
        db.execute(text("SELECT 1"))
        db.commit()

    assert woken == [Job.SMS_SEND]
