"""The day end at its entrance: a clock that jumps waits for a person, and one bad loan stops nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from core import clock
from core.db import Session, sessionmaker
from core.errors import Refusal
from core.jobs import lending as jobs
from core.lending import Loan, LoanStatus, account, day_attention, day_clock, ladder
from core.lending.models import LendingDay, Project
from core.lending.state import EventKind
from core.messaging import Template
from core.node import Node
from core.people import Role, User
from gateway.cli.loan_day import bring_back
from tests.core.lending import village as places
from tests.core.lending.village import NOW, Village, kes

LATE = NOW + timedelta(
    days=120
)  # the first instalment is due on 21 December, in default 30 days later


@dataclass
class House:
    """A node that only lends, with a clock we turn, and one loan of a thousand shillings."""

    node: Node
    sessions: sessionmaker[Session]
    loan_id: Any = None

    @property
    def now(self) -> datetime:
        return self.node.clock()

    def turn(self, now: datetime) -> House:
        cast(Any, self.node).clock = lambda: now
        return self

    def go_on(self, until: datetime, hours: int = 24) -> House:
        """Let the clock go on as clocks do, with the day end looked at."""
        while self.now < until:
            self.turn(min(until, self.now + timedelta(hours=hours))).day()
        return self

    def day(self) -> House:
        while jobs.day(self.node):
            pass
        return self

    def loan(self) -> Loan:
        with self.sessions() as db:
            return db.get_one(Loan, self.loan_id)

    def waits(self) -> list[object]:
        with self.sessions() as db:
            return [row["reason"] for row in day_attention.rows(db)]


@pytest.fixture
def house(sessions: sessionmaker[Session]) -> House:
    with sessions.begin() as db:
        village = places.found(db)
        loan = village.borrow()
        loan_id, info = loan.id, dict(db.info)
    sessions.configure(info=info)
    with sessions() as db:
        engine = db.get_bind()
    made = SimpleNamespace(sessions=sessions, engine=engine, clock=lambda: NOW)
    return House(cast(Node, made), sessions, loan_id).day()


def village_of(house: House, db: Session) -> Village:
    project = db.scalars(select(Project)).one()
    user = db.scalars(select(User).where(User.role == Role.BORROWER)).first()
    assert user is not None
    return Village(db, project, user, house.now)


def test_a_clock_that_jumps_ahead_changes_no_loan_and_is_told(house: House) -> None:
    before = house.loan()

    house.turn(LATE).day()

    after = house.loan()
    assert (after.status, after.as_of) == (LoanStatus.DISBURSED, before.as_of)
    assert house.waits() == ["day_end_waits_jumped"]

    house.turn(NOW + timedelta(hours=2)).day()  # somebody has set it right
    assert house.waits() == []
    assert house.loan().status is LoanStatus.DISBURSED


@pytest.mark.parametrize(("hours", "waits"), [(35, []), (37, ["day_end_waits_jumped"])])
def test_a_day_and_a_half_is_no_jump(house: House, hours: int, waits: list[str]) -> None:
    house.turn(NOW + timedelta(hours=hours)).day()

    assert house.waits() == waits


def test_after_a_long_stop_one_command_lets_the_day_end_catch_up(house: House) -> None:
    house.turn(LATE).day()

    with house.sessions.begin() as db, pytest.raises(Refusal) as wrong:
        day_clock.confirm(db, day=NOW.date(), now=house.now)
    assert wrong.value.facts == {"today": LATE.date()}
    with house.sessions.begin() as db:
        day_clock.confirm(db, day=LATE.date(), now=house.now)
    house.day()

    loan = house.loan()
    assert (loan.status, loan.as_of) == (LoanStatus.DEFAULTED, LATE.date())
    assert house.waits() == []


def test_a_default_by_a_wrong_clock_is_taken_back_and_she_is_told(house: House) -> None:
    house.turn(LATE)
    with house.sessions.begin() as db:
        day_clock.confirm(db, day=LATE.date(), now=LATE)  # somebody confirmed what was wrong
    house.day()
    assert house.loan().status is LoanStatus.DEFAULTED
    right = NOW + timedelta(days=2)

    house.turn(right)
    house.day()
    assert house.waits() == ["day_end_waits_went_back"]
    assert bring_back(house.node, right.date()) == []

    loan = house.loan()
    assert (loan.status, loan.as_of, loan.interest_earned > 0) == (
        LoanStatus.DISBURSED,
        right.date(),
        True,
    )
    with house.sessions.begin() as db:
        village = village_of(house, db)
        village.check()
        assert len(village.texts(Template.CORRECTED)) == 1
        assert ladder.history(db, village.project.organisation_id, village.borrower.id) == []
        events = account.events(db, loan.id)
        assert [event.kind for event in events][-2:] == [EventKind.DEFAULTED, EventKind.REVERSED]
    house.day()
    house.go_on(NOW + timedelta(days=40))  # past the day of the default that was taken back
    assert house.loan().status is LoanStatus.DISBURSED
    assert house.loan().as_of == (NOW + timedelta(days=40)).date()


def test_a_loan_that_was_paid_meanwhile_is_left_to_a_person(house: House) -> None:
    house.turn(LATE)
    with house.sessions.begin() as db:
        day_clock.confirm(db, day=LATE.date(), now=LATE)
    house.day()
    with house.sessions.begin() as db:
        village_of(house, db).pay(db.get_one(Loan, house.loan_id), kes(100))
    house.turn(NOW + timedelta(days=1))

    assert bring_back(house.node, house.now.date()) == [house.loan().code]
    assert house.loan().as_of == LATE.date()


def test_steps_that_are_each_too_small_are_seen_by_the_database(house: House) -> None:
    steady = clock.now()  # the database goes on as it should
    with house.sessions.begin() as db:
        assert day_clock.is_believed(db, now=house.now, database=steady)
        assert day_clock.is_believed(db, now=house.now + timedelta(hours=30), database=None)
        day_clock.confirm(db, day=house.now.date(), now=house.now, database=steady)

        believed = [
            day_clock.is_believed(db, now=house.now + timedelta(hours=each), database=steady)
            for each in (30, 60)
        ]

    assert believed == [True, False]
    assert house.waits() == ["day_end_waits_database"]


def test_one_loan_that_cannot_be_read_stops_nobody_else(house: House) -> None:
    with house.sessions.begin() as db:
        other = village_of(house, db)
        other.borrower = places.borrower(db, other.project.organisation_id, 2)
        good = other.borrow().id
        db.execute(update(Loan).where(Loan.id == house.loan_id).values(agreed={"currency": "KES"}))
    due = datetime(2026, 12, 21, 7, 30, tzinfo=NOW.tzinfo)

    house.go_on(due)

    with house.sessions() as db:
        assert db.get_one(Loan, good).as_of == due.date()
        assert db.get_one(Loan, good).interest_billed == 2_000
        assert db.scalars(select(LendingDay.is_done)).one()
    assert house.waits() == ["loan_set_aside"]


def test_a_loan_that_was_mended_catches_up_with_the_next_day(house: House) -> None:
    agreed = house.loan().agreed
    broken = update(Loan).where(Loan.id == house.loan_id)
    with house.sessions.begin() as db:
        db.execute(broken.values(agreed={"currency": "KES"}))
    house.go_on(datetime(2026, 12, 21, 7, 30, tzinfo=NOW.tzinfo))
    assert house.waits() == ["loan_set_aside"]

    with house.sessions.begin() as db:
        db.execute(broken.values(agreed=agreed))
    house.go_on(datetime(2026, 12, 23, 7, 30, tzinfo=NOW.tzinfo))

    assert house.waits() == []
    assert house.loan().as_of == date(2026, 12, 23)
    with house.sessions.begin() as db:
        village_of(house, db).check()
