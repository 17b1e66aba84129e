"""The statement adds up: whatever happened to a loan, its lines sum to what she owes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import lending
from core.db import Session, is_sqlite
from core.errors import Refusal
from core.lending import Loan, StatementKind, StatementLine, account, servicing, servicing_end
from core.lending.state import LoanState, Part
from core.payments import PaymentKind
from tests.core.lending import village as places
from tests.core.lending.desk import order
from tests.core.lending.village import Village, kes, pay_in, settle

DUE = date(2026, 12, 21)


def told(village: Village, loan: Loan) -> list[StatementLine]:
    return lending.statement(village.db, loan.id, on=village.now.date())


def kinds(lines: list[StatementLine]) -> list[tuple[StatementKind, int]]:
    return [(line.kind, line.effect.minor // 100) for line in lines]


def owed_by(state: LoanState) -> int:
    """What has come due or was paid ahead, less what was paid; and the principal left; less her credit."""
    due = [row for row in state.rows if row.due_on <= state.on]
    interest = sum(row.interest - row.interest_paid for row in due)
    charges = sum(row.fee - row.fee_paid + row.penalty - row.penalty_paid for row in due)
    return state.principal_outstanding + interest + charges - state.credit


def check(village: Village, loan: Loan) -> None:
    state = account.state(village.db, loan, village.now.date())
    assert lending.owed(told(village, loan), loan.currency).minor == owed_by(state)


def test_interest_is_a_line_when_it_comes_due_and_the_rest_is_still_to_come(
    village: Village,
) -> None:
    loan = village.borrow()

    lines = told(village.on(DUE), loan)

    assert kinds(lines) == [
        (StatementKind.DISBURSED, 980),
        (StatementKind.FEE, 20),
        (StatementKind.INTEREST, 20),
    ]
    assert lending.owed(lines, "KES") == kes(1_020)
    assert lending.standing(village.db, loan.id, on=DUE).outstanding == kes(1_080)


@pytest.mark.parametrize("days", [0, 31, 100])
@pytest.mark.parametrize("amounts", [(270,), (100, 600), (1_500,)])
def test_the_lines_sum_to_what_she_owes(
    village: Village, days: int, amounts: tuple[int, ...]
) -> None:
    loan = village.borrow()

    for number, amount in enumerate(amounts):
        village.at(days=days + number).pay(loan, kes(amount))

    for day in (days, days + 1, days + 40, days + 200):
        check(village.at(days=day), loan)


def test_money_taken_back_or_returned_adds_to_the_debt_again(village: Village) -> None:
    loan = village.borrow()
    later = village.at(days=1)
    later.pay(loan, kes(1_101))
    later.settle(village.payment(loan, PaymentKind.REFUND))

    lines = told(later, loan)

    assert (StatementKind.REPAID, -1_101) in kinds(lines)
    assert [kind for kind, effect in kinds(lines) if effect > 0][-1] is StatementKind.REFUNDED
    assert not lending.owed(lines, "KES")


def test_nothing_is_told_of_days_that_have_not_come(village: Village) -> None:
    loan = village.borrow()
    village.at(days=3).pay(loan, kes(100))

    assert StatementKind.REPAID not in dict(kinds(told(village.at(days=2), loan)))
    assert village.now.date() + timedelta(days=3) == told(village.at(days=3), loan)[-1].on


def test_a_loan_that_was_given_up_ends_at_nothing_also_when_money_still_comes(
    village: Village,
) -> None:
    loan = village.borrow()
    late = village.at(days=100)
    while lending.run_day(village.db, now=late.now, limit=100):
        pass
    servicing_end.write_off(village.db, **order(late, loan))

    check(late, loan)
    assert not lending.owed(told(late, loan), "KES")
    late.pay(loan, kes(300))

    assert loan.recovered == 30_000
    assert not lending.owed(told(late, loan), "KES")


def said(village: Village, loan: Loan) -> list[StatementLine]:
    """What the statement of today says; it is what will be said of today for ever."""
    return lending.statement(village.db, loan.id, on=village.now.date())


def test_a_reschedule_leaves_what_was_said_and_corrects_it_in_a_line_of_its_own_day(
    village: Village,
) -> None:
    loan = village.borrow()
    late = village.on(DUE + timedelta(days=5))
    close(late)
    before = said(late, loan)
    assert (StatementKind.INTEREST, 20) in kinds(before)

    moved = late.at(days=1)
    servicing.reschedule(village.db, due_on=date(2027, 2, 1), **order(moved, loan))

    after = said(moved, loan)
    assert after[: len(before)] == before
    assert kinds(after[len(before) :]) == [(StatementKind.CORRECTED, -20)]
    assert after[-1].on == moved.now.date()
    check(moved, loan)


def test_a_waiver_and_a_write_off_take_nothing_from_what_was_said(village: Village) -> None:
    loan = village.borrow()
    late = village.at(days=100)
    close(late)
    first = said(late, loan)

    later = late.at(days=1)
    servicing.waive(village.db, part=Part.INTEREST, amount=kes(5), **order(later, loan))
    second = said(later, loan)
    end = later.at(days=1)
    servicing_end.write_off(village.db, **order(end, loan))
    third = said(end, loan)
    last = end.at(days=1)
    last.pay(loan, kes(300))
    fourth = said(last, loan)

    for before, after in pairwise((first, second, third, fourth)):
        assert after[: len(before)] == before
        assert all(line.on > before[-1].on for line in after[len(before) :])
    assert kinds(second[len(first) :]) == [(StatementKind.WAIVED, -5)]
    assert kinds(fourth[len(third) :]) == [
        (StatementKind.RECOVERED, 300),
        (StatementKind.REPAID, -300),
    ]
    assert not lending.owed(fourth, "KES")


def test_a_payment_told_late_is_a_line_of_the_day_it_was_told(village: Village) -> None:
    loan = village.borrow(kes(1_000), 1)
    due, told_on = village.on(DUE), village.on(DUE + timedelta(days=9))
    close(told_on)
    before = said(told_on.at(days=-1), loan)
    paid = pay_in(village.db, loan.id, loan.code, kes(500), due.now)

    settle(village.db, paid, told_on.now)

    after = said(told_on, loan)
    assert after[: len(before)] == before
    (line,) = after[len(before) :]
    assert (line.kind, line.on, line.value_on) == (
        StatementKind.REPAID,
        told_on.now.date(),
        due.now.date(),
    )
    check(told_on, loan)


def test_whatever_happens_nothing_that_was_said_is_unsaid(db: Session) -> None:
    many = settings(
        max_examples=15 if is_sqlite(db) else 3, deadline=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip

    @many
    @given(
        st.lists(
            st.tuples(st.sampled_from(DEEDS), st.integers(0, 40), st.integers(1, 600)), max_size=7
        )
    )
    def live(deeds: list[tuple[str, int, int]]) -> None:
        with db.begin() as life:
            _live(places.found(db), deeds)
            life.rollback()

    live()


DEEDS = ("pay", "pay_late", "waive", "move", "rate", "charge", "undo", "day", "lose")


def _live(village: Village, deeds: list[tuple[str, int, int]]) -> None:
    loan, before = village.borrow(), list[StatementLine]()
    for deed, days, number in deeds:
        close(village)
        now = said(village, loan)
        assert now[: len(before)] == before, deed
        before = now
        village = village.at(days=days + 1)
        with suppress(Refusal):
            _do(village, loan, deed, number)
    check(village, loan)
    assert said(village, loan)[: len(before)] == before


def _do(village: Village, loan: Loan, deed: str, number: int) -> None:
    db, asked, today = village.db, order(village, loan), village.now.date()
    sent = max(village.now - timedelta(days=number % 30), datetime(2026, 11, 21, 8, tzinfo=UTC))
    deeds: dict[str, Callable[[], object]] = {
        "pay": lambda: village.pay(loan, kes(number)),
        "pay_late": lambda: settle(
            db, pay_in(db, loan.id, loan.code, kes(number), sent), village.now
        ),
        "waive": lambda: servicing.waive(
            db, part=Part.INTEREST, amount=kes(1 + number % 5), **asked
        ),
        "move": lambda: servicing.reschedule(
            db, due_on=today + timedelta(days=number % 90 + 1), **asked
        ),
        "rate": lambda: servicing.change_rate(db, rate=Decimal(number % 24), **asked),
        "charge": lambda: servicing.charge_fee(
            db, amount=kes(50), due_on=today + timedelta(days=31), **asked
        ),
        "undo": lambda: servicing_end.reverse(db, number=loan.events - 1, **asked),
        "day": lambda: close(village),
        "lose": lambda: servicing_end.write_off(db, **asked),
    }
    deeds[deed]()


def close(village: Village) -> None:
    while lending.run_day(village.db, now=village.now, limit=100):
        pass
