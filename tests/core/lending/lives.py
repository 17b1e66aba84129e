"""Strategies of random products and random lives of a loan: every engine, every event, in any order, mistakes too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.lending.allocation import Allocation, Part, PaymentType, Rule, Surplus, Way, When
from core.lending.schedules.terms import Base, Penalty
from core.lending.state import Event, EventKind
from core.lending.terms import (
    Payoff,
    Prepayment,
    Recalculation,
    RepaymentModel,
    Rest,
    Terms,
)
from tests.core.lending import make

PAIRS = [(when, part) for when in When for part in Part]
RULES = st.builds(Rule, st.permutations(PAIRS).map(tuple), st.sampled_from(Surplus))
ALLOCATIONS = st.builds(
    Allocation, RULES, st.dictionaries(st.sampled_from(PaymentType), RULES, max_size=2), st.sampled_from(Way)
)  # fmt: skip
PENALTIES = st.none() | st.builds(
    Penalty, percent=st.sampled_from([Decimal(1), Decimal(10)]), after_days=st.integers(0, 5),
    every_days=st.none() | st.integers(1, 30), most=st.none() | st.integers(1, 50_000), of=st.sampled_from(Base),
)  # fmt: skip
RECALCULATIONS = st.none() | st.builds(
    Recalculation, st.sampled_from(Rest), st.booleans(), st.sampled_from(Prepayment)
)


@st.composite
def options(draw: st.DrawFn, rows: int) -> dict[str, Any]:
    """The options of a schedule of so many rows."""
    unit = draw(st.sampled_from(["days", "weeks", "months"]))
    given: dict[str, Any] = {
        "unit": unit, "every": draw(st.integers(1, 20 if unit == "days" else 2)),
        "schedule": draw(st.sampled_from(["progressive", "progressive", "cumulative"])),
        "interest": draw(st.sampled_from(["declining", "declining", "flat"])),
        "interest_period": draw(st.sampled_from(["daily", "repayment"])),
        "amortization": draw(st.sampled_from(["equal_instalments", "equal_instalments", "equal_principal"])),
        "day_count": draw(st.sampled_from(["30/360", "act/365", "act/act", "act/360"])),
        "grace_on_principal": draw(st.integers(0, rows - 1)), "grace_on_interest": draw(st.integers(0, rows - 1)),
        "down_payment_pct": draw(st.sampled_from([0, 0, 25])),
    }  # fmt: skip
    if draw(st.booleans()):
        given["fees"] = [{"at": "instalment", "amount": "1.00"}]
    return given


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    """A product of any kind, within the limits of a project."""
    own = {
        "allocation": draw(ALLOCATIONS), "penalty": draw(PENALTIES), "payoff": draw(st.sampled_from(Payoff)),
        "cooling_off_days": draw(st.sampled_from([0, 0, 3])), "in_duplum": draw(st.booleans()),
    }  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        return replace(draw(make.any_terms()), **own)
    rows = draw(st.integers(1, 8))
    own |= {"schedule": draw(options(rows)), "recalculation": draw(RECALCULATIONS)}
    if own["recalculation"] is not None:
        own["schedule"]["interest"] = (
            "declining"  # flat interest follows no balance: no project may offer it
        )
    return make.terms(
        currency=draw(st.sampled_from(["KES", "USD"])), model=RepaymentModel.SCHEDULE, duration=rows,
        principal=draw(st.integers(100, 50_000)) * 100,
        interest_rate=Decimal(draw(st.sampled_from([0, 7, 24, 120, 400]))), **own,
    )  # fmt: skip


MONEY_KINDS = [EventKind.REPAID] * 8
OTHER_KINDS = [
    EventKind.FEE_CHARGED, EventKind.PENALTY_CHARGED, EventKind.WAIVED, EventKind.CHARGED_BACK, EventKind.RESCHEDULED,
    EventKind.INTEREST_PAUSED, EventKind.ARREARS_PAUSED, EventKind.RATE_CHANGED, EventKind.DEFAULTED,
    EventKind.REFUND_PAID, EventKind.REVERSED, EventKind.WRITTEN_OFF, EventKind.CLOSED, EventKind.DISBURSED,
]  # fmt: skip


@st.composite
def life(draw: st.DrawFn, terms: Terms) -> list[Event]:
    """A loan paid out, at once or in part, and whatever may happen to it in two years, told in any order."""
    first = draw(st.sampled_from([None, terms.principal // 2 or 1]))
    events = [
        Event(0, EventKind.APPROVED, make.SEED), Event(1, EventKind.DISBURSED, make.SEED, principal=first)
    ]  # fmt: skip
    for _ in range(draw(st.integers(0, 9))):
        events.append(draw(_event(terms, events)))
    return events


@st.composite
def _event(draw: st.DrawFn, terms: Terms, events: list[Event]) -> Event:
    kind = draw(st.sampled_from(MONEY_KINDS + OTHER_KINDS))
    on = make.SEED + timedelta(days=draw(st.integers(0, 400)))
    amount = draw(st.integers(1, terms.principal * 3 // 2))
    later = on + timedelta(days=draw(st.integers(1, 60)))
    event = Event(len(events), kind, on, amount)
    if kind is EventKind.REPAID:
        return replace(event, payment_type=draw(st.sampled_from(PaymentType)))
    if kind in (EventKind.REVERSED, EventKind.CHARGED_BACK):
        target = draw(st.sampled_from(events[1:]))
        on = max(on, target.on)
        return replace(event, on=on, amount=min(amount, target.amount) or 1, reverses=target.number)
    return replace(event, **_details(draw, kind, later))


def _details(draw: st.DrawFn, kind: EventKind, later: date) -> dict[str, Any]:
    found: dict[EventKind, dict[str, Any]] = {
        EventKind.WAIVED: {"part": draw(st.sampled_from([Part.INTEREST, Part.FEE, Part.PENALTY]))},
        EventKind.RESCHEDULED: {"due_on": draw(st.sampled_from([None, later])), "instalments": draw(st.integers(1, 9))},
        EventKind.INTEREST_PAUSED: {"until": later},
        EventKind.ARREARS_PAUSED: {"until": later},
        EventKind.RATE_CHANGED: {"rate": Decimal(draw(st.integers(0, 60)))},
        EventKind.FEE_CHARGED: {"due_on": later, "amount": draw(st.integers(1, 5_000))},
        EventKind.PENALTY_CHARGED: {"due_on": later, "amount": draw(st.integers(1, 5_000))},
        EventKind.DISBURSED: {"amount": 0, "principal": draw(st.integers(1, 1_000_000))},
    }  # fmt: skip
    return found.get(kind, {})
