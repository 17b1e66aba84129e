"""Who repays on time may ask for more; being late does not raise it, a default lowers it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lending.ladder import Past, Step, most, rungs

STEPS = [Step(0, 2_000), Step(1, 5_000), Step(3, 10_000)]
TIME, LATE, DEFAULT, LOST = Past.ON_TIME, Past.LATE, Past.DEFAULTED, Past.WRITTEN_OFF


@pytest.mark.parametrize(
    ("past", "allowed"),
    [
        ([], 2_000),
        ([TIME], 5_000),
        ([TIME, TIME], 5_000),
        ([TIME, TIME, TIME], 10_000),
        ([LATE, LATE, LATE], 2_000),
        ([TIME, LATE], 5_000),
        ([TIME, LATE, TIME, TIME], 10_000),
        ([DEFAULT], 2_000),
        ([TIME, DEFAULT], 2_000),
        ([TIME, TIME, TIME, TIME, DEFAULT], 5_000),
        ([TIME, TIME, TIME, DEFAULT, TIME, TIME], 10_000),
        ([TIME, TIME, TIME, LOST], 2_000),
        ([LOST, TIME], 5_000),
    ],
)
def test_what_she_may_ask_for_follows_from_how_her_loans_ended(
    past: list[Past], allowed: int
) -> None:
    assert most(past, STEPS) == allowed


@given(past=st.lists(st.sampled_from(Past), max_size=20))
def test_only_a_loan_repaid_on_time_raises_it(past: list[Past]) -> None:
    now = most(past, STEPS)

    assert most([*past, TIME], STEPS) >= now
    assert most([*past, LATE], STEPS) == now
    assert most([*past, DEFAULT], STEPS) <= now
    assert most([*past, LOST], STEPS) == 2_000
    assert rungs(past, STEPS) <= past.count(TIME)
