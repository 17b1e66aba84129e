"""The clock's work of a day: what nobody answered in time is carried above without anybody asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from config.limits import COMPLAINT_DAYS
from core import lending
from core.jobs import JOBS
from core.jobs.clock import EVERY
from core.lending import About, Complaint, ComplaintState
from core.messaging import Template
from core.queue import Job
from tests.core.lending import village as places
from tests.core.lending.village import Village


@dataclass
class SmallNode:
    """As much of a node as the day end needs."""

    sessions: sessionmaker[Session]
    engine: Engine
    now: datetime = places.NOW

    @property
    def clock(self) -> Callable[[], datetime]:
        return lambda: self.now

    def village(self, db: Session) -> Village:
        return places.found(db)


@pytest.fixture
def node(sessions: sessionmaker[Session], engine: Engine) -> SmallNode:
    return SmallNode(sessions, engine)


def states(node: SmallNode) -> list[ComplaintState]:
    with node.sessions() as db:
        return [one.state for one in db.query(Complaint)]


def run(node: SmallNode, when: datetime) -> None:
    """What the clock wakes a worker for; it comes back for as long as there is more."""
    node.now = when
    while JOBS[Job.LOAN_DAY](node):  # type: ignore[arg-type]
        pass


def test_the_clock_carries_a_late_complaint_above_and_she_is_told(node: SmallNode) -> None:
    assert Job.LOAN_DAY in EVERY
    with node.sessions.begin() as db:
        village = node.village(db)
        lending.complaints.complain(
            db, user_id=village.borrower.id, about=About.COST, words="Too much", idempotency_key="1",
            now=node.now,
        )  # fmt: skip

    run(node, node.now + timedelta(days=COMPLAINT_DAYS))
    assert states(node) == [ComplaintState.OPEN]

    midnight = node.now.replace(hour=21, minute=30)  # half past midnight in Nairobi: she sleeps
    run(node, midnight)
    assert states(node) == [ComplaintState.OPEN]

    run(node, midnight + timedelta(hours=9))
    assert states(node) == [ComplaintState.ESCALATED]
    with node.sessions() as db:
        assert (
            len(
                Village(db, village.project, village.borrower, node.now).texts(
                    Template.COMPLAINT_ESCALATED
                )
            )
            == 1
        )
