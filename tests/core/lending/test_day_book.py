"""Random books through days: whatever was missed, interrupted or paid in between, stored state is the refold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import lending
from core.db import Session, is_sqlite
from core.ledger import Account, JournalEntry
from core.lending import Loan, LoanStatus, day, day_accrual
from core.lending.models import LendingDay
from tests.core.lending import village as places
from tests.core.lending.books import check_book, check_days, check_done
from tests.core.lending.village import Village, kes

PROJECTS = (
    {},
    {"repayment_model": "ad_hoc", "loan_max_duration": 90, "loan_durations": [30, 60, 90]},
)
MANY = 4_000  # pieces; no test needs so many
STEPS = st.tuples(
    st.sampled_from(["day", "day", "day", "killed", "pay", "borrow", "nothing"]),
    st.integers(0, 20),  # days that pass before
    st.integers(0, 6),  # which loan
    st.integers(1, 1_200),  # shillings
)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of loans shall be many pieces."""
    monkeypatch.setattr(day_accrual, "DAY_ROWS", 2)
    monkeypatch.setattr(day_accrual, "DAY_PAGES", 2)
    monkeypatch.setattr(day, "DAY_CHANGES", 2)


def close(village: Village, pieces: int = MANY) -> None:
    """Some pieces of the day end, or all of it."""
    for _ in range(pieces):
        if not lending.run_day(village.db, now=village.now, limit=1):
            return
    assert pieces < MANY, "the day end does not end"


def today(village: Village) -> date:
    return (village.now + timedelta(hours=3)).date()


def killed(village: Village, pieces: int) -> None:
    """Some pieces are committed, one more is not."""
    close(village, pieces)
    piece = village.db.begin_nested()
    close(village, 1)
    piece.rollback()


def test_stored_state_is_the_refold_after_any_days(db: Session) -> None:
    @settings(
        max_examples=6 if is_sqlite(db) else 2,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(PROJECTS), st.lists(STEPS, min_size=2, max_size=6))
    def book(projects: dict[str, object], steps: list[tuple[str, int, int, int]]) -> None:
        with db.begin() as life:
            go_through(places.found(db, **projects), durations(projects), steps)
            life.rollback()

    book()


def go_through(village: Village, terms: list[int], steps: list[tuple[str, int, int, int]]) -> None:
    """Steps in turn; after each, all that is stored is the refold."""
    loans = [borrow(village, n, duration) for n, duration in enumerate(terms)]
    for step, days, number, shillings in steps:
        village = village.at(days=days)
        take(village, loans, step, number, shillings)
        check_book(village.db)
    close(village)
    check_done(village.db, today(village))
    check_book(village.db)
    for later in (1, 10, 100):
        check_days(village.db, later)


def borrow(village: Village, number: int, duration: int, shillings: int = 1_000) -> Loan:
    """Somebody new takes a loan."""
    person = places.borrower(village.db, village.project.organisation_id, number + 2)
    return replace(village, borrower=person).borrow(kes(shillings), duration)


def durations(project: dict[str, object]) -> list[int]:
    return [30, 60, 90] if project else [1, 2, 4]


def take(village: Village, loans: list[Loan], step: str, number: int, shillings: int) -> None:
    """One step in the life of a book."""
    loan = loans[number % len(loans)]
    if step == "day":
        close(village)
        check_done(village.db, today(village))
    elif step == "killed":
        killed(village, number)
    elif step == "pay":
        village.pay(loan, kes(shillings))
    elif step == "borrow" and len(loans) < 6:
        loans.append(borrow(village, len(loans), loan.terms.duration, 1_000 + shillings))


def entries(db: Session, kind: str) -> list[JournalEntry]:
    query = select(JournalEntry).where(JournalEntry.kind == kind).order_by(JournalEntry.value_at)
    return list(db.scalars(query))


def test_each_missed_day_carries_its_own_income(village: Village, db: Session) -> None:
    village.borrow()
    close(village)

    close(village.at(days=3))

    found = entries(db, "loan.accrual")
    assert [entry.value_at.date().day for entry in found] == [22, 23, 24]
    assert [entry.value_at.hour for entry in found] == [
        20,
        20,
        7,
    ]  # the last second in Nairobi, and now
    check_book(db)


def test_a_node_that_slept_for_very_long_closes_the_rest_as_one(
    village: Village, db: Session
) -> None:
    village.borrow()
    close(village)

    close(village.at(days=100))

    assert len(entries(db, "loan.accrual")) <= 32
    check_done(db, today(village.at(days=100)))
    check_book(db)


def test_the_same_day_again_books_nothing(village: Village, db: Session) -> None:
    for number in range(3):
        borrow(village, number, 4)
    later = village.at(days=10)
    close(later)
    income = village.balance(Account.INTEREST_INCOME)

    close(later)
    db.execute(LendingDay.__table__.delete())
    close(later)  # even if the node forgot how far it came

    assert village.balance(Account.INTEREST_INCOME) == income < 0


def test_a_loan_brought_to_today_by_a_payment_is_still_in_default_when_its_time_is_over(
    village: Village, db: Session
) -> None:
    loan = village.borrow()
    late = village.at(days=30 + 31)
    late.pay(loan, kes(10))

    close(late)

    assert loan.status is LoanStatus.DEFAULTED
    check_book(db)
