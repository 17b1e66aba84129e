"""The factor of a period: what one unit of money costs from one day (exclusive) to another (inclusive).

Three settings decide: whether interest runs by the day or the same every period, the day count, and the leap rule.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from core.lending.schedules.dates import due_dates, nth
from core.lending.schedules.rounding import CONTEXT, FACTOR_PLACES
from core.lending.schedules.terms import (
    Engine,
    InterestPeriod,
    LeapRule,
    RatePer,
    ScheduleTerms,
    Unit,
)

ONE_DAY = timedelta(days=1)
PERIODS_A_YEAR = {Unit.MONTHS: 12, Unit.WEEKS: 52, Unit.DAYS: 365}


def yearly_rate(terms: ScheduleTerms) -> Decimal:
    """The rate as a fraction of a year; one for the whole term costs exactly that over the periods of the term."""
    rate = terms.rate / 100
    if terms.rate_per is RatePer.MONTH:
        return rate * 12
    if terms.rate_per is RatePer.TERM:
        days = pairwise([terms.disbursed_on, *due_dates(terms)])
        return rate / sum(_exact(terms, Decimal(1), *period) for period in days)
    return rate


def nominal_rate(terms: ScheduleTerms) -> Decimal:
    """The rate as a fraction of a year if every period were as long as the next."""
    if terms.rate_per is not RatePer.TERM:
        return yearly_rate(terms)
    return terms.rate / 100 * PERIODS_A_YEAR[terms.unit] / (terms.every * terms.instalments)


def nominal_factor(terms: ScheduleTerms, rate: Decimal) -> Decimal:
    """The factor of a regular period, whatever its days."""
    return rate * terms.every / PERIODS_A_YEAR[terms.unit]


def factor(terms: ScheduleTerms, rate: Decimal, begins_on: date, due_on: date) -> Decimal:
    """The factor of one period, to 19 places."""
    return _exact(terms, rate, begins_on, due_on).quantize(FACTOR_PLACES, context=CONTEXT)


def _exact(terms: ScheduleTerms, rate: Decimal, begins_on: date, due_on: date) -> Decimal:
    if terms.interest_period is InterestPeriod.REPAYMENT:
        return _per_period(terms, rate, begins_on, due_on)
    if terms.day_count.month and terms.unit is Unit.MONTHS:
        return rate * 30 * terms.every / (terms.day_count.year or _length(begins_on.year))
    return rate * year_fraction(terms, begins_on, due_on)


def broken(terms: ScheduleTerms, rate: Decimal, begins_on: date, due_on: date) -> Decimal:
    """The factor of a period whose due date was moved: its days decide, also where every period costs the same."""
    by_period = terms.interest_period is InterestPeriod.REPAYMENT
    if not by_period and not (terms.day_count.month and terms.unit is Unit.MONTHS):
        return factor(terms, rate, begins_on, due_on)
    days = _days_30(begins_on, due_on) if terms.unit is Unit.MONTHS else (due_on - begins_on).days
    usual = {Unit.MONTHS: 30, Unit.WEEKS: 7, Unit.DAYS: 1}[terms.unit] * terms.every
    regular = nominal_factor(terms, rate) if by_period else factor(terms, rate, begins_on, due_on)
    return (regular * days / usual).quantize(FACTOR_PLACES, context=CONTEXT)


def _days_30(begins_on: date, due_on: date) -> int:
    """Days between two days where every month has thirty."""
    months = (due_on.year - begins_on.year) * 12 + due_on.month - begins_on.month
    return 30 * months + min(due_on.day, 30) - min(begins_on.day, 30)


def year_fraction(terms: ScheduleTerms, begins_on: date, due_on: date) -> Decimal:
    """The real days of a period as a fraction of a year."""
    days = (due_on - begins_on).days
    if terms.day_count.year:
        return Decimal(days) / terms.day_count.year
    if terms.leap_rule is LeapRule.ONLY_PERIODS_WITH_FEB_29:
        return Decimal(days) / (366 if _has_feb_29(begins_on, due_on) else 365)
    if terms.first_day_counts:
        return _by_calendar_year(begins_on - ONE_DAY, due_on - ONE_DAY)
    return _by_calendar_year(begins_on, due_on)


def _per_period(terms: ScheduleTerms, rate: Decimal, begins_on: date, due_on: date) -> Decimal:
    if terms.unit is Unit.DAYS and terms.engine is Engine.PROGRESSIVE:
        return rate * year_fraction(terms, begins_on, due_on)
    whole = nominal_factor(terms, rate)
    if not terms.partial_periods:
        return whole
    return whole * (due_on - begins_on).days / (due_on - nth(terms, due_on, -1)).days


def _by_calendar_year(begins_on: date, due_on: date) -> Decimal:
    """Days up to 31 December over the length of the old year, those after it over that of the new one."""
    total = Decimal(0)
    while begins_on < due_on:
        new_year = date(begins_on.year, 12, 31)
        if new_year == begins_on:
            new_year = date(begins_on.year + 1, 12, 31)
        until = min(due_on, new_year)
        total += Decimal((until - begins_on).days) / _length(until.year)
        begins_on = until
    return total


def _length(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


def _has_feb_29(begins_on: date, due_on: date) -> bool:
    return any(
        calendar.isleap(year) and begins_on < date(year, 2, 29) <= due_on
        for year in range(begins_on.year, due_on.year + 1)
    )
