"""The true yearly cost: the effective rate at which what she receives equals what she pays (EU and UK method).

The sum of every flow / (1 + rate) ^ years is zero. A year has 365 days, 52 weeks or 12 equal months, so a monthly loan
costs the same whatever the month it begins in. A float lives only here, in a figure that is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import pyxirr

Flow = tuple[date, int]  # money she pays is positive, money she receives negative

MONTHS, WEEKS = 12, 52


def effective_rate(flows: Sequence[Flow], *, places: int = 1) -> Decimal | None:
    """The yearly cost of dated flows in percent; None where no rate fits (nothing received, all on one day)."""
    days, amounts = [day for day, _ in flows], [float(amount) for _, amount in flows]
    return _percent(pyxirr.xirr(days, amounts, silent=True), places)


BEYOND_COMPARISON = 1e12  # a yearly rate no person can read; one day of a high rate gives it


def periodic_rate(amounts: Sequence[int], per_year: float, *, places: int = 1) -> Decimal | None:
    """The yearly cost of flows that are equal periods apart, so many of them in a year."""
    rate = pyxirr.irr([float(amount) for amount in amounts], silent=True)
    return None if rate is None else _percent((1 + rate) ** per_year - 1, places)


def _percent(rate: float | None, places: int) -> Decimal | None:
    if rate is None or not rate < BEYOND_COMPARISON:
        return None
    quantum = Decimal(1).scaleb(-places)
    return (Decimal(rate) * 100).quantize(quantum, ROUND_HALF_EVEN) + 0  # + 0: never "-0.0"
