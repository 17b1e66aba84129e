"""Rows planned anew ask for alike, also where a grace put off interest that the rows after it have no room for.

A schedule finds its instalment as if nothing were put off, and its last row asks for the rest: that was agreed. Who
makes a loan easier later must not raise a payment by it, so the instalment is then found by trying.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.lending.schedules.declining import rows
from core.lending.schedules.periods import Part, Period
from core.lending.schedules.rounding import cents


def evened(
    balance: int, periods: Sequence[Period], parts: list[Part], multiple: int, carried: int
) -> list[Part]:
    """The same rows in instalments that are alike, where the last differs too much; `carried` was put off before."""
    first = next(k for k, period in enumerate(periods) if period.asks_principal)
    instalment, differs = sum(parts[first]), sum(parts[-1]) - sum(parts[first])
    if is_alike(differs, instalment, len(parts), is_put_off=is_put_off(periods, carried)):
        return parts

    def last_differs(each: int) -> int:
        return sum(rows(balance, periods, each)[-1]) - each

    each = nearest(last_differs, sum(map(sum, parts)), multiple)
    return rows(balance, periods, each) if abs(last_differs(each)) < abs(differs) else parts


def is_alike(differs: int, instalment: int, count: int, *, is_put_off: bool) -> bool:
    """Whether the last row is near enough to the others: within a tenth, or the rounding where interest was put off."""
    return abs(differs) <= (count if is_put_off else max(count, instalment // 10))


def nearest(differs: Callable[[int], int], most: int, step: int) -> int:
    """The instalment that leaves the last row nearest to the others: the larger it is, the less the last asks for."""
    low, high = 0, most // step + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if differs(middle * step) <= 0 else (middle, high)
    return min((low * step, high * step), key=lambda each: abs(differs(each)))


def levelled(periods: Sequence[Period], parts: list[Part], carried: int) -> list[Part]:
    """Equal parts of the principal: what was put off is asked for where there is room, so that no row asks for much."""
    if not is_put_off(periods, carried):
        return parts

    def walk(most: int) -> list[Part]:
        balance, owed, found = sum(principal for principal, _ in parts), 0, []
        for period, (principal, _) in zip(periods, parts, strict=True):
            owed += cents(period.interest(balance))
            interest = min(owed, max(0, most - principal)) if period.asks_interest else 0
            found.append((principal, interest))
            balance, owed = balance - principal, owed - interest
        return [*found[:-1], (found[-1][0], found[-1][1] + owed)]

    total = sum(map(sum, parts))
    return walk(nearest(lambda most: sum(walk(most)[-1]) - most, total, 1))


def is_put_off(periods: Sequence[Period], carried: int) -> bool:
    """Whether rows ask for interest of days before their own."""
    return bool(carried) or not all(period.asks_interest for period in periods)
