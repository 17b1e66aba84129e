"""What she reads before she agrees is what she owes: the table of the terms page is the fold of a life on time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import assume, given, settings

from core.lending.allocation import KIND_TO_BORROWER
from core.lending.offers import make_quote
from core.lending.schedule import schedule
from core.lending.state import Event, EventKind, LoanState, LoanStatus, fold
from core.lending.terms import Recalculation, RepaymentModel, Terms
from tests.core.lending import lives, make

SEED = make.SEED
Table = list[tuple[date, int, int, int]]


def paid_out() -> list[Event]:
    return [Event(0, EventKind.APPROVED, SEED), Event(1, EventKind.DISBURSED, SEED)]


def shown(state: LoanState) -> Table:
    return [(row.due_on, row.principal, row.interest, row.fee) for row in state.rows]


def agreed(terms: Terms) -> Table:
    return [(row.due_on, row.principal, row.interest, row.fee) for row in schedule(terms, SEED)]


def check_life_on_time(terms: Terms) -> None:
    """Paid on each due date exactly what the page said, the table never moves, and nothing is left."""
    table, told = agreed(terms), paid_out()
    assert shown(fold(terms, told, SEED)) == table
    for due_on, *parts in table:
        if sum(parts):
            told.append(Event(len(told), EventKind.REPAID, due_on, sum(parts)))
        state = fold(terms, told, due_on)
        assert shown(state) == table

    assert (state.status, state.outstanding, state.credit) == (LoanStatus.REPAID, 0, 0)
    quote = make_quote(terms, SEED)
    assert (state.paid, state.interest_paid) == (quote.total.minor, quote.interest.minor)


def test_grace_on_interest_of_a_recalculated_loan_is_grace() -> None:
    """A case that once differed: the fold asked in the days of grace for what the page put off."""
    options = {
        "unit": "days", "every": 1, "interest_period": "daily", "day_count": "act/365", "grace_on_interest": 1,
    }  # fmt: skip

    check_life_on_time(
        make.terms(
            model=RepaymentModel.SCHEDULE, duration=2, principal=10_000, interest_rate=Decimal(400), schedule=options,
            recalculation=Recalculation(),
        )
    )  # fmt: skip


def test_an_interest_free_beginning_of_a_recalculated_loan_is_free() -> None:
    options = {"unit": "months", "every": 1, "interest_period": "daily", "interest_free": 2}

    check_life_on_time(
        make.terms(
            model=RepaymentModel.SCHEDULE,
            duration=6,
            schedule=options,
            recalculation=Recalculation(),
        )
    )


@settings(max_examples=150, deadline=None)
@given(lives.any_terms())
def test_whatever_the_product_the_page_is_what_she_owes(terms: Terms) -> None:
    flat = (terms.schedule or {}).get("interest") == "flat"
    assume(not (flat and terms.recalculation))  # no project may offer that

    check_life_on_time(replace(terms, cooling_off_days=0, allocation=KIND_TO_BORROWER))
