"""How a loan's dates become unit periods by Regulation Z, Appendix J: the interval that repeats, and the time in it.

Time is counted back from the later day in whole unit periods; the days left over at the front are a fraction of one.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from dateutil.relativedelta import relativedelta

MONTH_DAYS, SEMIMONTH_DAYS, WEEK_DAYS = 30, 15, 7
YEAR_DAYS, YEAR_WEEKS, YEAR_MONTHS = 365, 52, 12


class Span(StrEnum):
    """What a unit period is counted in."""

    DAYS = "days"
    WEEKS = "weeks"
    SEMIMONTH = "semimonth"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """So many days, weeks or months, or a semimonth."""

    span: Span
    count: int = 1

    @property
    def days(self) -> int:
        """Its length with months of 30 days, to compare."""
        each = {
            Span.DAYS: 1,
            Span.WEEKS: WEEK_DAYS,
            Span.SEMIMONTH: SEMIMONTH_DAYS,
            Span.MONTHS: MONTH_DAYS,
        }
        return each[self.span] * self.count

    @property
    def per_year(self) -> Decimal:
        """How many of them are a year."""
        each = {
            Span.DAYS: YEAR_DAYS,
            Span.WEEKS: YEAR_WEEKS,
            Span.SEMIMONTH: 2 * YEAR_MONTHS,
            Span.MONTHS: YEAR_MONTHS,
        }
        return Decimal(each[self.span]) / self.count


YEAR = UnitPeriod(Span.MONTHS, YEAR_MONTHS)


def unit_period(dates: Sequence[date]) -> UnitPeriod:
    """The unit period of a transaction whose money moves on these days, in order."""
    intervals = [(a, b) for a, b in pairwise(dates) if a < b]
    if len(intervals) == 1:
        return _of_single(*intervals[0])
    found = Counter(kind for a, b in intervals for kind in _kinds(a, b))
    found[UnitPeriod(Span.SEMIMONTH)] = _semimonths(dates)
    common = {kind: times for kind, times in found.items() if times > 1 and kind.days <= YEAR.days}
    if not common:
        return _average(dates, len(intervals))
    most = max(common.values())
    return min((kind for kind, times in common.items() if times == most), key=_smaller)


def elapsed(unit: UnitPeriod, start: date, end: date) -> tuple[int, Decimal]:
    """The whole unit periods from one day to another, and the fraction of one left at the front."""
    if unit == YEAR:
        return _years(start, end)
    if unit.span in (Span.MONTHS, Span.SEMIMONTH):
        months, rest = _months_and_days(start, end)
        days = months * MONTH_DAYS + rest
    else:
        days = (end - start).days
    whole, rest = divmod(days, unit.days)
    return whole, Decimal(rest) / unit.days


def _of_single(start: date, end: date) -> UnitPeriod:
    """One advance, one payment: the term itself, but no longer than a year."""
    months, rest = _months_and_days(start, end)
    if months >= YEAR_MONTHS:
        return YEAR
    if months and not rest:
        return UnitPeriod(Span.MONTHS, months)
    return UnitPeriod(Span.DAYS, (end - start).days)


def _kinds(start: date, end: date) -> list[UnitPeriod]:
    """What an interval may be: four weeks in February are also a month."""
    days = (end - start).days
    kinds = [_of_days(days)]
    months = _months_between(start, end)
    if months and _near(start, end):
        kinds.append(UnitPeriod(Span.MONTHS, months))
    return kinds


def _near(start: date, end: date) -> bool:
    """Whether the days fit, where one of them may be the last of a shorter month."""
    if start.day == end.day:
        return True
    return (_last(end) and end.day < start.day) or (_last(start) and start.day < end.day)


def _of_days(days: int) -> UnitPeriod:
    weeks, rest = divmod(days, WEEK_DAYS)
    return UnitPeriod(Span.DAYS, days) if rest else UnitPeriod(Span.WEEKS, weeks)


def _semimonths(dates: Sequence[date]) -> int:
    """How many intervals are half a month: as a rule, every second day is a month after."""
    pairs = list(zip(dates, dates[2:], strict=False))
    halves = sum(UnitPeriod(Span.MONTHS) in _kinds(a, c) for a, c in pairs)
    return halves + 1 if 2 * halves > len(pairs) else 0


def _average(dates: Sequence[date], count: int) -> UnitPeriod:
    """Nothing repeats: the average interval, as the nearest standard one; the shorter of two equally near."""
    days = Decimal((dates[-1] - dates[0]).days) / count
    standard = [
        UnitPeriod(Span.DAYS),
        UnitPeriod(Span.SEMIMONTH),
        *(UnitPeriod(Span.WEEKS, n) for n in range(1, YEAR_WEEKS + 1)),
        *(UnitPeriod(Span.MONTHS, n) for n in range(1, YEAR_MONTHS + 1)),
    ]
    return min(standard, key=lambda kind: (abs(kind.days - days), kind.days))


def _smaller(kind: UnitPeriod) -> tuple[int, Span]:
    return kind.days, kind.span


def _months_and_days(start: date, end: date) -> tuple[int, int]:
    """Full months measured back from the later day, and the days before them; month ends are a month apart."""
    months = _months_between(start, end)
    if _last(end) and (end.day < start.day or _last(start)):
        return months, 0
    if end - relativedelta(months=months) < start:
        months -= 1
    return months, (end - relativedelta(months=months) - start).days


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * YEAR_MONTHS + end.month - start.month


def _years(start: date, end: date) -> tuple[int, Decimal]:
    """Full years measured back, and the rest in months if it is whole months, else in days."""
    months, days = _months_and_days(start, end)
    whole, rest = divmod(months, YEAR_MONTHS)
    if not days:
        return whole, Decimal(rest) / YEAR_MONTHS
    return whole, Decimal((end - relativedelta(years=whole) - start).days) / YEAR_DAYS


def _last(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]
