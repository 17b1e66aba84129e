"""A charge on a loan that has ended: it is all that is owed, and whoever pays it ends the loan again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.lending.state import Event, EventKind, LoanState, LoanStatus, fold
from core.lending.terms import Recalculation, RepaymentModel
from tests.core.lending import make
from tests.core.lending.make import SEED

MODELS: list[dict[str, Any]] = [
    {"duration": 1},
    {"model": RepaymentModel.AD_HOC, "duration": 30},
    {"model": RepaymentModel.SCHEDULE, "duration": 1, "schedule": {}},
    {"model": RepaymentModel.SCHEDULE, "duration": 1, "schedule": {}, "recalculation": Recalculation()},
]  # fmt: skip
CHARGE = 100


def folded(*told: Event, **terms: Any) -> LoanState:
    """Five cents of the interest are paid, the rest of the loan is let go, and a fee is asked for on the next day."""
    events = [
        Event(0, EventKind.DISBURSED, SEED),
        Event(1, EventKind.REPAID, SEED + timedelta(days=9), 5),
        Event(2, EventKind.CLOSED, SEED + timedelta(days=9)),
        Event(3, EventKind.FEE_CHARGED, SEED + timedelta(days=10), CHARGE),
    ]
    agreed = make.terms(interest_rate=Decimal(24), **terms)
    return fold(agreed, [*events, *told], SEED + timedelta(days=11))


@pytest.mark.parametrize("cooling_off_days", [0, 14])
@pytest.mark.parametrize("model", MODELS)
def test_only_the_charge_is_owed_and_paying_it_ends_the_loan(
    model: dict[str, Any], cooling_off_days: int
) -> None:
    payment = Event(4, EventKind.REPAID, SEED + timedelta(days=11), CHARGE)

    charged = folded(cooling_off_days=cooling_off_days, **model)
    paid = folded(payment, cooling_off_days=cooling_off_days, **model)

    assert (charged.status, charged.payoff) == (LoanStatus.DISBURSED, CHARGE)
    assert (paid.status, paid.outstanding, paid.credit) == (LoanStatus.REPAID, 0, 0)
    assert (paid.interest_paid, paid.fees_paid) == (charged.interest_paid, CHARGE)


@pytest.mark.parametrize("model", MODELS)
def test_so_it_is_after_she_gave_the_loan_back_when_rows_were_due(model: dict[str, Any]) -> None:
    day = SEED + timedelta(days=40)
    told = [
        Event(0, EventKind.DISBURSED, SEED),
        Event(1, EventKind.REPAID, SEED + timedelta(days=35), 98_000),
        Event(2, EventKind.FEE_CHARGED, day, CHARGE),
        Event(3, EventKind.REPAID, day + timedelta(days=1), CHARGE),
    ]
    agreed = make.terms(cooling_off_days=36, **model)

    charged, paid = fold(agreed, told, day), fold(agreed, told, day + timedelta(days=1))

    assert (charged.status, charged.payoff) == (LoanStatus.DISBURSED, CHARGE)
    assert (paid.status, paid.interest_paid, paid.credit) == (LoanStatus.REPAID, 0, 0)


def test_what_was_paid_of_a_charge_stays_with_its_row_when_a_later_charge_joins_it() -> None:
    first, second = SEED + timedelta(days=40), SEED + timedelta(days=50)
    told = [
        Event(0, EventKind.DISBURSED, SEED),
        Event(1, EventKind.FEE_CHARGED, SEED, CHARGE, due_on=first),
        Event(2, EventKind.REPAID, SEED, 200_000),
        Event(3, EventKind.FEE_CHARGED, second, CHARGE, due_on=second),
    ]

    loan = fold(make.terms(duration=1), told, second)

    rows = {row.due_on for row in loan.rows}
    assert second in rows
    assert {piece.due_on for piece in loan.portions} <= rows
