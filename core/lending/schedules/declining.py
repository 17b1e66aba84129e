"""Interest on what is still owed: the rows that one instalment makes, and the two ways to find that instalment.

Interest not asked for in a grace period, or larger than the instalment, is carried on; it bears none itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.lending.schedules.daycount import nominal_factor, yearly_rate
from core.lending.schedules.periods import ZERO, Part, Period
from core.lending.schedules.rounding import HALF_UP, cents, to_multiple
from core.lending.schedules.terms import InterestPeriod, ScheduleTerms

SMOOTHING_ROUNDS = 3


def progressive(terms: ScheduleTerms, principal: int, periods: Sequence[Period]) -> list[Part]:
    """Equal instalments that fit the factor of every period, the last one smoothed towards the others."""
    paying = [period for period in periods if period.asks_principal]
    instalment = to_multiple(level(principal, paying), terms.multiple)
    parts = rows(principal, periods, instalment)
    return smoothed(
        principal, periods, instalment, parts, count=len(paying), multiple=terms.multiple
    )


def cumulative(terms: ScheduleTerms, principal: int, periods: Sequence[Period]) -> list[Part]:
    """Equal instalments of one rate for all periods; the last row takes the rest."""
    count = sum(period.asks_principal for period in periods)
    rate = rate_of_instalment(terms, yearly_rate(terms), periods[-count].factor)
    exact = principal * rate / (1 - (1 + rate) ** -count) if rate else Decimal(principal) / count
    return rows(principal, periods, to_multiple(exact, terms.multiple, HALF_UP))


def rate_of_instalment(terms: ScheduleTerms, yearly: Decimal, first: Decimal) -> Decimal:
    """The nominal rate of a period where all cost the same; where days count, the factor of the first one."""
    is_daily = terms.interest_period is InterestPeriod.DAILY
    return first if is_daily else nominal_factor(terms, yearly)


def equal_principal(principal: int, periods: Sequence[Period]) -> list[Part]:
    """The same principal in every row, and the interest on what was owed."""
    each = cents(Decimal(principal) / sum(period.asks_principal for period in periods))
    balance, carried, parts = principal, 0, []
    for period in periods:
        carried += cents(period.interest(balance))
        part = min(each, balance) if period.asks_principal else 0
        part = balance if period is periods[-1] else part
        interest = carried if period.asks_interest else 0
        balance, carried = balance - part, carried - interest
        parts.append((part, interest))
    return parts


def level(principal: int, periods: Sequence[Period]) -> Decimal:
    """The instalment, unrounded, that pays the principal off over these periods."""
    growth, shares = Decimal(1), ZERO
    for period in periods:
        more = 1 + (period.factor if period.asks_interest else ZERO)
        growth *= more
        shares = shares * more + 1
    return principal * growth / shares


def rows(principal: int, periods: Sequence[Period], instalment: int) -> list[Part]:
    """Interest first, then principal, out of the same instalment; the last row is whatever is left."""
    balance, carried, parts = principal, 0, []
    for period in periods:
        carried += round(period.interest(balance))
        interest = carried if period.asks_interest else 0
        part = 0
        if period.asks_principal:
            interest = min(interest, instalment)
            part = min(instalment - interest, balance)
        parts.append((part, interest))
        balance -= part
        carried -= interest
    part, interest = parts[-1]
    parts[-1] = (part + balance, interest + carried)
    return parts


def smoothed(
    principal: int,
    periods: Sequence[Period],
    instalment: int,
    parts: list[Part],
    *,
    count: int,
    multiple: int,
) -> list[Part]:
    """Spread what the last instalment differs by over all of them, as long as that makes it strictly smaller."""
    for _ in range(SMOOTHING_ROUNDS):
        differs = sum(parts[-1]) - instalment
        if count == 1 or abs(differs) <= count // 2:
            break
        other = to_multiple(Decimal(instalment + cents(Decimal(differs) / count)), multiple)
        if other == instalment:
            break
        better = rows(principal, periods, other)
        if abs(sum(better[-1]) - other) >= abs(differs):
            break
        instalment, parts = other, better
    return parts
