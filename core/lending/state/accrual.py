"""Interest as income, day by day: on a straight line, so that a database can count it for a million loans at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from core.lending.allocation import Part
from core.lending.state.events import Event
from core.lending.state.figures import Accrual
from core.lending.state.loan import Loan

DAY = timedelta(days=1)


def billed(loan: Loan, on: date) -> int:
    """Interest of the rows that are due, and what was paid or let go of the others."""
    if loan.closed_on is not None:
        return sum(line.owed[Part.INTEREST] for line in loan.engine.lines)
    return sum(
        line.owed[Part.INTEREST] if line.due_on <= on else line.settled(Part.INTEREST)
        for line in loan.engine.lines
    )


def earned(loan: Loan, on: date, billed_by_now: int) -> tuple[int, Accrual | None]:
    """Interest earned by a day, and the line it goes on. What was paid before it is earned is no income yet."""
    if not loan.is_open:
        return billed_by_now, None
    line = loan.engine.line(on)
    return line.earned(on) if line is not None else loan.engine.accrued(on), line


def next_change(loan: Loan, events: Sequence[Event], on: date) -> date | None:
    """The first day after this one on which something happens by itself, or is known to happen."""
    days = [event.on for event in events if event.on > on]
    if loan.is_open:
        days += [line.due_on for line in loan.engine.lines[loan.engine.current :]]
        days += [line.due_on for line in loan.extra]
        days += [day for pause in loan.pauses for day in (pause.begins_on, pause.ends_on + DAY)]
        days += [loan.late.next_on + DAY] if loan.late.next_on is not None else []
    return min((day for day in days if day > on), default=None)
