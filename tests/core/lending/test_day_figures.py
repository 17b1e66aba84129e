"""Until the day on which a loan says that something changes, its rows stay as they are, whatever the product."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.lending.day_figures import figures
from core.lending.state import Event, EventKind, fold
from core.lending.terms import Recalculation, RepaymentModel, Rest, Terms
from tests.core.lending import lives, make

START = date(2027, 1, 31)
MONTHLY = {"unit": "months", "every": 1, "interest_period": "daily", "day_count": "act/365"}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    lives.any_terms().flatmap(lambda terms: st.tuples(st.just(terms), lives.life(terms))),
    st.integers(0, 500),
)
def test_rows_change_on_no_day_before_the_one_foretold(
    told: tuple[Terms, list[Event]], days: int
) -> None:
    terms, events = told
    on = min(event.on for event in events) + timedelta(days=days)
    state = fold(terms, events, on)

    foretold = figures(terms, state)["next_change_on"] or on + timedelta(days=60)
    for later in range(1, min((foretold - on).days, 60)):
        assert fold(terms, events, on + timedelta(days=later)).rows == state.rows


def late(how: Recalculation, on: date) -> date | None:
    """When a loan of which nothing was paid changes next."""
    terms = make.terms(
        principal=100_000, duration=3, model=RepaymentModel.SCHEDULE, schedule=MONTHLY, recalculation=how
    )  # fmt: skip
    events = [Event(0, EventKind.APPROVED, START), Event(1, EventKind.DISBURSED, START)]
    found: date | None = figures(terms, fold(terms, events, on))["next_change_on"]
    return found


@pytest.mark.parametrize(
    ("how", "on", "changes"),
    [
        (Recalculation(), date(2027, 3, 10), date(2027, 3, 11)),
        (Recalculation(), date(2027, 6, 10), None),  # all is due: nothing to come can be dearer
        (Recalculation(past_due_bears_interest=False), date(2027, 3, 10), date(2027, 3, 31)),
        (Recalculation(rest=Rest.REPAYMENT), date(2027, 3, 10), date(2027, 3, 31)),
    ],
)
def test_being_late_makes_each_day_dearer_only_where_it_bears_interest_and_rows_are_to_come(
    how: Recalculation, on: date, changes: date | None
) -> None:
    assert late(how, on) == changes
