"""The yearly cost by Regulation Z, Appendix J (US): the rate of one unit period times the unit periods in a year.

Every flow is divided by (1 + fraction x rate) x (1 + rate) ^ whole periods; the rate sought makes advances and payments
equal. It is found by halving, in Decimal: slow, certain, and the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from core.lending.unit_periods import UnitPeriod, elapsed, unit_period

Flow = tuple[date, int]  # money she pays is positive, money she receives negative

CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN)
LEAST, MOST = Decimal("-0.9"), Decimal(10**6)  # rates per unit period between which we look
ENOUGH = Decimal("1e-14")
BEYOND_COMPARISON = Decimal(10**12)


@dataclass(frozen=True, slots=True)
class UnitedStatesApr:
    """The nominal yearly cost, the effective one it compounds to, and the unit period it counts in; percents."""

    nominal: Decimal
    effective: Decimal | None  # None where it is too large to mean anything
    unit: UnitPeriod


def unit_period_apr(flows: Sequence[Flow], *, places: int = 2) -> UnitedStatesApr | None:
    """The APR of dated flows; None where no rate fits (nothing received, nothing paid, all on one day)."""
    flows = sorted((day, amount) for day, amount in flows if amount)
    if not flows or flows[0][0] == flows[-1][0]:
        return None
    with localcontext(CONTEXT):
        unit = unit_period([day for day, _ in flows])
        placed = [(amount, *elapsed(unit, flows[0][0], day)) for day, amount in flows]
        rate = _solve(placed)
        if rate is None:
            return None
        effective = (1 + rate) ** unit.per_year - 1
        readable = _percent(effective, places) if effective < BEYOND_COMPARISON else None
        return UnitedStatesApr(_percent(rate * unit.per_year, places), readable, unit)


def _solve(flows: Sequence[tuple[int, int, Decimal]]) -> Decimal | None:
    low, high = LEAST, Decimal(1)
    while _value(flows, high) > 0:
        if high > MOST:
            return None
        low, high = high, high * 2
    if _value(flows, low) < 0:
        return None
    while high - low > ENOUGH:
        middle = (low + high) / 2
        low, high = (middle, high) if _value(flows, middle) > 0 else (low, middle)
    return low + (high - low) / 2


def _value(flows: Sequence[tuple[int, int, Decimal]], rate: Decimal) -> Decimal:
    """What the payments are worth on the first day, less what the advances are."""
    growth = 1 + rate
    return sum(
        (amount / ((1 + part * rate) * growth**whole) for amount, whole, part in flows), Decimal(0)
    )


def _percent(rate: Decimal, places: int) -> Decimal:
    return (rate * 100).quantize(Decimal(1).scaleb(-places)) + 0  # + 0: never "-0.0"
