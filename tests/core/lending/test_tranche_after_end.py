"""A part that was on its way when she repaid the parts before: it is lent as any other, and can be repaid."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.lending.state import Event, EventKind, LoanState, LoanStatus, fold
from core.lending.terms import Recalculation, RepaymentModel
from tests.core.lending import make
from tests.core.lending.make import SEED

MODELS: list[dict[str, Any]] = [
    {},
    {"model": RepaymentModel.AD_HOC, "duration": 120},
    {"model": RepaymentModel.SCHEDULE, "schedule": {}},
    {"model": RepaymentModel.SCHEDULE, "schedule": {}, "recalculation": Recalculation()},
]


def day(number: int) -> date:
    return SEED + timedelta(days=number)


def folded(on: int, *told: Event, **terms: Any) -> LoanState:
    """KES 392 of 400 reached her, KES 294 of 300 come later."""
    agreed = make.terms(tranches=(40, 30, 30), **terms)
    first = Event(0, EventKind.DISBURSED, SEED, 39_200, principal=40_000)
    return fold(agreed, [first, *told], day(on))


def second(on: int) -> Event:
    return Event(2, EventKind.DISBURSED, day(on), 29_400, principal=30_000)


@pytest.mark.parametrize("ended_on", [10, 40])
@pytest.mark.parametrize("model", MODELS)
def test_interest_runs_from_its_own_day_and_the_loan_can_be_repaid(
    model: dict[str, Any], ended_on: int
) -> None:
    ended = Event(1, EventKind.REPAID, day(ended_on), 60_000)
    paid = folded(ended_on, ended, **model).interest_paid
    told = (
        ended, second(ended_on + 5), Event(3, EventKind.REFUND_PAID, day(ended_on), 20_000 - paid),
    )  # fmt: skip

    at_once, later = (folded(ended_on + days, *told, **model) for days in (5, 15))

    assert (at_once.status, at_once.payoff) == (LoanStatus.DISBURSED, 30_000)
    assert at_once.interest_earned == paid
    assert 30_000 < later.payoff < 30_600  # ten days at 24 percent
    last = Event(4, EventKind.REPAID, day(ended_on + 15), later.payoff)
    closed = folded(ended_on + 15, *told, last, **model)
    assert (closed.status, closed.principal_outstanding, closed.credit) == (
        LoanStatus.REPAID, 0, 0,
    )  # fmt: skip
    assert closed.interest_paid == later.payoff - 30_000 + paid


def test_each_part_may_be_given_back_in_the_days_of_cooling_off() -> None:
    first = Event(1, EventKind.REPAID, day(1), 39_200)
    last = Event(3, EventKind.REPAID, day(3), 29_400)

    loan = folded(3, first, second(2), last, cooling_off_days=5, interest_rate=Decimal(24))

    assert (loan.status, loan.principal_outstanding, loan.credit) == (LoanStatus.REPAID, 0, 0)
    assert (loan.fee_withheld, loan.fee_returned) == (0, 1_400)
