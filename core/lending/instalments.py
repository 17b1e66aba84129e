"""The two repayment models of the protocol: equal months, and one day until which she pays as she can.

Every amount is one a rail can pay (whole shillings), rounded half to even; the last row takes the rest.
Due dates count from the day of disbursement, never from the date before; the 31st is the last day of a short month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from core.money import round_to


@dataclass(frozen=True, slots=True)
class Instalment:
    """One row: its period (begins on, exclusive; due on, inclusive) and what is owed at its end, in minor units."""

    number: int
    begins_on: date
    due_on: date
    principal: int
    interest: int
    fee: int = 0

    @property
    def due(self) -> int:
        return self.principal + self.interest + self.fee

    @property
    def days(self) -> int:
        return (self.due_on - self.begins_on).days


def interest_for(rate: Decimal, step: int, exposure: int) -> int:
    """Ad-hoc interest for `exposure`, which is minor units of principal times days owed."""
    return round_to(exposure * rate / 36_000, step)


def single(principal: int, rate: Decimal, days: int, step: int, start: date) -> Instalment:
    """The one row of an ad-hoc loan: interest = principal x rate x days / 360."""
    interest = interest_for(rate, step, principal * days)
    return Instalment(1, start, start + timedelta(days=days), principal, interest)


def equal(
    principal: int, rate: Decimal, months: int, step: int, start: date
) -> tuple[Instalment, ...]:
    """The rows of a fixed loan: interest = amount x rate x months / 12, in equal instalments."""
    dates = [start + relativedelta(months=k) for k in range(months + 1)]
    interest = round_to(principal * rate * months / 1_200, step)
    return tuple(
        Instalment(k + 1, begins_on, due_on, *part)
        for k, ((begins_on, due_on), part) in enumerate(
            zip(pairwise(dates), shares(principal, interest, months, step), strict=True)
        )
    )


def shares(
    principal: int, interest: int, count: int, step: int, first: int | None = None
) -> list[tuple[int, int]]:
    """Principal and interest of each of so many equal rows; the first one may cost more or less than the others."""
    costs = _spread(interest, count, step)
    if first is not None and count > 1:
        costs = [first, *_spread(interest - first, count - 1, step)]
    dues = _rest_last(principal + interest, count, step, least=costs[-1])
    carried, parts = 0, []
    for due, cost in zip(dues, costs, strict=True):
        carried += cost
        parts.append((due - min(carried, due), min(carried, due)))
        carried -= min(carried, due)
    return parts


def _rest_last(total: int, count: int, step: int, least: int) -> list[int]:
    each = round_to(Decimal(total) / count, step)
    if (
        total - each * (count - 1) < least
    ):  # rounded up so far that the last row would lack its own interest
        each = total // count // step * step
    return [each] * (count - 1) + [total - each * (count - 1)]


def _spread(total: int, count: int, step: int) -> list[int]:
    """Equal parts of the interest, each payable, rounded on the running total so that no error adds up."""
    marks = [round_to(Decimal(total) * k / count, step) for k in range(count + 1)]
    return [after - before for before, after in pairwise(marks)]
