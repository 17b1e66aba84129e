"""The published yearly-cost examples; the folder of tables is named by PUBLISHED_TABLES."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.lending.apr import MONTHS, WEEKS, effective_rate, periodic_rate, yearly_cost
from core.lending.schedule import schedule
from core.lending.terms import RepaymentModel
from tests.core.lending import make

TABLES = Path(os.environ.get("PUBLISHED_TABLES", "../shared/data"))
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


def test_every_published_example_of_this_method_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    cases = _cases()
    ours = [case for case in cases if "effective" in case["method"]]

    missed = [case["id"] for case in ours if not _met(case)]

    with capsys.disabled():
        found = f"{len(ours) - len(missed)} matched, {len(missed)} missed, {len(cases) - len(ours)} unsupported"
        print(
            f"\napr_examples.jsonl: {found if cases else 'the folder of tables is absent, 0 cases'}"
        )
    assert not missed


def _cases() -> list[dict[str, Any]]:
    path = TABLES / "apr_examples.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _met(case: dict[str, Any]) -> bool:
    flows = [(date.fromisoformat(case["advance_date"]), -_cents(case["advance"]))]
    for payment in case["payments"]:
        assert payment["count"] == 1, "the examples of this method have single payments"
        flows.append((date.fromisoformat(payment["first"]), _cents(payment["amount"])))
    rate = effective_rate(flows, places=3)
    return rate is not None and abs(rate - Decimal(case["apr_pct"])) <= Decimal("0.01")


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)
