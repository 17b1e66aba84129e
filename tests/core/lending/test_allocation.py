from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from core.lending.allocation import (
    PRESETS,
    Allocation,
    Part,
    PaymentType,
    Rule,
    Surplus,
    Way,
    When,
    steps,
)
from core.lending.state import Event, EventKind, LoanState, fold
from core.lending.terms import Payoff, Prepayment, Recalculation, RepaymentModel, Terms
from tests.core.lending import lives, make

DAYS = [date(2026, 12, 21), date(2027, 1, 21), date(2027, 2, 21), date(2027, 3, 21)]
FULL = [f"{when}.{part}" for when in When for part in Part]


def terms(allocation: Allocation) -> Terms:
    """USD 400 over four months, interest 40.00 in all, nothing recalculated."""
    return make.terms(
        currency="USD", principal=40_000, model=RepaymentModel.SCHEDULE, interest_rate=Decimal(30),
        schedule={"interest": "flat", "interest_period": "repayment"}, payoff=Payoff.AGREED, allocation=allocation,
    )  # fmt: skip


def paid(rule: Rule, amount: int, on: date, way: Way = Way.HORIZONTAL, **more: Any) -> LoanState:
    """The loan with a fee in its first row and a penalty in its second, after one payment."""
    events = [
        Event(0, EventKind.DISBURSED, make.SEED),
        Event(1, EventKind.FEE_CHARGED, make.SEED, 500, due_on=DAYS[0]),
        Event(2, EventKind.PENALTY_CHARGED, make.SEED, 700, due_on=DAYS[1]),
        Event(3, EventKind.REPAID, on, amount, **more),
    ]
    return fold(terms(Allocation(rule, way=way)), events, on)


def parts(loan: LoanState, row: int) -> tuple[int, int, int, int]:
    """Penalty, fee, interest and principal paid of a row."""
    found = loan.rows[row]
    return found.penalty_paid, found.fee_paid, found.interest_paid, found.principal_paid


def test_by_default_interest_and_principal_come_before_fees() -> None:
    loan = paid(Rule(), 11_200, DAYS[0])

    assert parts(loan, 0) == (0, 200, 1_000, 10_000)


def test_another_order_pays_the_fee_first() -> None:
    loan = paid(PRESETS["penalties-fees-interest-principal"], 1_200, DAYS[0])

    assert parts(loan, 0) == (0, 500, 700, 0)


def test_horizontally_a_row_is_finished_before_the_next() -> None:
    loan = paid(Rule(), 13_000, DAYS[1] + timedelta(days=1))

    assert parts(loan, 0) == (0, 500, 1_000, 10_000)
    assert parts(loan, 1) == (0, 0, 1_000, 500)


def test_vertically_a_part_is_paid_of_all_rows_before_the_next_part() -> None:
    loan = paid(Rule(), 13_000, DAYS[1] + timedelta(days=1), Way.VERTICAL)

    assert parts(loan, 0) == (0, 0, 1_000, 10_000)
    assert parts(loan, 1) == (0, 0, 1_000, 1_000)


@pytest.mark.parametrize(
    ("surplus", "rows"),
    [
        (Surplus.NEXT, [11_500, 500, 0, 0]),
        (Surplus.LAST, [0, 0, 1_000, 11_000]),
        (Surplus.NEXT_LAST, [11_500, 0, 0, 500]),
        (Surplus.REAMORTISE, [3_000, 3_000, 3_000, 3_000]),
    ],
)
def test_a_surplus_goes_where_its_rule_says(surplus: Surplus, rows: list[int]) -> None:
    loan = paid(Rule(surplus=surplus), 12_000, make.SEED)

    assert [row.paid for row in loan.rows] == rows


PRINCIPAL_FIRST = Rule(
    tuple((when, part) for part in (Part.PRINCIPAL, Part.INTEREST, Part.FEE, Part.PENALTY) for when in When)
)  # fmt: skip


@pytest.mark.parametrize("prepayment", Prepayment)
@pytest.mark.parametrize("way", Way)
def test_rows_to_come_take_no_more_principal_than_is_owed(way: Way, prepayment: Prepayment) -> None:
    """They hold whole instalments, of which interest is a part: together more than the principal."""
    recalculated = make.terms(
        currency="EUR", principal=500_000, model=RepaymentModel.SCHEDULE, interest_rate=Decimal(24), duration=6,
        schedule={"day_count": "30/360", "grace_on_interest": 3},
        allocation=Allocation(PRINCIPAL_FIRST, way=way), recalculation=Recalculation(prepayment=prepayment),
    )  # fmt: skip
    ahead = Event(1, EventKind.REPAID, date(2026, 3, 5), 330_000)
    events = [Event(0, EventKind.DISBURSED, date(2026, 1, 1)), ahead]

    loan = fold(recalculated, events, date(2026, 5, 5))

    assert min(row.outstanding for row in loan.rows) >= 0
    left = sum(row.principal - row.principal_paid for row in loan.rows)
    assert left == loan.principal_outstanding == 170_000


@pytest.mark.parametrize("bears", [True, False])
def test_principal_paid_ahead_on_a_due_date_bears_no_interest_from_that_day(bears: bool) -> None:
    how = Recalculation(prepayment=Prepayment.REDUCE_NUMBER, past_due_bears_interest=bears)
    recalculated = make.terms(
        currency="EUR", principal=120_000, model=RepaymentModel.SCHEDULE, interest_rate=Decimal(12), duration=4,
        schedule={"day_count": "30/360", "grace_on_principal": 2}, recalculation=how,
    )  # fmt: skip
    ahead = Event(1, EventKind.REPAID, date(2026, 2, 1), 1_200 + 60_000)
    events = [Event(0, EventKind.DISBURSED, date(2026, 1, 1)), ahead]

    loan = fold(recalculated, events, date(2026, 2, 1))

    assert [row.interest for row in loan.rows[:3]] == [1_200, 600, 600]


def test_a_refund_without_a_table_goes_the_other_way_round() -> None:
    loan = paid(Rule(), 12_000, make.SEED, payment_type=PaymentType.REFUND)

    assert [row.paid for row in loan.rows] == [0, 0, 1_000, 11_000]
    assert parts(loan, 2) == (0, 0, 0, 1_000)  # principal before interest


def test_each_kind_of_payment_may_have_a_table() -> None:
    kind = Allocation(rules={PaymentType.GOODWILL: PRESETS["advanced"]})

    assert kind.rule(PaymentType.GOODWILL) is PRESETS["advanced"]
    assert kind.rule(PaymentType.REPAYMENT) == Rule()


def test_a_preset_is_read_by_its_name() -> None:
    found = Allocation.from_json("heavensfamily")

    assert (
        found.default.order[-4:]
        == steps(Part.PRINCIPAL, Part.INTEREST, Part.PENALTY, Part.FEE)[-4:]
    )


@given(lives.ALLOCATIONS)
def test_a_table_survives_being_stored(table: Allocation) -> None:
    assert Allocation.from_json(table.to_json()) == table


@given(st.sampled_from(sorted(PRESETS)))
def test_every_preset_has_all_pairs_once(name: str) -> None:
    assert len(set(PRESETS[name].order)) == len(PRESETS[name].order) == 12


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (3, "allocation", "not_an_object"),
        ("nicest", "allocation", "unknown_preset"),
        ({"default": 3}, "default", "not_a_table"),
        ({"default": {"rank": []}}, "default", "not_a_table"),
        ({"default": {}}, "default", "order_or_preset"),
        ({"default": {"order": FULL, "preset": "advanced"}}, "default", "order_or_preset"),
        ({"default": {"order": "past_due.fee"}}, "default.order", "not_a_list"),
        ({"default": {"order": ["someday.fee"]}}, "default.order", "unknown_value"),
        ({"default": {"order": FULL[:-1]}}, "default.order", "not_every_pair_once"),
        ({"default": {"order": [*FULL[:-1], FULL[0]]}}, "default.order", "not_every_pair_once"),
        ({"default": {"order": FULL, "surplus": "first"}}, "default.surplus", "unknown_value"),
        ({"gift": {"order": FULL}}, "gift", "unknown_value"),
        ({"way": "diagonal"}, "way", "unknown_value"),
    ],
)
def test_a_bad_table_is_refused_by_field_and_reason(data: Any, field: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        Allocation.from_json(data)

    assert refused.value.code == "allocation_invalid"
    assert refused.value.facts == {"field": field, "reason": reason}
