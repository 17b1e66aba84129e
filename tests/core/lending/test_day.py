"""The day of the book: arrears, default, reminders in the allowed hours, nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import lending, messaging
from core.books import Book
from core.db import Session, sessionmaker
from core.ledger import Account
from core.lending import LoanStatus
from core.lending.day_reminders import due_reminder
from core.lending.state import InstalmentState
from core.messaging import Message, Template
from core.messaging.names import REMINDERS
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

DUE = date(2026, 12, 21)


def run(village: Village) -> int:
    return lending.run_day(village.db, now=village.now, limit=100)


def reminders(village: Village) -> list[Template]:
    query = select(Message).where(Message.template.in_(REMINDERS)).order_by(Message.created_at)
    return [message.template for message in village.db.scalars(query)]


@pytest.mark.parametrize(
    ("days", "template"),
    [
        (-3, Template.REMINDER_BEFORE),
        (0, Template.REMINDER_TODAY),
        (1, Template.REMINDER_AFTER),
        (3, Template.REMINDER_AFTER),
        (7, Template.REMINDER_AFTER),
    ],
)
def test_she_is_reminded_on_these_days(village: Village, days: int, template: Template) -> None:
    village.borrow()

    run(village.on(DUE + timedelta(days=days)))

    assert reminders(village) == [template]


def test_over_a_whole_month_there_are_five_reminders_and_no_more(village: Village) -> None:
    village.borrow()

    for day in range(-10, 20):
        for hour in (0, 4, 11):  # half past ten at night, half past two, half past nine
            run(village.on(DUE + timedelta(days=day)).at(hours=hour))

    assert len(reminders(village)) == 5
    village.check()


def test_a_reminder_says_how_much_until_when_and_how(village: Village) -> None:
    loan = village.borrow()

    run(village.on(DUE - timedelta(days=3)))

    (text,) = village.texts(Template.REMINDER_BEFORE)
    assert text.startswith(f"KES 270 for loan {loan.code} is due on 21 Dec 2026.")
    assert f"Pay Bill 174379, account {loan.code}" in text


def test_who_is_late_is_reminded_of_all_that_is_due(db: Session) -> None:
    village = places.found(db, default_after_days=60)
    village.borrow()

    run(village.on(date(2027, 1, 21)))

    assert "KES 540" in village.texts(Template.REMINDER_TODAY)[0]


@pytest.mark.parametrize(("hour", "count"), [(4, 0), (5, 1), (15, 1), (16, 0)])
def test_reminders_are_written_from_eight_to_seven_on_her_clock_only(
    village: Village, hour: int, count: int
) -> None:
    village.borrow()
    village.now = datetime(2026, 12, 21, hour, 30, tzinfo=UTC)  # Nairobi is three hours ahead

    run(village)

    assert len(reminders(village)) == count


def test_a_night_run_marks_arrears_and_leaves_the_reminder_to_the_morning(village: Village) -> None:
    loan = village.borrow()
    village.now = datetime(2026, 12, 20, 22, 0, tzinfo=UTC)  # one in the morning of the 21st

    night, morning = run(village), run(village.at(hours=8))

    village.db.refresh(loan)
    assert (night, morning) == (1, 1)
    assert loan.as_of == DUE
    assert reminders(village) == [Template.REMINDER_TODAY]


def test_who_wants_no_reminders_gets_none(village: Village) -> None:
    village.borrow()
    messaging.opt_out(village.db, phone=village.borrower.phone, source="stop", now=village.now)

    run(village.on(DUE))

    assert reminders(village) == []


def test_who_has_paid_is_not_reminded(village: Village) -> None:
    loan = village.borrow()
    village.pay(loan, kes(270))

    for day in range(-3, 8):
        run(village.on(DUE + timedelta(days=day)))

    assert reminders(village) == []


def row(due_on: date) -> InstalmentState:
    return InstalmentState(1, due_on - timedelta(days=30), due_on, 100, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("days", "step"),
    [(-4, None), (-3, -3), (-2, -3), (-1, -3), (0, 0), (1, 1), (2, 1), (4, 3), (5, 3), (6, None), (9, 7), (10, None)],
)  # fmt: skip
def test_a_missed_day_is_caught_up_soon_or_never(days: int, step: int | None) -> None:
    found = due_reminder([row(DUE)], DUE + timedelta(days=days))

    assert (found.step if found else None) == step


def test_after_a_long_pause_of_the_node_nobody_is_spammed(village: Village) -> None:
    village.borrow()

    run(village.on(DUE + timedelta(days=15)))

    assert reminders(village) == []


def test_interest_that_falls_due_is_income_though_nobody_paid(village: Village) -> None:
    village.borrow()

    run(village.on(DUE))

    assert village.balance(Account.INTEREST_INCOME) == -2_000
    assert village.balance(Account.INTEREST_RECEIVABLE) == 2_000
    village.check()


def test_days_that_were_missed_are_caught_up_in_one(village: Village) -> None:
    village.borrow()

    run(village.on(date(2027, 1, 25)))

    assert village.balance(Account.INTEREST_RECEIVABLE) == 4_000
    assert village.balance(Account.INTEREST_ACCRUED) > 0
    village.check()


def test_a_loan_is_in_default_after_the_days_agreed_and_told_once(
    village: Village, db: Session
) -> None:
    loan = village.borrow()

    run(village.on(DUE + timedelta(days=30)))
    before = loan.status
    for day in (31, 32):
        run(village.on(DUE + timedelta(days=day)))

    assert (before, loan.status) == (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)
    assert [entry.kind for entry in places.book(db, Book.LOAN)][-1] == "loan.defaulted"
    (text,) = village.texts(Template.DEFAULTED)
    assert "KES 1,080" in text
    village.check()


def test_a_loan_in_default_can_be_repaid_but_earns_nothing(village: Village) -> None:
    loan = village.borrow()
    late = village.on(date(2027, 4, 30))
    run(late)

    late.pay(loan, kes(1_080))

    assert loan.status is LoanStatus.REPAID
    assert len(village.texts(Template.LOAN_REPAID)) == 1
    assert village.texts(Template.CASH_BACK) == []
    village.check()


def test_a_day_is_done_in_pieces_and_then_finds_nothing_more(db: Session) -> None:
    village = places.found(db)
    for number in range(2, 7):
        user = places.borrower(db, village.project.organisation_id, number)
        Village(db, village.project, user, village.now).borrow()
    due = village.on(DUE)

    done = [lending.run_day(db, now=due.now, limit=1) for _ in range(6)]

    assert done == [
        5,
        5,
        0,
        0,
        0,
        0,
    ]  # five loans, each brought to the day and looked at for a reminder
    assert len(reminders(village)) == 5
    village.check()


def test_two_clocks_at_once_do_everything_once(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as db:
        village = places.found(db)
        village.borrow()
    for _ in range(2):
        with sessions.begin() as db:
            lending.run_day(db, now=village.on(DUE).now, limit=10)

    with sessions() as db:
        assert len(db.scalars(select(Message).where(Message.template.in_(REMINDERS))).all()) == 1
