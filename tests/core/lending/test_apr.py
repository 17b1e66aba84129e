"""The yearly cost by the method of Europe and by that of the US, with the examples of their laws."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from core.lending.apr import MONTHS, WEEKS, effective_rate, periodic_rate
from core.lending.apr_us import unit_period_apr
from core.lending.schedule import schedule
from core.lending.terms import RepaymentModel
from core.lending.true_cost import yearly_cost
from core.lending.unit_periods import Span, UnitPeriod, elapsed, unit_period
from tests.core.lending import make

START = date(2027, 1, 1)


def test_one_percent_a_month_flat_costs_23_70_a_year() -> None:
    terms = make.terms(
        principal=120_000, duration=12, interest_rate=Decimal(12), disbursement_fee=Decimal(0)
    )
    rows = schedule(terms, START)

    cost = periodic_rate([-120_000, *(row.due for row in rows)], MONTHS, places=2)

    assert [row.due for row in rows] == [11_200] * 12
    assert cost == Decimal("23.70")
    assert yearly_cost(terms, rows, START) == Decimal("23.7")


def test_ten_percent_flat_in_twelve_weeks_costs_116_6_a_year() -> None:
    assert periodic_rate([-120_000, *[11_000] * 12], WEEKS) == Decimal("116.6")


def test_a_fee_of_three_percent_taken_off_the_amount_makes_it_178_6() -> None:
    assert periodic_rate([-116_400, *[11_000] * 12], WEEKS) == Decimal("178.6")


def test_seven_and_a_half_percent_for_thirty_days_costs_141_1_a_year() -> None:
    assert effective_rate([(START, -1_000), (START + timedelta(days=30), 1_075)]) == Decimal(
        "141.1"
    )


def test_the_cost_of_a_loan_counts_what_she_really_receives() -> None:
    terms = make.terms(
        model=RepaymentModel.AD_HOC,
        duration=30,
        interest_rate=Decimal(36),
        disbursement_fee=Decimal(4),
    )

    with_fee = yearly_cost(terms, schedule(terms, START), START)

    assert with_fee == effective_rate([(START, -96_000), (START + timedelta(days=30), 103_000)])


def test_a_free_loan_costs_nothing() -> None:
    terms = make.terms(interest_rate=Decimal(0), disbursement_fee=Decimal(0))

    assert str(yearly_cost(terms, schedule(terms, START), START)) == "0.0"


def test_no_rate_fits_where_nothing_was_received() -> None:
    assert effective_rate([(START, 0), (START, 100)]) is None


def every(first: date, count: int, **step: int) -> list[date]:
    return [
        first + relativedelta(**{unit: n * k for unit, n in step.items()}) for k in range(count)
    ]  # type: ignore[arg-type]


def twice_a_month(first: date, months: int) -> list[date]:
    starts = every(first, months, months=1)
    return sorted([*starts, *(day + timedelta(days=15) for day in starts)])


Payments = list[tuple[list[date], int]]


@pytest.mark.parametrize(
    ("advanced_on", "advance", "payments", "apr"),
    [
        ("1978-01-10", 500_000, [(every(date(1978, 2, 10), 24, months=1), 23_000)], "9.69"),
        ("1978-02-10", 600_000, [(every(date(1978, 4, 1), 36, months=1), 20_000)], "11.82"),
        ("1978-02-23", 500_000, [(twice_a_month(date(1978, 3, 1), 12), 21_917)], "10.34"),
        ("1978-05-23", 1_000_000, [(every(date(1978, 10, 1), 40, months=3), 38_500)], "8.97"),
        ("1978-03-20", 50_000, [(every(date(1978, 4, 21), 30, weeks=1), 1_760)], "14.96"),
        (
            "1978-01-10",
            500_000,
            [([date(1978, 2, 10)], 25_000), (every(date(1978, 3, 10), 23, months=1), 23_000)],
            "10.08",
        ),
        (
            "1978-04-03",
            20_000,
            [(every(date(1978, 4, 11), 19, weeks=2), 950), ([date(1979, 1, 2)], 3_000)],
            "12.22",
        ),
        (
            "1978-01-10",
            800_000,
            [
                ([date(1978, 3, 1)], 44_936),
                (every(date(1978, 5, 1), 18, months=2), 46_500),
                ([date(1981, 5, 1)], 20_000),
            ],
            "7.30",
        ),
        ("1978-01-03", 100_000, [([date(1978, 9, 15)], 108_000)], "11.45"),
    ],
)
def test_the_examples_of_regulation_z_appendix_j_are_met(
    advanced_on: str, advance: int, payments: Payments, apr: str
) -> None:
    flows = [(date.fromisoformat(advanced_on), -advance)]
    flows += [(day, amount) for days, amount in payments for day in days]

    found = unit_period_apr(flows)

    assert found is not None
    assert found.nominal == Decimal(apr)


@pytest.mark.parametrize(
    ("dates", "unit"),
    [
        (every(date(2027, 1, 31), 5, months=1), UnitPeriod(Span.MONTHS)),
        (every(date(2027, 1, 5), 5, weeks=2), UnitPeriod(Span.WEEKS, 2)),
        (every(date(2027, 1, 5), 5, days=1), UnitPeriod(Span.DAYS)),
        (every(date(2027, 1, 5), 5, years=1), UnitPeriod(Span.MONTHS, 12)),
        (twice_a_month(date(2027, 1, 1), 4), UnitPeriod(Span.SEMIMONTH)),
        ([date(2027, 1, 5), date(2027, 4, 5)], UnitPeriod(Span.MONTHS, 3)),
        ([date(2027, 1, 5), date(2030, 4, 5)], UnitPeriod(Span.MONTHS, 12)),
        ([date(2027, 1, 5), date(2027, 2, 4)], UnitPeriod(Span.DAYS, 30)),
        ([date(2027, 1, 1), date(2027, 1, 11), date(2027, 1, 29)], UnitPeriod(Span.WEEKS, 2)),
    ],
)
def test_the_unit_period_is_the_interval_that_repeats_most(
    dates: list[date], unit: UnitPeriod
) -> None:
    assert unit_period(dates) == unit


@pytest.mark.parametrize(
    ("unit", "start", "end", "expected"),
    [
        (UnitPeriod(Span.MONTHS), "2027-01-10", "2027-04-01", (2, Decimal(22) / 30)),
        (UnitPeriod(Span.MONTHS), "2027-01-31", "2027-02-28", (1, Decimal(0))),
        (UnitPeriod(Span.MONTHS, 3), "2027-05-23", "2027-10-01", (1, Decimal(39) / 90)),
        (UnitPeriod(Span.WEEKS), "2027-01-01", "2027-01-11", (1, Decimal(3) / 7)),
        (UnitPeriod(Span.MONTHS, 12), "2026-11-01", "2028-02-01", (1, Decimal(3) / 12)),
        (UnitPeriod(Span.MONTHS, 12), "2026-12-27", "2028-01-31", (1, Decimal(35) / 365)),
    ],
)
def test_time_is_counted_back_from_the_later_day_with_a_fraction_at_the_front(
    unit: UnitPeriod, start: str, end: str, expected: tuple[int, Decimal]
) -> None:
    assert elapsed(unit, date.fromisoformat(start), date.fromisoformat(end)) == expected


@pytest.mark.parametrize(
    ("received", "weekly", "nominal", "effective"),
    [(120_000, 11_000, "77.9", "116.6"), (116_400, 11_000, "103.5", "178.6")],
)
def test_ten_percent_flat_in_twelve_weeks_by_the_us_method(
    received: int, weekly: int, nominal: str, effective: str
) -> None:
    days = every(START, 13, weeks=1)

    found = unit_period_apr([(days[0], -received), *((day, weekly) for day in days[1:])], places=1)

    assert found is not None
    assert (str(found.nominal), str(found.effective)) == (nominal, effective)


def test_one_percent_a_month_flat_by_the_us_method() -> None:
    days = every(START, 13, months=1)

    found = unit_period_apr([(days[0], -120_000), *((day, 11_200) for day in days[1:])])

    assert found is not None
    assert (str(found.nominal), str(found.effective)) == ("21.46", "23.70")


def test_seven_and_a_half_percent_for_thirty_days_by_the_us_method() -> None:
    found = unit_period_apr([(START, -1_000), (START + timedelta(days=30), 1_075)])

    assert found is not None
    assert (str(found.nominal), str(found.effective)) == ("91.25", "141.07")


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(START, -100)],
        [(START, -100), (START, 100)],
        [(START, 0), (START + timedelta(days=9), 100)],
        [(START, -100), (START + timedelta(days=9), 0)],
        [(START, 100), (START + timedelta(days=9), 100)],
    ],
)
def test_no_us_rate_fits_where_nothing_was_received_or_paid(flows: list[tuple[date, int]]) -> None:
    assert unit_period_apr(flows) is None


def test_a_free_loan_costs_nothing_by_the_us_method_either() -> None:
    days = every(START, 4, months=1)

    found = unit_period_apr([(days[0], -300), *((day, 100) for day in days[1:])])

    assert found is not None
    assert str(found.nominal) == "0.00"


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(1, 400), st.dates(date(2020, 1, 1), date(2040, 1, 28)))
def test_a_monthly_loan_at_a_rate_has_that_rate(count: int, per_mille: int, start: date) -> None:
    start, rate = start.replace(day=min(start.day, 28)), Decimal(per_mille) / 1_000 / 12
    each = 10**9 * rate / (1 - (1 + rate) ** -count)
    days = every(start, count + 1, months=1)

    found = unit_period_apr([(start, -(10**9)), *((day, round(each)) for day in days[1:])])

    assert found is not None
    assert abs(found.nominal - Decimal(per_mille) / 10) <= Decimal("0.01")
