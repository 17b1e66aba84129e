"""The statement adds up: whatever happened to a loan, its lines sum to what she owes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import lending
from core.lending import Loan, StatementKind, StatementLine, account, servicing_end
from core.lending.state import LoanState
from core.payments import PaymentKind
from tests.core.lending.desk import order
from tests.core.lending.village import Village, kes

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
