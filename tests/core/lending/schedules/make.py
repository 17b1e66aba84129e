"""Terms for the tests: plain ones with what a test changes, and any that hypothesis can think of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.errors import Refusal
from core.lending.schedules import ScheduleTerms, build, read
from core.lending.schedules.build import Row

PLAIN: dict[str, Any] = {
    "principal": "1000",
    "annual_rate_pct": "12",
    "instalments": 4,
    "day_count": "30/360",
    "disbursed_on": "2027-01-15",
}


def data(**changes: Any) -> dict[str, Any]:
    """The JSON of a plain loan, changed; None takes a field away."""
    merged = {**PLAIN, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def terms(**changes: Any) -> ScheduleTerms:
    return read(data(**changes))


def rows(**changes: Any) -> tuple[Row, ...]:
    return build(terms(**changes)).rows


def cells(name: str, **changes: Any) -> list[str]:
    """One column of a table in whole units."""
    return [str(Decimal(getattr(row, name)).scaleb(-2)) for row in rows(**changes)]


def due_on(**changes: Any) -> list[str]:
    return [row.due_on.isoformat() for row in rows(**changes)]


@st.composite
def any_data(draw: st.DrawFn) -> dict[str, Any]:
    """Any terms of the two engines that the checks let pass."""
    count = draw(st.integers(1, 40))
    start = draw(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
    found = {
        "principal": str(Decimal(draw(st.integers(1, 10**9))) / 100),
        "annual_rate_pct": str(Decimal(draw(st.integers(0, 100_000))) / 100),
        "interest": draw(st.sampled_from(["declining", "flat"])),
        "interest_period": draw(st.sampled_from(["daily", "repayment"])),
        "amortization": draw(st.sampled_from(["equal_instalments", "equal_principal"])),
        "schedule": draw(st.sampled_from(["progressive", "cumulative"])),
        "instalments": count,
        "every": draw(st.integers(1, 4)),
        "unit": draw(st.sampled_from(["days", "weeks", "months"])),
        "day_count": draw(
            st.sampled_from(["30/360", "act/360", "act/364", "act/365", "act/act", "30/act"])
        ),
        "disbursed_on": start.isoformat(),
        "leap_rule": draw(st.sampled_from(["whole_year", "only_periods_with_feb_29"])),
    }
    return not_too_coarse(found | draw(reliefs(count, start)))


def not_too_coarse(found: dict[str, Any]) -> dict[str, Any]:
    """The same terms, without a multiple that their instalments would round to nothing by."""
    if _is_too_coarse(found):
        return {name: value for name, value in found.items() if name != "instalment_multiple_of"}
    return found


def _is_too_coarse(found: dict[str, Any]) -> bool:
    try:
        read(found)
    except Refusal as refusal:
        return refusal.facts["reason"] == "too_coarse"
    return False


@st.composite
def reliefs(draw: st.DrawFn, count: int, start: date) -> dict[str, Any]:
    """Grace, free periods, a down payment, multiples, a first due date and a calendar: each of them or not."""
    options = {
        "grace_on_principal": st.integers(0, count - 1),
        "grace_on_interest": st.integers(0, count - 1),
        "interest_free": st.integers(0, count),
        "down_payment_pct": st.integers(0, 90),
        "instalment_multiple_of": st.sampled_from(["1", "5", "0.05"]),
        "first_due_on": st.integers(1, 90).map(lambda n: (start + timedelta(n)).isoformat()),
        "workdays": st.sampled_from(
            [{"country": "KE", "shift": shift} for shift in ("next", "previous", "modified")]
        ),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(options)), max_size=3))
    return {name: draw(options[name]) for name in sorted(chosen)}
