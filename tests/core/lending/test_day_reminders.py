"""Reminders of a whole book at once are those that one would write loan by loan from the fold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import lending
from core.db import Session, is_sqlite
from core.lending import Loan, LoanStatus, account, day_reminders, servicing
from core.lending.arrears import loan_clock
from core.lending.day_reminders import due_dates, due_reminder
from core.lending.models import LendingDay
from core.lending.notices import paybill, tell
from core.lending.state import Event
from core.lending.terms import Terms
from core.messaging import Message, Template
from core.messaging.names import REMINDERS
from core.queue import Job
from tests.core.lending import village as places
from tests.core.lending.desk import order
from tests.core.lending.test_day import DUE
from tests.core.lending.test_day_book import borrow, close, today
from tests.core.lending.test_day_lives import TOLD, begin
from tests.core.lending.test_day_lives import tell as happen
from tests.core.lending.village import Village, kes

STEPS = st.lists(
    st.tuples(st.sampled_from([1, 1, 2, 5, 20]), st.integers(0, 5)), min_size=4, max_size=9
)  # days that pass, and which loan something happens to, if there is one
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink a book takes minutes


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_reminders, "DAY_REMINDERS", 2)


def texts(db: Session) -> dict[str, str]:
    query = select(Message.event_key, Message.text).where(Message.template.in_(REMINDERS))
    return {str(key): text for key, text in db.execute(query)}


def test_any_book_is_reminded_as_loan_by_loan(db: Session) -> None:
    many = settings(
        max_examples=5 if is_sqlite(db) else 1, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES
    )  # fmt: skip

    @many
    @given(st.lists(TOLD, min_size=3, max_size=3), STEPS)
    def book(told: list[tuple[Terms, list[Event]]], steps: list[tuple[int, int]]) -> None:
        with db.begin() as life:
            go_through(places.found(db), told, steps)
            life.rollback()

    book()


def go_through(
    village: Village, told: list[tuple[Terms, list[Event]]], steps: list[tuple[int, int]]
) -> None:
    """Each morning what one would write loan by loan, and then what is written."""
    known = []
    for number, (terms, events) in enumerate(told):
        person = places.borrower(village.db, village.project.organisation_id, number + 2)
        known.append(begin(replace(village, borrower=person), number, terms, events))
    for days, number in steps:
        village = village.at(days=days)
        close(village.at(hours=-8))  # in the night the day ends, and nobody is reminded
        if number < len(known):
            happen(village, known[number])
        wanted = one_by_one(village)
        close(village)
        assert texts(village.db) == wanted


def one_by_one(village: Village) -> dict[str, str]:
    """All the reminders there would be if those of today were written from the fold of each loan."""
    db, on = village.db, today(village)
    db.expire_all()
    piece = db.begin_nested()
    done = db.scalar(select(LendingDay.reminded_on))
    for loan in db.scalars(select(Loan).where(Loan.status == LoanStatus.DISBURSED)).all():
        state = account.state(db, loan, max(on, loan.as_of))
        asked = [row for row in state.unpaid if row.outstanding >= loan.terms.step]
        running = loan_clock(loan.terms, state)
        if running.paused_from and running.paused_from <= on <= (running.paused_until or on):
            continue
        found = due_reminder(asked, on)
        if found and {row.due_on for row in state.unpaid} & set(due_dates(on, done)):
            late = (on - found.row.due_on).days
            kinds = (Template.REMINDER_BEFORE, Template.REMINDER_TODAY, Template.REMINDER_AFTER)
            amount = min(state.payoff, state.due_now or found.row.outstanding)
            tell(
                db, loan, kinds[(late > 0) - (late < 0) + 1],
                f"{loan.id}:{found.row.due_on.isoformat()}:{found.step}", village.now,
                amount=loan.money(amount), due=found.row.due_on, paybill=paybill(db),
            )  # fmt: skip
    wanted = texts(db)
    piece.rollback()
    return wanted


def test_a_book_is_reminded_once_whatever_is_interrupted(village: Village, db: Session) -> None:
    loans = [borrow(village, number, 4) for number in range(5)]
    morning = village.on(DUE)
    close(morning.at(hours=-8))

    for _ in range(4):
        killed = db.begin_nested()
        lending.run_day(db, now=morning.now, limit=1)
        killed.rollback()
        lending.run_day(db, now=morning.now, limit=1)

    told = db.scalars(select(Message.text).where(Message.template.in_(REMINDERS))).all()
    assert sorted(code for loan in loans for text in told if (code := loan.code) in text) == sorted(
        loan.code for loan in loans
    )
    assert len(told) == 5


def test_who_owes_many_loans_is_asked_four_times_a_week_at_most(db: Session) -> None:
    village = places.found(db)
    village.project.max_open_loans = 6
    for _ in range(6):
        village.borrow(kes(1_000))

    close(village.on(DUE))

    count = select(func.count()).where(Message.template.in_(REMINDERS))
    assert db.scalar(count) == 4


def test_a_last_instalment_asks_for_no_more_than_would_end_the_loan_today(
    village: Village,
) -> None:
    village.borrow(kes(1_000), 1)

    close(village.on(DUE).at(days=-3))

    (text,) = village.texts(Template.REMINDER_BEFORE)
    assert text.startswith("KES 1,018 ")  # KES 1,020 on the day it is due


def test_the_reminders_of_a_book_wake_the_worker_that_sends(village: Village) -> None:
    village.borrow()
    close(village.on(DUE).at(hours=-8))
    village.db.info.pop("jobs", None)

    close(village.on(DUE))

    assert village.db.info["jobs"] == {Job.SMS_SEND}


def test_nobody_is_reminded_of_what_is_late_while_she_has_been_given_time(village: Village) -> None:
    loan = village.borrow()
    close(village.on(DUE))
    servicing.pause_arrears(
        village.db, until=DUE + timedelta(days=5), **order(village.on(DUE), loan)
    )

    for days in range(1, 8):
        close(village.on(DUE + timedelta(days=days)))

    sent = village.texts(Template.REMINDER_AFTER)
    assert (
        len(sent) == 1
    )  # of the seventh day: those of the first and the third fell into the pause
