"""What holds for the schedule of any terms."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from core.lending.schedules import build, printed, read, true_cost
from tests.core.lending.schedules import make

quickly = settings(deadline=None, max_examples=150)


@quickly
@given(make.any_data())
def test_the_principal_is_paid_off_exactly_and_nothing_is_ever_negative(
    data: dict[str, Any],
) -> None:
    terms = read(data)

    rows = build(terms).rows

    assert sum(row.principal for row in rows) == terms.principal
    assert rows[-1].balance == 0
    assert all(min(row.principal, row.interest, row.fee, row.balance) >= 0 for row in rows)


@quickly
@given(make.any_data())
def test_due_dates_rise_and_every_period_begins_where_the_last_one_ended(
    data: dict[str, Any],
) -> None:
    terms = read(data)

    rows = build(terms).rows

    later = rows[1:] if terms.down_payment else rows
    assert all(row.begins_on < row.due_on for row in later)
    assert all(before.due_on == after.begins_on for before, after in pairwise(rows))
    assert rows[0].begins_on == terms.disbursed_on
    assert len(later) <= terms.instalments  # fewer, where rounding pays the loan off before
    # a down payment of a cent or two may be rounded up to all of the loan
    if rows[0].balance or not terms.down_payment:
        assert later[-1].due or terms.principal < terms.instalments


@quickly
@given(make.any_data())
def test_instalments_are_equal_but_for_the_last_while_anything_is_owed(
    data: dict[str, Any],
) -> None:
    plain = ("grace_on_principal", "grace_on_interest", "interest_free", "down_payment_pct")
    data = {name: value for name, value in data.items() if name not in plain}

    data |= {"amortization": "equal_instalments", "interest": "declining"}
    rows = build(read(make.not_too_coarse(data))).rows

    before = [row.due for row in rows[:-1] if row.balance]
    assert len(set(before)) <= 1


@quickly
@given(make.any_data())
def test_a_multiple_is_kept_by_every_instalment_but_the_last(data: dict[str, Any]) -> None:
    plain = ("grace_on_principal", "grace_on_interest", "interest_free", "amortization")
    data = {name: value for name, value in data.items() if name not in plain}

    data |= {"instalment_multiple_of": "5", "interest": "declining"}
    try:
        rows = build(read(data)).rows
    except Refusal:  # the multiple is too coarse for this loan
        return

    owing = [row.due for row in rows[:-1] if row.balance]
    assert all(due % 500 == 0 for due in owing if due >= 500)


@quickly
@given(make.any_data())
def test_no_interest_is_made_or_lost_by_grace_on_paying_it_when_the_loan_is_flat(
    data: dict[str, Any],
) -> None:
    flat = {**data, "interest": "flat", "schedule": "cumulative", "grace_on_interest": 0}
    flat = make.not_too_coarse(flat)
    graced = flat | {"grace_on_interest": flat["instalments"] - 1}

    totals = [sum(row.interest for row in build(read(each)).rows) for each in (flat, graced)]

    assert flat["amortization"] == "equal_principal" or totals[0] == totals[1]


@quickly
@given(make.any_data())
def test_a_loan_without_interest_costs_nothing(data: dict[str, Any]) -> None:
    terms = read(make.not_too_coarse(data | {"annual_rate_pct": 0}))

    table = build(terms)

    assert table.cost == 0
    assert true_cost(terms, table).total == 0


@quickly
@given(make.any_data(), st.decimals(0, 1_000, places=2))
def test_a_higher_flat_rate_never_costs_less(data: dict[str, Any], other: Decimal) -> None:
    low, high = sorted([Decimal(data["annual_rate_pct"]), other])
    cheap = make.not_too_coarse(data | {"interest": "flat", "annual_rate_pct": str(low)})

    tables = [build(read(cheap | {"annual_rate_pct": str(rate)})) for rate in (low, high)]

    assert tables[0].cost <= tables[1].cost


@quickly
@given(make.any_data())
def test_the_same_terms_make_the_same_table_and_it_prints_what_adds_up(
    data: dict[str, Any],
) -> None:
    terms = read(data)

    shown = printed(terms, build(terms))

    assert shown == printed(read(data), build(read(data)))
    for row in shown["rows"]:
        assert Decimal(row["due"]) == Decimal(row["principal"]) + Decimal(row["interest"])
