"""A due date that nobody works on moves: to the next working day, to the one before, or the next within the month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

import holidays

from config.limits import CALENDAR_GAP_DAYS
from core.errors import Refusal
from core.lending.schedules.terms import Shift, Workdays
from core.refusal_codes import RefusalCode

DAY = timedelta(days=1)


def known(country: str) -> bool:
    """Whether we have the holidays of this country."""
    return country in holidays.list_supported_countries(include_aliases=False)


def is_working(day: date, days: Workdays) -> bool:
    """Whether people work on this day; what was decided locally wins over the country's calendar."""
    if day in days.open:
        return True
    if day in days.closed or day.weekday() in days.weekend:
        return False
    return not days.country or day not in _holidays(days.country, day.year)


def shifted(dates: Sequence[date], days: Workdays, after: date) -> list[date]:
    """The due dates as they fall on working days, every one after the one before and after `after`."""
    if days.shift is Shift.NONE:
        return list(dates)
    moved: list[date] = []
    for day in dates:
        least = moved[-1] if moved else after
        found = _moved(day, days)
        moved.append(found if found > least else _search(least + DAY, days, DAY))
    return moved


def _moved(day: date, days: Workdays) -> date:
    if days.shift is Shift.PREVIOUS:
        return _search(day, days, -DAY)
    found = _search(day, days, DAY)
    if days.shift is Shift.MODIFIED and found.month != day.month:
        return _search(day, days, -DAY)
    return found


def _search(day: date, days: Workdays, step: timedelta) -> date:
    for _ in range(CALENDAR_GAP_DAYS):
        if is_working(day, days):
            return day
        day += step
    raise Refusal(RefusalCode.TERMS_INVALID, field="workdays", reason="no_working_day")


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))
