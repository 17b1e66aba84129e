"""What the books said of a loan at the end of each day, by what was known then: the past as it was told.

A fold knows everything told until today, and so changes the past when something is told late or taken back. Here each
day is folded with what had been told by that day; what came to light later shows as a change of its own day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import localcontext

from core.lending.allocation import Part
from core.lending.schedules.rounding import CONTEXT
from core.lending.state import accrual
from core.lending.state.apply import APPLY
from core.lending.state.days import pass_days
from core.lending.state.events import Event
from core.lending.state.fold import effective
from core.lending.state.loan import Loan
from core.lending.terms import Terms

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and the day it was told: then or later than its value date."""

    event: Event
    on: date

    @property
    def changes_the_past(self) -> bool:
        return self.event.undoes or self.event.on < self.on


@dataclass(frozen=True, slots=True)
class Figures:
    """What has come due or was let go by the end of a day, all of it since the payout, in minor units."""

    fee_withheld: int = 0
    interest: int = 0
    fees: int = 0
    penalties: int = 0
    waived: int = 0
    written_off: int = 0
    rounded: int = 0
    recovered: int = 0


def days(terms: Terms, told: Sequence[Told], until: date) -> Iterator[tuple[date, Figures]]:
    """The figures of every day on which they may have changed, as they were said at its end."""
    known = [each for each in told if each.on <= until]
    if not known:
        return
    breaks = sorted({each.on for each in known if each.changes_the_past})
    starts = [min(each.on for each in known), *breaks]
    ends = [*(day - DAY for day in breaks), until]
    for first, last in zip(starts, ends, strict=True):
        if first <= last:
            yield from _walk(terms, [each.event for each in known if each.on <= last], first, last)


def _walk(
    terms: Terms, events: Sequence[Event], first: date, last: date
) -> Iterator[tuple[date, Figures]]:
    """One fold through the days from `first` to `last`, in which nothing of the past came to light."""
    waiting = effective(events, last)
    day: date | None = min((event.on for event in waiting), default=first)
    loan = Loan(terms)
    while day is not None and day <= last:
        with localcontext(CONTEXT):
            while waiting and waiting[0].on <= day:
                event = waiting.pop(0)
                pass_days(loan, event.on)
                APPLY[event.kind](loan, event)
            pass_days(loan, day)
            found = _figures(loan, day)
        if day >= first:
            yield day, found
        day = _next(loan, waiting, day, first)


def _next(loan: Loan, waiting: Sequence[Event], day: date, first: date) -> date | None:
    """The next day on which something is told, falls due, or is charged by itself."""
    found = [first] if day < first else []
    found += [waiting[0].on] if waiting else []
    if loan.is_open:
        found += [loan.engine.next_due_on] if loan.engine.next_due_on is not None else []
        found += [line.due_on for line in loan.extra]
        found += [loan.late.next_on + DAY] if loan.late.next_on is not None else []
    return min((one for one in found if one > day), default=None)


def _figures(loan: Loan, on: date) -> Figures:
    return Figures(
        fee_withheld=loan.fee_withheld, interest=accrual.billed(loan, on), fees=_due(loan, Part.FEE, on),
        penalties=_due(loan, Part.PENALTY, on), waived=sum(loan.waived.values()),
        written_off=sum(loan.written_off.values()), rounded=loan.rounded, recovered=loan.recovered,
    )  # fmt: skip


def _due(loan: Loan, part: Part, on: date) -> int:
    """What has come due of a charge, and what was paid or let go of it before."""
    is_over = loan.closed_on is not None
    return sum(
        line.owed[part] if is_over or line.due_on <= on else line.settled(part)
        for line in loan.lines
    )
