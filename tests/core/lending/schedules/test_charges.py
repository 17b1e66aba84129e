"""Fees at disbursement, on a day, with every instalment; penalties once or again and again; what it costs in all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.lending.schedules import build, true_cost
from core.lending.schedules.terms import Penalty
from tests.core.lending.schedules import make


@pytest.mark.parametrize(
    ("fee", "received"),
    [
        ({"at": "disbursement", "amount": "25"}, 97_500),
        ({"at": "disbursement", "percent": "3"}, 97_000),
        ({"at": "disbursement", "percent": "10", "of": "interest"}, 99_749),
        ({"at": "disbursement", "percent": "1", "of": "due"}, 98_975),
    ],
)
def test_a_fee_at_disbursement_is_taken_off_what_she_receives(
    fee: dict[str, Any], received: int
) -> None:
    table = build(make.terms(fees=[fee]))

    assert table.received == received
    assert [row.fee for row in table.rows] == [0] * 4


@pytest.mark.parametrize(
    ("fee", "expected"),
    [
        ({"at": "instalment", "amount": "2.50"}, [250] * 4),
        ({"at": "instalment", "percent": "1"}, [246, 249, 251, 254]),
        ({"at": "instalment", "percent": "10", "of": "interest"}, [100, 75, 50, 25]),
        ({"at": "instalment", "percent": "1", "of": "due"}, [256] * 4),
        ({"at": "date", "amount": "7", "on": "2027-03-01"}, [0, 700, 0, 0]),
        ({"at": "date", "amount": "7", "on": "2027-02-15"}, [700, 0, 0, 0]),
        ({"at": "date", "percent": "1", "on": "2027-05-15"}, [0, 0, 0, 1_000]),
    ],
)
def test_a_fee_of_a_row_is_due_with_it(fee: dict[str, Any], expected: list[int]) -> None:
    table = build(make.terms(fees=[fee]))

    assert [row.fee for row in table.rows] == expected
    assert table.received == 100_000
    assert table.rows[1].due == 25_628 + expected[1]


def test_a_down_payment_bears_no_fee_of_instalments() -> None:
    fees = [{"at": "instalment", "amount": "1"}]

    assert [row.fee for row in make.rows(fees=fees, down_payment_pct="25")] == [0] + [100] * 4


def test_fees_add_up() -> None:
    fees = [{"at": "instalment", "amount": "1"}, {"at": "instalment", "amount": "2"}]

    assert [row.fee for row in make.rows(fees=fees)] == [300] * 4


def test_a_penalty_is_read_with_the_terms() -> None:
    given = {"percent": "5", "after_days": 3, "every_days": 30, "most": "100"}

    assert make.terms(penalty=given).penalty == Penalty(0, Decimal(5), 3, 30, 10_000)


def test_the_true_cost_counts_every_fee_at_its_time() -> None:
    large = {"principal": "100000"}
    plain = make.terms(**large)
    dear = make.terms(fees=[{"at": "disbursement", "percent": "3"}], **large)

    cheap, cost = (true_cost(terms, build(terms)) for terms in (plain, dear))

    assert (cheap.effective, cheap.nominal) == (Decimal("12.68"), Decimal("12.00"))
    assert (cost.received, cost.paid, cost.total) == (9_700_000, 10_251_244, 551_244)
    assert (cost.effective, cost.nominal) == (Decimal("30.58"), Decimal("26.98"))


def test_a_weekly_loan_has_52_weeks_in_a_year() -> None:
    weekly = {"unit": "weeks", "instalments": 12, "interest": "flat", "annual_rate_pct": None}
    weekly["principal"] = "1200"
    terms = make.terms(
        rate_pct=10, rate_per="term", interest_period="repayment", schedule="cumulative", **weekly
    )

    cost = true_cost(terms, build(terms))

    assert (cost.total, cost.effective, cost.nominal) == (
        12_000, Decimal("116.63"), Decimal("77.88"),
    )  # fmt: skip


def test_a_free_first_date_is_costed_by_its_days() -> None:
    terms = make.terms(first_due_on="2027-03-15", annual_rate_pct=0)

    cost = true_cost(terms, build(terms))

    assert (cost.effective, cost.nominal) == (Decimal("0.00"), Decimal("0.00"))


def test_a_down_payment_is_money_she_never_had() -> None:
    terms = make.terms(down_payment_pct="25")

    cost = true_cost(terms, build(terms))

    assert (cost.effective, cost.nominal) == (Decimal("12.68"), Decimal("12.00"))
