from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.lending.schedule import schedule
from core.lending.terms import RepaymentModel, Terms
from tests.core.lending import make


def test_fixed_interest_is_amount_times_rate_times_months_over_twelve_in_equal_instalments() -> (
    None
):
    rows = schedule(make.terms(), date(2026, 11, 21))

    assert [row.due for row in rows] == [27_000] * 4
    assert [row.interest for row in rows] == [2_000] * 4
    assert [row.due_on.isoformat() for row in rows] == [
        "2026-12-21", "2027-01-21", "2027-02-21", "2027-03-21",
    ]  # fmt: skip


def test_the_last_instalment_takes_what_does_not_divide() -> None:
    rows = schedule(make.terms(principal=100_000, duration=3), date(2026, 11, 21))

    assert [row.due for row in rows] == [35_300, 35_300, 35_400]
    assert sum(row.interest for row in rows) == 6_000


def test_ad_hoc_interest_is_principal_times_rate_times_days_over_360() -> None:
    terms = make.terms(model=RepaymentModel.AD_HOC, duration=30, interest_rate=Decimal(36))

    (row,) = schedule(terms, date(2026, 11, 21))

    assert (row.principal, row.interest, row.due_on) == (100_000, 3_000, date(2026, 12, 21))


def test_a_loan_of_the_31st_falls_due_on_the_last_day_of_a_short_month_and_on_the_31st_again() -> (
    None
):
    rows = schedule(make.terms(duration=6), date(2027, 8, 31))

    assert [row.due_on.isoformat() for row in rows] == [
        "2027-09-30", "2027-10-31", "2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29",
    ]  # fmt: skip


def test_amounts_are_whole_shillings_rounded_half_to_even() -> None:
    low = schedule(
        make.terms(principal=50_000, duration=1, interest_rate=Decimal("1.20")), make.SEED
    )
    tie = schedule(
        make.terms(principal=150_000, duration=1, interest_rate=Decimal("1.20")), make.SEED
    )

    assert low[0].interest == 0  # half a shilling, the even neighbour is 0
    assert tie[0].interest == 200  # one and a half, the even neighbour is 2


def test_fee_and_cash_back_are_whole_shillings_too() -> None:
    terms = make.terms(
        principal=123_400, disbursement_fee=Decimal("2.5"), cash_back_rate=Decimal("0.7")
    )

    assert (terms.fee.minor, terms.received.minor, terms.cash_back.minor) == (3_100, 120_300, 900)


def test_terms_survive_being_stored() -> None:
    terms = make.terms(interest_rate=Decimal("17.250"))

    assert Terms.from_json(terms.to_json()) == terms


@settings(deadline=None)
@given(make.any_terms(), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_every_schedule_adds_up_in_payable_amounts_on_rising_dates(
    terms: Terms, start: date
) -> None:
    rows = schedule(terms, start)

    assert sum(row.principal for row in rows) == terms.principal
    assert all(row.principal >= 0 and row.interest >= 0 for row in rows)
    assert all(amount % terms.step == 0 for row in rows for amount in (row.principal, row.interest))
    assert [row.begins_on for row in rows] == [start, *(row.due_on for row in rows[:-1])]
    assert all(row.begins_on < row.due_on for row in rows)


@settings(deadline=None)
@given(make.any_terms(), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_interest_is_that_of_the_protocol_within_half_a_step(terms: Terms, start: date) -> None:
    exact = terms.principal * terms.interest_rate / 100 * terms.duration
    exact /= 12 if terms.model is RepaymentModel.FIXED else 360

    interest = sum(row.interest for row in schedule(terms, start))

    assert abs(interest - exact) * 2 <= terms.step


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 366))
def test_an_ad_hoc_loan_runs_its_days_exactly(start: date, days: int) -> None:
    (row,) = schedule(make.terms(model=RepaymentModel.AD_HOC, duration=days), start)

    assert row.due_on - start == timedelta(days=days)
