"""What every borrower is promised, whatever the product: time to think again, free early payment, an end to debt."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.lending.schedules.terms import Penalty
from core.lending.state import Event, EventKind, LoanState, LoanStatus, fold
from core.lending.terms import RepaymentModel, Terms
from tests.core.lending import make

SEED = make.SEED


def day(number: int) -> date:
    return SEED + timedelta(days=number)


def after(terms: Terms, days: int, *events: tuple[int, EventKind, int]) -> LoanState:
    """The loan so many days after its payout; events are (day, kind, amount)."""
    told = [Event(0, EventKind.APPROVED, SEED), Event(1, EventKind.DISBURSED, SEED)]
    told += [
        Event(number, kind, day(on), amount)
        for number, (on, kind, amount) in enumerate(events, start=2)
    ]
    return fold(terms, told, day(days))


MODELS: list[dict[str, Any]] = [
    {"model": RepaymentModel.FIXED},
    {"model": RepaymentModel.AD_HOC, "duration": 60},
    {
        "model": RepaymentModel.SCHEDULE, "duration": 8,
        "schedule": {"unit": "weeks", "every": 1, "instalment_multiple_of": "1"},
    },
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("on", [0, 1, 3])
def test_who_thinks_again_in_time_returns_what_she_got_and_owes_nothing_more(
    model: dict[str, Any], on: int
) -> None:
    terms = make.terms(cooling_off_days=3, **model)

    assert after(terms, on).payoff == terms.received.minor == 98_000
    done = after(terms, on + 50, (on, EventKind.REPAID, 98_000))

    assert done.status is LoanStatus.REPAID
    assert (done.interest_paid, done.outstanding, done.credit, done.fee_withheld) == (0, 0, 0, 0)


@pytest.mark.parametrize("model", MODELS)
def test_after_the_time_to_think_again_the_price_is_the_agreed_one(model: dict[str, Any]) -> None:
    terms = make.terms(cooling_off_days=3, **model)

    assert after(terms, 4).payoff >= 100_000


@settings(max_examples=60, deadline=None)
@given(terms=make.any_terms(), on=st.integers(0, 400))
def test_paying_early_never_costs_more_than_was_agreed_and_nothing_extra(
    terms: Terms, on: int
) -> None:
    agreed = sum(row.due for row in after(terms, 0).rows)

    payoff = after(terms, on).payoff
    done = after(terms, on + 1, (on, EventKind.REPAID, payoff))

    assert terms.principal <= payoff <= agreed
    assert done.status is LoanStatus.REPAID
    assert (done.fees_charged, done.penalties_charged) == (0, 0)
    assert done.principal_paid + done.interest_paid == payoff


@pytest.mark.parametrize("model", MODELS)
def test_after_a_default_what_arises_never_exceeds_the_principal_then_owing(
    model: dict[str, Any],
) -> None:
    harsh = Penalty(percent=Decimal(50), after_days=0, every_days=1)
    terms = make.terms(penalty=harsh, interest_rate=Decimal(300), **model)
    default = (200, EventKind.DEFAULTED, 0)

    then = after(terms, 200, default)
    later = after(terms, 3_000, default)

    arisen = [
        state.interest_earned + state.fees_charged + state.penalties_charged
        for state in (after(terms, 200), later)
    ]
    assert arisen[1] - arisen[0] <= then.principal_outstanding == 100_000
