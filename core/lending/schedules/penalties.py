"""What being late with a row costs, by the day: once after some days, or again every so many days, up to a sum."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from core.lending.schedules.rounding import cents
from core.lending.schedules.terms import Penalty

Charge = tuple[date, int]


def penalties(penalty: Penalty, *, overdue: int, due_on: date, until: date) -> list[Charge]:
    """The penalties of one row of which so much stays unpaid from its due date until a day, that day included.

    The day after the due date is the first day late; a penalty falls on the first day that is later than `after_days`.
    """
    charges: list[Charge] = []
    each = penalty.amount or cents(overdue * penalty.percent / Decimal(100))
    left = each * (until - due_on).days if penalty.most is None else penalty.most
    day = due_on + timedelta(days=penalty.after_days + 1)
    while overdue > 0 and day <= until and min(each, left) > 0:
        charges.append((day, min(each, left)))
        left -= min(each, left)
        if penalty.every_days is None:
            break
        day += timedelta(days=penalty.every_days)
    return charges
