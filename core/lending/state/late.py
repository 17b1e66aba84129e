"""What being late costs by itself: a row unpaid at the end of the day is charged, once or again every so many days.

Nobody stores these penalties: a payment that turns out to have been on time makes them vanish. Days of a hardship pause
do not count, and what is too small to be late costs nothing.
"""

from __future__ import annotations

import heapq
from datetime import date, timedelta

from core.lending.allocation import Part
from core.lending.schedules.terms import Base, Penalty
from core.lending.state.figures import Pause
from core.lending.state.lines import Line
from core.lending.state.overdue import counted

PARTS = {
    Base.PRINCIPAL: (Part.PRINCIPAL,),
    Base.INTEREST: (Part.INTEREST,),
    Base.DUE: (Part.PRINCIPAL, Part.INTEREST, Part.FEE),
}


class Late:
    """The rows that are due, by the day on which they are looked at next."""

    def __init__(self, penalty: Penalty | None, *, step: int, tolerated: int) -> None:
        self.penalty, self.step, self.tolerated = penalty, step, tolerated
        self._days: list[tuple[date, int]] = []
        self._since: dict[int, tuple[date, int]] = {}  # so many days after a day each is charged
        self._charged: dict[int, int] = {}

    @property
    def next_on(self) -> date | None:
        """The next day on which a row may be charged."""
        return self._days[0][0] if self._days else None

    def watch(self, place: int, due_on: date) -> None:
        """A row is due today."""
        if self.penalty is not None:
            self._look(place, due_on, self.penalty.after_days + 1)

    def pop(self) -> tuple[date, int]:
        """The row whose day is next."""
        return heapq.heappop(self._days)

    def postponed(self, place: int, on: date, pauses: list[Pause]) -> bool:
        """Whether fewer days count than it takes, for some were of a pause; the row is looked at again after it."""
        since, days = self._since[place]
        missing = days - counted(pauses, since, on)
        if missing > 0:
            heapq.heappush(self._days, (on + timedelta(days=missing), place))
        return missing > 0

    def cost(self, place: int, line: Line, on: date) -> int:
        """What the row is charged today, rounded down to what a rail can pay; the day of the next look is put down."""
        penalty = self.penalty
        assert penalty is not None
        overdue = sum(line.open(part) for part in PARTS[penalty.of])
        if overdue <= 0 or line.outstanding <= self.tolerated:
            return 0
        if penalty.every_days is not None:
            self._look(place, on, penalty.every_days)
        each = penalty.amount or int(overdue * penalty.percent / 100)
        left = each if penalty.most is None else penalty.most - self._charged.get(place, 0)
        charged = max(0, min(each, left)) // self.step * self.step
        self._charged[place] = self._charged.get(place, 0) + charged
        return charged

    def _look(self, place: int, since: date, days: int) -> None:
        self._since[place] = (since, days)
        heapq.heappush(self._days, (since + timedelta(days=days), place))
