"""Due dates count from one seed, the k-th is seed + k periods, never a period after the date before.

So a loan of the 31st comes back to the 31st. In a short month it falls on the last day, or on the first day after it.
"""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from core.lending.schedules.terms import MonthEnd, ScheduleTerms, Unit
from core.lending.schedules.workdays import shifted


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
    found = seed + relativedelta(months=count)
    if terms.month_end is MonthEnd.ROLL and found.day < seed.day:
        return found + timedelta(days=1)
    return found
