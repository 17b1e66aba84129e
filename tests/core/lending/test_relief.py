"""What makes a loan easier never raises a payment: a lower rate, a pause, more rows, the same day again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.lending.state import Event, EventKind, InstalmentState, LoanState, fold
from core.lending.terms import Prepayment, Recalculation, RepaymentModel, Terms
from tests.core.lending import lives, make

SEED = make.SEED
MANY = settings(max_examples=60, deadline=None)
PLAIN = {"day_count": "30/360"}


def lent(principal: int, rate: int, rows: int, *, moving: bool = True, **schedule: Any) -> Terms:
    """So many EUR at a yearly rate, in monthly rows unless the schedule says otherwise."""
    return make.terms(
        currency="EUR", principal=principal * 100, interest_rate=Decimal(rate), duration=rows,
        model=RepaymentModel.SCHEDULE, schedule=PLAIN | schedule, recalculation=Recalculation() if moving else None,
    )  # fmt: skip


def told(terms: Terms, on: date, paid_out: date, *events: tuple[Any, ...]) -> LoanState:
    """The loan on a day, after these events: kind, day, amount or what else the kind reads."""
    known = [Event(0, EventKind.DISBURSED, paid_out)]
    for kind, day, what in events:
        details = what if isinstance(what, dict) else {"amount": what}
        known.append(Event(len(known), kind, day, **details))
    return fold(terms, known, on)


def dues(loan: LoanState) -> list[int]:
    """What each row that is not yet due still asks her for."""
    return [row.outstanding for row in loan.rows if row.due_on > loan.on]


# -- in figures one can follow -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("moving", [True, False])
def test_a_lower_rate_makes_every_payment_to_come_smaller(moving: bool) -> None:
    first, second = date(2026, 2, 1), date(2026, 3, 1)
    paid = [(EventKind.REPAID, day, 94_560) for day in (first, second)]
    cheaper = (EventKind.RATE_CHANGED, second, {"rate": Decimal(23)})

    loan = told(lent(10_000, 24, 12, moving=moving), second, date(2026, 1, 1), *paid, cheaper)

    assert (len(loan.rows), set(dues(loan)[:-1])) == (12, {94_148})
    assert loan.rows[-1].due == 94_143


def test_a_lower_rate_on_the_day_of_payout_is_that_of_the_whole_loan() -> None:
    day = date(2026, 1, 1)
    cheaper = (EventKind.RATE_CHANGED, day, {"rate": Decimal(11)})

    loan = told(lent(10_000, 12, 6), day, day, cheaper)

    assert [row.due for row in loan.rows] == [172_055] * 5 + [172_053]


def test_a_lower_rate_leaves_the_grace_that_still_runs() -> None:
    day, terms = date(2026, 12, 1), lent(12_000, 24, 6, grace_on_principal=1)
    cheaper = (EventKind.RATE_CHANGED, day, {"rate": Decimal(23)})

    loan = told(terms, day, day, cheaper)

    assert (loan.rows[0].principal, loan.rows[0].interest) == (0, 23_000)
    assert set(dues(loan)[1:-1]) == {253_975}


def test_a_second_tranche_leaves_the_grace_that_still_runs() -> None:
    terms = lent(12_000, 24, 6, grace_on_principal=1)
    parts = [Event(k, EventKind.DISBURSED, date(2026, 12, 1), principal=600_000) for k in range(2)]

    loan = fold(terms, parts, date(2026, 12, 2))

    assert (loan.rows[0].principal, loan.rows[0].interest) == (0, 24_000)
    assert set(dues(loan)[1:-1]) == {254_590}


@pytest.mark.parametrize("moving", [True, False])
def test_the_same_due_date_again_changes_nothing(moving: bool) -> None:
    day, first = date(2026, 1, 1), date(2026, 2, 1)
    terms = lent(10_000, 24, 12, moving=moving)
    paid = (EventKind.REPAID, first, 94_560)
    again = (EventKind.RESCHEDULED, first, {"due_on": date(2026, 3, 1)})

    before, after = told(terms, first, day, paid), told(terms, first, day, paid, again)

    assert after.rows == before.rows


def test_twelve_rows_instead_of_six_all_ask_for_something() -> None:
    day, later = date(2026, 9, 7), date(2026, 9, 17)
    terms = lent(130, 20, 6, instalment_multiple_of="1", day_count="act/365")
    longer = (EventKind.RESCHEDULED, later, {"due_on": date(2026, 10, 7), "instalments": 12})

    loan = told(terms, later, day, longer)

    assert dues(loan)[:-1] == [1_200] * 11
    assert 1_000 < loan.rows[-1].due < 1_400


def test_a_row_moved_by_three_days_costs_three_days() -> None:
    terms = lent(12_000, 12, 12, moving=False)
    day, first = date(2025, 12, 2), date(2026, 1, 2)
    moved = (EventKind.RESCHEDULED, first, {"due_on": date(2026, 1, 5)})

    loan = told(terms, first, day, (EventKind.REPAID, first, 106_619), moved)

    assert (loan.rows[1].interest, loan.rows[1].due) == (1_105, 106_619)
    assert set(dues(loan)[:-1]) == {106_619}


@pytest.mark.parametrize(("days", "interest"), [(3, 600), (180, 35_200)])
def test_the_first_row_of_a_fixed_loan_costs_its_days_when_it_was_moved(
    days: int, interest: int
) -> None:
    day = date(2027, 8, 10)
    terms = make.terms(principal=600_000, interest_rate=Decimal(12), duration=3)
    moved = (EventKind.RESCHEDULED, day, {"due_on": day + timedelta(days=days)})

    loan = told(terms, day + timedelta(days=days), day, moved)

    assert loan.payoff == 600_000 + interest
    assert [row.due for row in loan.rows[:2]] == [206_000] * 2


def test_what_was_paid_ahead_stays_paid_in_its_row() -> None:
    terms, day = lent(10_000, 24, 12, moving=False), date(2026, 1, 1)
    ahead = (EventKind.REPAID, date(2026, 1, 10), 94_560 * 2)
    cheaper = (EventKind.RATE_CHANGED, date(2026, 1, 10), {"rate": Decimal(23)})

    loan = told(terms, date(2026, 1, 10), day, ahead, cheaper)

    assert [row.outstanding for row in loan.rows[:2]] == [0, 0]
    assert {row.due for row in loan.rows[2:-1]} == {94_099}


@pytest.mark.parametrize("moving", [True, False])
def test_a_charge_that_is_overdue_is_divided_over_the_new_rows(moving: bool) -> None:
    terms, day, later = lent(1_200, 0, 2, moving=moving), date(2026, 1, 1), date(2026, 3, 10)
    fee = (EventKind.FEE_CHARGED, later, 1_000)
    moved = (EventKind.RESCHEDULED, later, {"due_on": date(2026, 4, 10), "instalments": 6})

    loan = told(terms, later, day, fee, moved)

    assert [row.fee for row in loan.rows if row.due_on > later] == [166] * 5 + [170]
    assert loan.due_now == 0


@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize(("rows", "fees"), [(1, [1_000]), (3, [500, 500])])
def test_a_charge_is_not_owed_before_its_day_because_rows_are_new(
    rows: int, fees: list[int], moving: bool
) -> None:
    terms, day, later = lent(1_200, 0, 2, moving=moving), date(2026, 1, 1), date(2026, 3, 10)
    fee = (EventKind.FEE_CHARGED, later, {"amount": 1_000, "due_on": date(2026, 5, 2)})
    moved = (EventKind.RESCHEDULED, later, {"due_on": date(2026, 4, 10), "instalments": rows})

    loan = told(terms, later, day, fee, moved)

    asked = [row for row in loan.rows if row.fee]
    assert [row.fee for row in asked] == fees
    assert min(row.due_on for row in asked) >= date(2026, 5, 2)


def test_the_fee_of_each_row_stays_in_its_row() -> None:
    terms = lent(10_000, 24, 12, fees=[{"at": "instalment", "amount": "5"}])
    day = date(2026, 1, 1)
    longer = (EventKind.RESCHEDULED, day, {"instalments": 18})

    loan = told(terms, day, day, longer)

    assert [row.fee for row in loan.rows] == [500] * 12 + [0] * 6


def test_debt_of_a_loan_that_was_closed_bears_interest_from_its_day() -> None:
    terms, day = lent(1_000, 12, 6), date(2026, 1, 1)
    paid = Event(1, EventKind.REPAID, day, 100_000)
    back = Event(2, EventKind.CHARGED_BACK, date(2026, 1, 16), 60_000, reverses=1)

    loan = fold(terms, [Event(0, EventKind.DISBURSED, day), paid, back], date(2026, 2, 1))

    assert loan.payoff == 60_000 + 310  # 16 of 31 days of a month at one percent


def test_debt_of_a_loan_that_was_closed_stays_in_the_row_of_its_day_with_its_interest() -> None:
    terms, day, later = lent(1_000, 12, 6), date(2026, 1, 1), date(2026, 3, 15)
    paid = Event(1, EventKind.REPAID, day, 100_000)
    back = Event(2, EventKind.CHARGED_BACK, date(2026, 1, 16), 60_000, reverses=1)

    loan = fold(terms, [Event(0, EventKind.DISBURSED, day), paid, back], later)

    assert loan.rows[0].outstanding == loan.payoff > 60_000 + 310
    assert [row.outstanding for row in loan.rows[1:]] == [0] * 5


@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize("engine", ["progressive", "cumulative"])
def test_interest_that_a_grace_put_off_is_inside_equal_instalments(
    engine: str, moving: bool
) -> None:
    terms = lent(12_000, 120, 6, moving=moving, grace_on_interest=3, schedule=engine)
    day = date(2026, 1, 1)
    longer = (EventKind.RESCHEDULED, day, {"instalments": 10})

    before, after = told(terms, day, day), told(terms, day, day, longer)

    assert max(dues(after)) < min(dues(before))
    assert max(dues(after)) - min(dues(after)) <= len(after.rows)


@pytest.mark.parametrize("moving", [True, False])
def test_equal_parts_of_the_principal_stay_equal_and_interest_put_off_comes_where_there_is_room(
    moving: bool,
) -> None:
    schedule = {"amortization": "equal_principal", "grace_on_interest": 3}
    terms, day = lent(12_000, 120, 6, moving=moving, **schedule), date(2026, 1, 1)
    longer = (EventKind.RESCHEDULED, day, {"instalments": 12})

    before, after = told(terms, day, day), told(terms, day, day, longer)

    assert max(dues(before)) == 560_000  # 2,000 and the interest of four months
    assert {row.principal for row in after.rows} == {100_000}
    assert max(dues(after)) < 200_000


def test_interest_that_was_put_off_is_divided_when_the_principal_is_paid() -> None:
    how = Recalculation(prepayment=Prepayment.REDUCE_NUMBER)
    terms = replace(lent(1_200, 24, 6, grace_on_interest=4), recalculation=how)
    day, later = date(2026, 1, 1), date(2026, 4, 1)
    paid = (EventKind.REPAID, later, 120_000)
    longer = (EventKind.RESCHEDULED, later, {"instalments": 6})

    loan = told(terms, later, day, paid, longer)

    assert (loan.principal_outstanding, loan.outstanding) == (0, 7_200)
    assert [due for due in dues(loan) if due] == [1_440] * 5


# -- whatever the loan -------------------------------------------------------------------------------------------------


@st.composite
def served(draw: st.DrawFn) -> tuple[Terms, list[Event], date]:
    """A loan at some price, of which some rows were paid when they were due, on a later day with nothing overdue."""
    terms = replace(draw(lives.any_terms()), penalty=None, cooling_off_days=0)
    assume(terms.model is not RepaymentModel.AD_HOC)
    assume(terms.interest_rate)
    events = [Event(0, EventKind.DISBURSED, SEED)]
    on, rows = SEED, fold(terms, events, SEED).rows
    for k in range(draw(st.integers(0, len(rows) - 1))):
        on = rows[k].due_on
        owed = fold(terms, events, on).due_now
        if owed:
            events.append(Event(len(events), EventKind.REPAID, on, owed))
    on += timedelta(days=draw(st.integers(0, 3)))
    assume(not fold(terms, events, on).due_now)
    return terms, events, on


def relief(kind: str, loan: LoanState, rate: Decimal, share: int) -> dict[str, Any]:
    """An event that makes the loan easier."""
    left = [row for row in loan.rows if row.due_on > loan.on]
    assume(left)
    return {
        "rate": {"kind": EventKind.RATE_CHANGED, "rate": rate * share / 10},
        "same": {"kind": EventKind.RESCHEDULED, "due_on": left[0].due_on},
        "longer": {"kind": EventKind.RESCHEDULED, "instalments": len(left) + share},
        "pause": {"kind": EventKind.INTEREST_PAUSED, "until": loan.on + timedelta(days=3 * share)},
    }[kind]


@pytest.mark.parametrize("kind", ["rate", "same", "longer", "pause"])
@MANY
@given(life=served(), share=st.integers(1, 9))
def test_no_relief_raises_a_payment(
    kind: str, life: tuple[Terms, list[Event], date], share: int
) -> None:
    terms, events, on = life
    before = fold(terms, events, on)
    assume(
        all(row.interest_paid == 0 for row in before.rows if row.due_on > on)
    )  # by a table of its own
    easier = Event(len(events), on=on, **relief(kind, before, terms.interest_rate, share))

    after = fold(terms, [*events, easier], on)

    most = max(dues(before))
    rounding = terms.step * len(after.rows)
    assert max(dues(after), default=0) <= most + rounding
    assert after.outstanding <= before.outstanding + rounding or kind == "longer"
    assert total(after.rows) <= total(before.rows) + rounding or kind == "longer"


def total(rows: tuple[InstalmentState, ...]) -> int:
    return sum(row.due for row in rows)
