"""Makers with defaults, and the strategies of random loans."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.lending.state import Event, EventKind
from core.lending.terms import RepaymentModel, Terms

SEED = date(2026, 11, 21)


def terms(**changed: Any) -> Terms:
    """KES 1,000 over four months at 24 percent a year."""
    given: dict[str, Any] = {
        "currency": "KES", "principal": 100_000, "model": RepaymentModel.FIXED, "duration": 4,
        "interest_rate": Decimal(24), "disbursement_fee": Decimal(2), "cash_back_rate": Decimal(1),
        "grace_period": 3, "default_after_days": 30,
    }  # fmt: skip
    return Terms(**{**given, **changed})


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    """Terms any project could offer, in a currency with cents that are not paid, with cents, and without."""
    model = draw(st.sampled_from([RepaymentModel.FIXED, RepaymentModel.AD_HOC]))
    duration = draw(st.integers(1, 36 if model is RepaymentModel.FIXED else 366))
    currency, step = draw(st.sampled_from([("KES", 100), ("USD", 1), ("UGX", 1)]))
    rows = duration if model is RepaymentModel.FIXED else 1
    return terms(
        currency=currency, model=model, duration=duration,
        principal=draw(st.integers(2 * rows, 50_000)) * step,
        interest_rate=draw(st.decimals(0, 400, places=2)),
    )  # fmt: skip


@st.composite
def any_events(draw: st.DrawFn, agreed: Terms) -> list[Event]:
    """A loan paid out, then payments of any size on any day, told in any order, some of them taken back."""
    events = [Event(0, EventKind.APPROVED, SEED), Event(1, EventKind.DISBURSED, SEED)]
    amounts = st.integers(1, agreed.principal * 2)
    days = st.integers(0, 500)
    for day, amount in draw(st.lists(st.tuples(days, amounts), max_size=8)):
        events.append(Event(len(events), EventKind.REPAID, SEED + timedelta(days=day), amount))
        if draw(st.integers(0, 9)) == 0:
            target = draw(st.integers(2, len(events) - 1))
            events.append(Event(len(events), EventKind.REVERSED, events[target].on, 0, target))
    return events
