"""Interest on the whole loan until its end, whatever was repaid: the market's habit, and twice as dear as it sounds.

Interest of a grace period is spread over the rows after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate, pairwise

from core.lending.schedules.periods import Part, Period
from core.lending.schedules.rounding import HALF_UP, cents, to_multiple
from core.lending.schedules.terms import RatePer, ScheduleTerms


def progressive(terms: ScheduleTerms, principal: int, periods: Sequence[Period]) -> list[Part]:
    """Interest by the factor of each period, in instalments that are all alike."""
    shares = _rounded(terms, principal, periods)
    due = sum(share for share, period in zip(shares, periods, strict=True) if period.asks_principal)
    instalment = to_multiple(Decimal(principal + due) / _paying(periods), terms.multiple)
    wanted = [instalment - share for share in shares]
    return _joined(principal, periods, shares, wanted)


def cumulative(terms: ScheduleTerms, principal: int, periods: Sequence[Period]) -> list[Part]:
    """Equal parts of the principal, and interest whose total is rounded once; the last row takes both rests."""
    each = Decimal(principal) / _paying(periods)
    shares = _rounded_once(principal, periods)
    wanted = [cents(each)] * len(periods)
    if terms.multiple > 1:
        exact = [period.interest(principal) for period in periods]
        wanted = [
            to_multiple(each + cost, terms.multiple, HALF_UP) - share
            for cost, share in zip(exact, shares, strict=True)
        ]
    return _joined(principal, periods, shares, wanted)


def equal_principal(terms: ScheduleTerms, principal: int, periods: Sequence[Period]) -> list[Part]:
    """Equal parts of the principal, each with the interest of its period."""
    each = cents(Decimal(principal) / _paying(periods))
    return _joined(principal, periods, _rounded(terms, principal, periods), [each] * len(periods))


def _joined(
    principal: int, periods: Sequence[Period], shares: Sequence[int], wanted: Sequence[int]
) -> list[Part]:
    """Principal as wanted but never negative and never more than is left; the last row takes the rest."""
    balance, parts = principal, []
    for period, share, want in zip(periods, shares, wanted, strict=True):
        part = min(max(want, 0), balance) if period.asks_principal else 0
        parts.append((part, share))
        balance -= part
    part, share = parts[-1]
    parts[-1] = (part + balance, share)
    return parts


def _rounded(terms: ScheduleTerms, principal: int, periods: Sequence[Period]) -> list[int]:
    """The interest of each row rounded; of a rate for the whole term the sum, so that it is just that rate."""
    exact = [period.interest(principal) for period in periods]
    costs = [cents(cost) for cost in exact]
    if terms.rate_per is RatePer.TERM:
        marks = [0, *(cents(so_far) for so_far in accumulate(exact))]
        costs = [after - before for before, after in pairwise(marks)]
    if all(period.asks_interest for period in periods):
        return costs
    return _spread(sum(costs), periods)


def _rounded_once(principal: int, periods: Sequence[Period]) -> list[int]:
    total = cents(sum((period.interest(principal) for period in periods), Decimal(0)))
    if not all(period.asks_interest for period in periods):
        return _spread(total, periods)
    shares: list[int] = []
    for period in periods[:-1]:
        shares.append(min(cents(period.interest(principal)), total - sum(shares)))
    return [*shares, total - sum(shares)]


def _spread(total: int, periods: Sequence[Period]) -> list[int]:
    count = sum(period.asks_interest for period in periods)
    each = total // count
    shares = [each if period.asks_interest else 0 for period in periods]
    shares[-1] += total - each * count
    return shares


def _paying(periods: Sequence[Period]) -> int:
    return sum(period.asks_principal for period in periods)
