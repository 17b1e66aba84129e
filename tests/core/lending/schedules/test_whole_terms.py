"""A rate for the whole term is just that, and no row asks for nothing: cases that others reported."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.lending.schedules import build, read, true_cost

FLAT = {"interest": "flat", "rate_per": "term"}
WEEKLY = {"unit": "weeks", "interest_period": "repayment", "disbursed_on": "2027-01-04"}


def terms(**given: Any) -> dict[str, Any]:
    return {"disbursed_on": "2024-01-01", "instalments": 4, **given}


@pytest.mark.parametrize(
    ("given", "interest"),
    [
        (terms(principal="100000", rate_pct="4", **FLAT), 400_000),
        (terms(principal="1000", rate_pct="10", **{**FLAT, **WEEKLY, "instalments": 44}), 10_000),
        (terms(principal="10000", currency="UGX", rate_pct="10", **{**FLAT, **WEEKLY, "instalments": 52}), 1_000),
        (terms(principal="10000", rate_pct="4", **FLAT, amortization="equal_principal", unit="days", every=17), 40_000),
        (terms(principal="10000", rate_pct="4", **FLAT, schedule="cumulative", day_count="act/act"), 40_000),
    ],
)  # fmt: skip
def test_flat_interest_for_a_term_is_that_percentage(given: dict[str, Any], interest: int) -> None:
    rows = build(read(given)).rows

    assert sum(row.interest for row in rows) == interest


def test_ten_percent_flat_over_44_weeks_costs_what_its_regulator_says() -> None:
    given = terms(principal="1000", rate_pct="10", **{**FLAT, **WEEKLY, "instalments": 44})

    assert true_cost(read(given), build(read(given))).effective == Decimal("25.07")


def test_a_bullet_for_a_term_costs_the_rate_whatever_its_days() -> None:
    given = {"principal": "1000", "rate_pct": "6", "rate_per": "term", "instalments": 3,
             "grace_on_principal": 2, "disbursed_on": "2027-02-01"}  # fmt: skip

    rows = build(read(given)).rows

    assert sum(row.interest for row in rows) == 6_000


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"principal": "1000", "annual_rate_pct": "20", "instalments": 24, "unit": "weeks",
          "instalment_multiple_of": "50", "disbursed_on": "2027-01-04"}, 21),
        ({"principal": "270.51", "annual_rate_pct": "177.48", "interest_period": "repayment",
          "day_count": "30/360", "instalments": 300, "disbursed_on": "2020-01-01"}, 31),
    ],
)  # fmt: skip
def test_rows_that_would_ask_for_nothing_are_left_out(given: dict[str, Any], count: int) -> None:
    rows = build(read(given)).rows

    assert len(rows) == count
    assert all(row.due for row in rows)
    assert sum(row.principal for row in rows) == read(given).principal


def test_a_factor_has_nineteen_places_and_makes_no_tie_of_what_is_none() -> None:
    given = {"principal": "750", "annual_rate_pct": "7", "instalments": 6, "day_count": "30/360",
             "disbursed_on": "2024-01-01"}  # fmt: skip

    assert build(read(given)).rows[0].interest == 437  # 4.375 less a trifle
