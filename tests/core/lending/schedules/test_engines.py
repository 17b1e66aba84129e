"""The rows each engine makes: worked examples, cell by cell."""

from __future__ import annotations

from decimal import localcontext

import pytest

from tests.core.lending.schedules import make


def test_a_level_instalment_pays_the_loan_off_and_the_last_one_takes_the_rest() -> None:
    loan = {"principal": "12345", "annual_rate_pct": "27.3", "instalments": 5}

    assert make.cells("interest", **loan) == ["280.85", "227.18", "172.28", "116.14", "58.72"]
    assert make.cells("due", **loan) == ["2640.04"] * 4 + ["2640.01"]


def test_a_last_instalment_too_far_off_is_smoothed_over_all_of_them() -> None:
    loan = {"principal": "3640", "annual_rate_pct": "36.5"}

    assert make.cells("due", **loan) == ["980.24"] * 3 + ["980.23"]


def test_real_days_over_new_year_count_on_the_year_they_are_in() -> None:
    loan = {"principal": "10500", "annual_rate_pct": "36", "day_count": "act/act"}
    loan["disbursed_on"] = "2027-11-20"

    assert make.cells("interest", **loan) == ["310.68", "243.75", "164.83", "78.33"]
    assert make.cells("due", **loan) == ["2824.40"] * 3 + ["2824.39"]


def test_thirty_day_months_cost_the_same_wherever_the_31st_falls() -> None:
    loan = {"principal": "10000", "instalments": 3, "disbursed_on": "2025-01-31"}

    clamped = make.cells("due", **loan)
    rolled = make.cells("due", month_end="roll", **loan)

    assert clamped == rolled == ["3400.22", "3400.22", "3400.23"]


def test_real_days_cost_less_where_the_31st_is_clamped_than_where_it_rolls() -> None:
    loan = {"principal": "10000", "instalments": 3, "disbursed_on": "2025-01-31"}

    clamped = make.cells("due", day_count="act/act", **loan)
    rolled = make.cells("due", day_count="act/act", month_end="roll", **loan)

    assert clamped == ["3397.82", "3397.82", "3397.83"]
    assert rolled == ["3398.56"] * 3


def test_a_cumulative_loan_has_the_instalment_of_its_nominal_rate_and_is_not_smoothed() -> None:
    loan = {"schedule": "cumulative", "interest_period": "repayment", "instalment_multiple_of": 1}

    assert make.cells("due", principal="1250", annual_rate_pct="15", **loan) == [
        "322.00", "322.00", "322.00", "323.33",
    ]  # fmt: skip


def test_equal_principal_is_rounded_once_and_interest_falls_with_the_balance() -> None:
    loan = {"amortization": "equal_principal", "instalments": 3, "instalment_multiple_of": "1"}

    assert make.cells("principal", **loan) == ["333.33", "333.33", "333.34"]
    assert make.cells("interest", **loan) == ["10.00", "6.67", "3.33"]


def test_a_bullet_loan_is_grace_on_principal_until_the_last_row() -> None:
    loan = {"principal": "100", "annual_rate_pct": "30", "instalments": 8, "grace_on_principal": 7}

    assert make.cells("due", **loan) == ["2.50"] * 7 + ["102.50"]
    assert make.cells("principal", **loan) == ["0.00"] * 7 + ["100.00"]


def test_an_interest_free_loan_is_divided_evenly() -> None:
    loan = {"annual_rate_pct": "0", "instalments": 3}

    assert make.cells("due", **loan) == ["333.33", "333.33", "333.34"]


@pytest.mark.parametrize("engine", ["progressive", "cumulative"])
def test_flat_interest_is_that_of_the_whole_loan_in_every_row(engine: str) -> None:
    loan = {"interest": "flat", "schedule": engine, "instalments": 3}

    assert make.cells("interest", **loan) == ["10.00"] * 3
    assert make.cells("due", **loan) == ["343.33", "343.33", "343.34"]


def test_flat_interest_in_a_cumulative_loan_is_rounded_once_for_the_whole_term() -> None:
    loan = {"interest": "flat", "schedule": "cumulative", "annual_rate_pct": "7", "instalments": 3}

    assert make.cells("interest", **loan) == ["5.83", "5.83", "5.84"]


def test_grace_on_paying_interest_collects_it_with_the_next_row() -> None:
    loan = {"grace_on_principal": 2, "grace_on_interest": 2}

    assert make.cells("interest", **loan) == ["0.00", "0.00", "30.00", "5.12"]
    assert make.cells("principal", **loan)[:2] == ["0.00", "0.00"]


def test_grace_on_paying_flat_interest_spreads_it_over_the_rows_after() -> None:
    loan = {"interest": "flat", "grace_on_interest": 2}

    assert make.cells("interest", **loan) == ["0.00", "0.00", "20.00", "20.00"]
    assert make.cells("due", **loan) == ["260.00"] * 4


def test_an_interest_free_period_costs_nothing_ever() -> None:
    loan = {"interest_free": 2, "grace_on_principal": 2}

    assert make.cells("interest", **loan)[:3] == ["0.00", "0.00", "10.00"]


def test_interest_larger_than_the_instalment_is_carried_on_and_bears_none_itself() -> None:
    loan = {"day_count": "act/365", "annual_rate_pct": "100", "first_due_on": "2029-01-15"}

    found = make.rows(**loan)

    assert found[0].principal == 0
    assert sum(row.interest for row in found) == pytest.approx(200_274 + 3 * 8_000, rel=0.05)
    assert found[-1].balance == 0


def test_a_down_payment_is_due_at_once_and_the_rest_is_a_loan_of_its_own() -> None:
    found = make.rows(down_payment_pct="25", instalments=3)

    assert (found[0].due_on.isoformat(), found[0].due, found[0].interest) == (
        "2027-01-15", 25_000, 0,
    )  # fmt: skip
    assert [row.due for row in found[1:]] == [25_501, 25_501, 25_502]


def test_a_down_payment_is_rounded_half_to_even_to_the_multiple_of_the_instalments() -> None:
    loan = {"principal": "1250", "down_payment_pct": "25", "instalment_multiple_of": "1"}

    assert make.rows(**loan)[0].due == 31_200


def test_instalments_are_whole_multiples_and_the_last_row_takes_the_rest() -> None:
    found = make.cells("due", instalment_multiple_of="10")

    assert found[:3] == ["260.00"] * 3
    assert found[3] == "244.90"


def test_a_loan_smaller_than_the_multiple_is_paid_in_cents() -> None:
    loan = {"principal": "0.02", "annual_rate_pct": "0", "instalments": 3}

    assert make.cells("due", instalment_multiple_of="1", **loan) == ["0.01", "0.01", "0.00"]


@pytest.mark.parametrize(("per", "rate"), [("year", "12"), ("month", "1"), ("term", "4")])
def test_a_rate_may_be_for_a_year_a_month_or_the_whole_term(per: str, rate: str) -> None:
    found = make.rows(annual_rate_pct=None, rate_pct=rate, rate_per=per)

    assert found[0].interest == 1_000


def test_the_protocols_fixed_loan_is_one_of_the_engines() -> None:
    loan = {"schedule": "fixed", "currency": "KES", "annual_rate_pct": "24"}

    assert make.cells("due", **loan) == ["270.00"] * 4
    assert make.cells("interest", **loan) == ["20.00"] * 4


def test_the_protocols_ad_hoc_loan_is_one_of_the_engines() -> None:
    loan = {"schedule": "ad_hoc", "currency": "KES", "instalments": 1, "unit": "days", "every": 30}

    (row,) = make.rows(annual_rate_pct="36", **loan)

    assert (row.due, row.due_on.isoformat()) == (103_000, "2027-02-14")


def test_a_currency_without_cents_has_none() -> None:
    (first, *_) = make.rows(currency="UGX", principal="100000")

    assert first.due == 25_628


def test_the_numbers_do_not_depend_on_the_callers_decimal_context() -> None:
    usual = make.rows()

    with localcontext() as context:
        context.prec = 5
        assert make.rows() == usual
