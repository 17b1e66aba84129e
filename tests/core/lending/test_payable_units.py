"""A phone pays whole shillings: no row asks for cents, and a rest that nobody can pay is let go and never late."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core import lending
from core.db import Session
from core.ledger import Account
from core.lending import Loan, LoanStatus, RepaymentModel, account
from core.lending.allocation import Part
from core.lending.schedules import answer
from core.lending.schedules.terms import Penalty
from core.lending.state import Event, EventKind, LoanState, fold
from core.lending.terms import Recalculation, Terms
from core.messaging import Template
from tests.core.lending import lives, make, test_lives
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes
from tests.databases import ON_SQLITE

SEASON = {"unit": "months", "every": 6, "day_count": "act/365"}
PAID_OUT, DUE = date(2026, 11, 21), date(2027, 5, 21)


def season(db: Session, *, payable_units: bool = True, **changed: Any) -> Village:
    """One payment after the harvest; interest follows the days, what is late costs 3 percent."""
    given = {
        "repayment_model": "schedule", "loan_min_duration": 1, "loan_max_duration": 1, "interest_rate": "18",
        "schedule": {**SEASON, "payable_units": payable_units}, "recalculation": True, "disbursement_fee": "0",
        "penalty": {"percent": "3", "after_days": 5}, "default_after_days": 60, "cash_back_rate": "0",
    }  # fmt: skip
    return places.found(db, **{**given, **changed})


def close_days(village: Village) -> None:
    while lending.run_day(village.db, now=village.now, limit=100):
        pass


def test_a_season_asks_for_whole_shillings_and_they_end_it(db: Session) -> None:
    village = season(db)
    loan = village.borrow(kes(2_000), 1)
    quote = lending.quote(
        db, project_id=village.project.id, user_id=village.borrower.id, amount=kes(2_000), duration=1,
        now=village.now,
    )  # fmt: skip
    harvest = village.on(DUE)

    (row,) = lending.instalments(db, loan.id, on=DUE)
    assert (row.due, row.principal, quote.total) == (217_900, 200_000, kes(2_179))  # 178.52 exact
    assert harvest.standing(loan).payoff == kes(2_179)
    harvest.pay(loan, kes(2_179))

    assert (loan.status, loan.credit, loan.rounded, loan.on_time) == (LoanStatus.REPAID, 0, 0, True)
    village.check()


def test_cents_that_were_agreed_are_let_go_and_nobody_is_in_default_for_them(db: Session) -> None:
    village = season(db, payable_units=False)
    loan = village.borrow(kes(2_000), 1)
    (row,) = lending.instalments(db, loan.id, on=DUE)
    assert row.due == 217_852

    village.on(DUE).pay(loan, kes(2_178))
    close_days(village.on(DUE + timedelta(days=61)))

    db.refresh(loan)
    assert (loan.status, loan.outstanding, loan.on_time) == (LoanStatus.REPAID, 0, True)
    assert (loan.rounded, village.balance(Account.ROUNDING)) == (52, 52)
    assert loan.repaid_amount == 217_800
    assert village.texts(Template.DEFAULTED) == []
    village.check()


def test_a_shilling_less_is_a_debt_that_can_be_paid(db: Session) -> None:
    village = season(db)
    loan = village.borrow(kes(2_000), 1)

    village.on(DUE).pay(loan, kes(2_178))

    assert (loan.status, loan.rounded) == (LoanStatus.DISBURSED, 0)
    assert village.on(DUE + timedelta(days=1)).standing(loan).days_late == 1


def weekly(**changed: Any) -> Terms:
    """Terms of before there was a word for payable units: the last row asks for cents."""
    given: dict[str, Any] = {
        "currency": "KES", "principal": 600_000, "model": RepaymentModel.SCHEDULE, "duration": 6,
        "interest_rate": Decimal(30), "schedule": {"unit": "weeks"}, "penalty": Penalty(amount=2_000),
    }  # fmt: skip
    return Terms(**{**given, **changed})


def lived(terms: Terms, on: date, *payments: tuple[date, int]) -> LoanState:
    events = [Event(0, EventKind.APPROVED, PAID_OUT), Event(1, EventKind.DISBURSED, PAID_OUT)]
    events += [Event(k, EventKind.REPAID, day, sum_) for k, (day, sum_) in enumerate(payments, 2)]
    return fold(terms, events, on)


@pytest.mark.parametrize("recalculation", [None, Recalculation()])
def test_a_rest_in_a_row_is_not_late_and_waits_for_the_next(
    recalculation: Recalculation | None,
) -> None:
    terms = weekly(recalculation=recalculation)
    first, second = (row.due_on for row in lived(terms, PAID_OUT).rows[:2])
    asked = lived(terms, first).rows[0].due
    assert asked % 100

    state = lived(terms, second - timedelta(days=1), (first, asked // 100 * 100))

    assert (state.days_late, state.penalties_charged, state.on_time) == (0, 0, True)
    row, amount = state.next_asked(terms.step) or (None, 0)
    assert (row and row.due_on, amount) == (
        second,
        asked % 100 + state.rows[1].outstanding,
    )
    assert lived(terms, second, (first, asked // 100 * 100)).due_now == amount


@ON_SQLITE
def test_nobody_is_reminded_of_a_rest_that_cannot_be_paid(db: Session) -> None:
    schedule = {"unit": "weeks", "instalment_multiple_of": "0.01", "payable_units": False}
    village = places.found(
        db, repayment_model="schedule", schedule=schedule, disbursement_fee="0", cash_back_rate="0"
    )
    loan = village.borrow()
    first = lending.instalments(db, loan.id, on=PAID_OUT)[0]
    assert first.due % 100
    village.on(first.due_on).pay(loan, kes(first.due // 100))

    for days in range(1, 4):
        close_days(village.on(first.due_on + timedelta(days=days)))

    assert village.texts(Template.REMINDER_AFTER) == []
    standing = village.on(first.due_on + timedelta(days=2)).standing(loan)
    assert (standing.days_late, standing.due_now.minor) == (0, 0)
    assert standing.next_due_on == first.due_on + timedelta(weeks=1)


PLANS = st.fixed_dictionaries(
    {
        "currency": st.just("KES"),
        "principal": st.integers(500, 90_000).map(str),
        "annual_rate_pct": st.decimals(0, 200, places=1).map(str),
        "instalments": st.integers(1, 30),
        "unit": st.sampled_from(["weeks", "months"]),
        "schedule": st.sampled_from(["progressive", "cumulative"]),
        "interest": st.sampled_from(["declining", "flat"]),
        "amortization": st.sampled_from(["equal_instalments", "equal_principal"]),
        "disbursed_on": st.just("2026-11-21"),
        "fees": st.sampled_from([[], [{"at": "instalment", "percent": "1.3"}]]),
    }
)


@given(PLANS)
def test_every_row_is_payable_and_all_rows_cost_what_was_exact(plan: dict[str, Any]) -> None:
    rows, exact = (
        answer_rows({**plan, "payable_units": payable, "instalment_multiple_of": "1"})
        for payable in (True, False)
    )

    assert all(Decimal(row["due"]) % 1 == 0 for row in rows)
    assert sum(Decimal(row["principal"]) for row in rows) == Decimal(plan["principal"])
    assert all(Decimal(row["interest"]) >= 0 and Decimal(row["principal"]) >= 0 for row in rows)
    total, cents = (sum(Decimal(row["due"]) for row in each) for each in (rows, exact))
    assert abs(total - cents) < 2


def answer_rows(plan: dict[str, Any]) -> list[dict[str, str]]:
    return list(answer(json.dumps(plan))["rows"])


@st.composite
def whole_lives(draw: st.DrawFn) -> tuple[Terms, list[Event], date]:
    """A loan in payable units, and a life in which all money that moves can be moved.

    No waiver of interest: it takes the oldest away with its cents, and what is left of a unit waits in its row.
    """
    terms = draw(lives.any_terms())
    terms = replace(terms, currency="KES", principal=max(100, terms.principal // 100 * 100))
    if terms.schedule is not None:
        terms = replace(terms, schedule={**terms.schedule, "payable_units": True})
    events: list[Event] = []
    for event in draw(lives.life(terms)):
        lent = None if event.principal is None else whole(event.principal)
        payable = replace(event, amount=whole(event.amount), principal=lent)
        if payable.part is not Part.INTEREST and test_lives.may_happen(terms, events, payable):
            events.append(payable)
    return terms, events, make.SEED + timedelta(days=draw(st.integers(0, 500)))


def whole(amount: int) -> int:
    return -(-amount // 100) * 100


@settings(deadline=None)
@given(whole_lives())
def test_whatever_happens_no_row_asks_for_a_part_of_a_unit(
    life: tuple[Terms, list[Event], date],
) -> None:
    loan = fold(*life)
    assume(loan.status in (LoanStatus.DISBURSED, LoanStatus.DEFAULTED))

    assert [row.due for row in loan.rows if row.outstanding and row.due % 100] == []


def test_a_loan_made_before_is_asked_for_what_it_was_asked_for(db: Session) -> None:
    village = season(db)
    options = {**village.project.options["schedule"]}
    del options["payable_units"]
    village.project.options = {**village.project.options, "schedule": options}
    loan: Loan = village.borrow(kes(2_000), 1)

    assert account.state(db, loan, DUE).rows[0].due == 217_852
