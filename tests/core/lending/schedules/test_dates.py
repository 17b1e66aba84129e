"""When rows fall due, and what the days between them count for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.lending.schedules.daycount import factor, yearly_rate
from tests.core.lending.schedules import make

DAY_BY_DAY = {"unit": "days", "every": 1, "instalments": 6, "disbursed_on": "2026-12-09"}


@pytest.mark.parametrize(
    ("month_end", "expected"),
    [
        ("clamp", ["2026-09-30", "2026-10-31", "2026-11-30"]),
        ("roll", ["2026-10-01", "2026-10-31", "2026-12-01"]),
    ],
)
def test_the_31st_is_clamped_or_rolls_and_comes_back(month_end: str, expected: list[str]) -> None:
    loan = {"instalments": 3, "disbursed_on": "2026-08-31"}

    assert make.due_on(month_end=month_end, **loan) == expected


@pytest.mark.parametrize(
    ("month_end", "expected"), [("clamp", "2029-02-28"), ("roll", "2029-03-01")]
)
def test_a_leap_day_follows_the_same_rule(month_end: str, expected: str) -> None:
    loan = {"instalments": 1, "every": 12, "disbursed_on": "2028-02-29"}

    assert make.due_on(month_end=month_end, **loan) == [expected]


@pytest.mark.parametrize(
    ("every", "unit", "expected"),
    [
        (10, "days", ["2027-01-25", "2027-02-04"]),
        (2, "weeks", ["2027-01-29", "2027-02-12"]),
        (3, "months", ["2027-04-15", "2027-07-15"]),
    ],
)
def test_rows_come_every_so_many_days_weeks_or_months(
    every: int, unit: str, expected: list[str]
) -> None:
    assert make.due_on(every=every, unit=unit, instalments=2) == expected


def test_the_first_due_date_is_free_and_the_others_count_from_it() -> None:
    assert make.due_on(first_due_on="2027-03-31", instalments=3) == [
        "2027-03-31", "2027-04-30", "2027-05-31",
    ]  # fmt: skip


def test_due_dates_may_be_given_one_by_one() -> None:
    given = ["2027-02-01", "2027-02-20", "2027-06-01"]

    assert make.due_on(due_dates=given, instalments=3) == given


def test_a_broken_first_period_costs_a_whole_one_or_its_days() -> None:
    loan = {"interest_period": "repayment", "first_due_on": "2027-01-31", "instalments": 3}

    whole = make.rows(**loan)
    by_days = make.rows(partial_periods=True, **loan)

    assert whole[0].interest == 1_000
    assert by_days[0].interest == 516  # 16 of 31 days


@pytest.mark.parametrize(
    ("shift", "expected"),
    [("next", "2026-12-28"), ("previous", "2026-12-24"), ("modified", "2026-12-28")],
)
def test_a_due_date_on_a_holiday_moves(shift: str, expected: str) -> None:
    loan = {"instalments": 1, "disbursed_on": "2026-11-25"}

    found = make.due_on(workdays={"country": "KE", "shift": shift}, **loan)

    assert found == [expected]  # Christmas and Boxing Day, then a week end


def test_modified_stays_within_the_month() -> None:
    loan = {"instalments": 1, "disbursed_on": "2026-12-31"}

    assert make.due_on(workdays={"shift": "modified"}, **loan) == ["2027-01-29"]


def test_daily_rows_over_a_week_end_fall_on_the_working_days_after_it() -> None:
    assert make.due_on(workdays={"country": "KE", "shift": "next"}, **DAY_BY_DAY) == [
        "2026-12-10", "2026-12-11", "2026-12-14", "2026-12-15", "2026-12-16", "2026-12-17",
    ]  # fmt: skip


def test_local_days_off_and_on_win_over_the_calendar() -> None:
    local = {"country": "KE", "closed": ["2026-12-10"], "open": ["2026-12-13"]}

    assert make.due_on(workdays=local, **DAY_BY_DAY)[:3] == [
        "2026-12-11", "2026-12-13", "2026-12-14",
    ]  # fmt: skip


def test_the_week_end_is_where_the_originator_says() -> None:
    assert make.due_on(workdays={"weekend": ["fri"]}, **DAY_BY_DAY)[:2] == [
        "2026-12-10", "2026-12-12",
    ]  # fmt: skip


RATE = Decimal("0.12")
FACTORS = [
    ({"day_count": "30/360"}, "2027-01-15", "2027-02-15", RATE / 12),
    ({"day_count": "30/360", "every": 2}, "2027-01-15", "2027-02-01", RATE / 6),
    ({"day_count": "30/365"}, "2027-01-15", "2027-02-15", RATE * 30 / 365),
    ({"day_count": "30/act"}, "2028-01-15", "2028-02-15", RATE * 30 / 366),
    ({"day_count": "30/360", "unit": "weeks"}, "2027-01-15", "2027-01-22", RATE * 7 / 360),
    ({"day_count": "act/360"}, "2027-01-15", "2027-02-15", RATE * 31 / 360),
    ({"day_count": "act/364"}, "2027-01-15", "2027-02-15", RATE * 31 / 364),
    ({"day_count": "act/365"}, "2028-01-15", "2028-02-15", RATE * 31 / 365),
    (
        {"day_count": "act/act"}, "2027-12-20", "2028-01-20",
        RATE * (Decimal(11) / 365 + Decimal(20) / 366),
    ),
    (
        {"day_count": "act/act", "first_day_counts": True}, "2027-12-20", "2028-01-20",
        RATE * (Decimal(12) / 365 + Decimal(19) / 366),
    ),
    ({"day_count": "act/act"}, "2027-12-31", "2028-01-31", RATE * 31 / 366),
    ({"day_count": "act/act"}, "2027-06-30", "2029-12-31",
     RATE * (Decimal(184) / 365 + 1 + 1)),
    ({"leap_rule": "only_periods_with_feb_29", "day_count": "act/act"},
     "2028-01-31", "2028-02-29", RATE * 29 / 366),
    ({"leap_rule": "only_periods_with_feb_29", "day_count": "act/act"},
     "2028-02-29", "2028-03-31", RATE * 31 / 365),
    ({"leap_rule": "only_periods_with_feb_29", "day_count": "act/act"},
     "2027-06-30", "2029-06-30", RATE * 731 / 366),
    ({"interest_period": "repayment", "day_count": "act/act"}, "2027-01-15", "2027-03-01", RATE / 12),
    ({"interest_period": "repayment", "unit": "weeks", "every": 2}, "2027-01-15", "2027-01-29",
     RATE / 26),
    ({"interest_period": "repayment", "unit": "days", "day_count": "act/360"}, "2027-01-15",
     "2027-01-30", RATE * 15 / 360),
    ({"interest_period": "repayment", "unit": "days", "every": 15, "day_count": "act/360",
      "schedule": "cumulative"}, "2027-01-15", "2027-01-30", RATE * 15 / 365),
]  # fmt: skip


@pytest.mark.parametrize(("options", "begins_on", "due_on", "expected"), FACTORS)
def test_the_factor_of_a_period_follows_the_day_count(
    options: dict[str, Any], begins_on: str, due_on: str, expected: Decimal
) -> None:
    terms = make.terms(**options)

    found = factor(
        terms, yearly_rate(terms), date.fromisoformat(begins_on), date.fromisoformat(due_on)
    )

    assert abs(found - expected) < Decimal("1e-19")
