"""How long a loan is, in the words of a calendar: twelve weekly rows are 12 weeks, six of two weeks as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.lending.schedules.terms import Unit
from core.lending.terms import RepaymentModel

Length = tuple[int, Unit]
_UNITS = {RepaymentModel.FIXED: Unit.MONTHS, RepaymentModel.AD_HOC: Unit.DAYS}


def length(model: RepaymentModel, schedule: Mapping[str, Any] | None, duration: int) -> Length:
    """The length of a loan of this duration (months, days, or rows of the schedule)."""
    if schedule is None:
        return duration, _UNITS[model]
    return duration * int(schedule.get("every", 1)), Unit(schedule.get("unit", Unit.MONTHS))
