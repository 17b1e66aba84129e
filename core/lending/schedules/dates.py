"""Due dates count from one seed, the k-th is seed + k periods, never a period after the date before.

So a loan of the 31st comes back to the 31st. In a short month it falls on the last day, or on the first day after it.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from core.lending.schedules.terms import MonthEnd, ScheduleTerms, Unit
from core.lending.schedules.workdays import shifted

MONTHS = 12
SHORTEST_MONTH = 28


def due_dates(terms: ScheduleTerms) -> list[date]:
    """The due date of every row but the down payment."""
    return shifted(nominal(terms), terms.workdays, after=terms.disbursed_on)


def nominal(terms: ScheduleTerms) -> list[date]:
    """The due dates before any holiday moves them."""
    if terms.due_dates:
        return list(terms.due_dates)
    if terms.first_due_on:
        return [nth(terms, terms.first_due_on, k) for k in range(terms.instalments)]
    return [nth(terms, terms.disbursed_on, k) for k in range(1, terms.instalments + 1)]


def nth(terms: ScheduleTerms, seed: date, k: int) -> date:
    """The day k periods after the seed."""
    count = k * terms.every
    if terms.unit is Unit.DAYS:
        return seed + timedelta(days=count)
    if terms.unit is Unit.WEEKS:
        return seed + timedelta(weeks=count)
    return _months_after(seed, count, terms.month_end)


def _months_after(seed: date, months: int, month_end: MonthEnd) -> date:
    year, month = divmod(seed.year * MONTHS + seed.month - 1 + months, MONTHS)
    if seed.day <= SHORTEST_MONTH:
        return date(year, month + 1, seed.day)
    last = calendar.monthrange(year, month + 1)[1]
    if seed.day <= last:
        return date(year, month + 1, seed.day)
    found = date(year, month + 1, last)
    return found if month_end is MonthEnd.CLAMP else found + timedelta(days=1)
