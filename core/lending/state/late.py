"""What being late costs by itself: a row unpaid at the end of the day is charged, once or again every so many days.

Nobody stores these penalties: a payment that turns out to have been on time makes them vanish.
"""

from __future__ import annotations

import heapq
from datetime import date, timedelta

from core.lending.allocation import Part
from core.lending.schedules.terms import Base, Penalty
from core.lending.state.figures import Pause, PauseKind
from core.lending.state.lines import Line

PARTS = {
    Base.PRINCIPAL: (Part.PRINCIPAL,),
    Base.INTEREST: (Part.INTEREST,),
    Base.DUE: (Part.PRINCIPAL, Part.INTEREST, Part.FEE),
}


class Late:
    """The rows that are due, by the day on which they are looked at next."""

    def __init__(self, penalty: Penalty | None, step: int) -> None:
        self.penalty, self.step = penalty, step
        self._days: list[tuple[date, int]] = []
        self._charged: dict[int, int] = {}

    @property
    def next_on(self) -> date | None:
        """The next day on which a row may be charged."""
        return self._days[0][0] if self._days else None

    def watch(self, place: int, due_on: date) -> None:
        """A row is due today."""
        if self.penalty is not None:
            day = due_on + timedelta(days=self.penalty.after_days + 1)
            heapq.heappush(self._days, (day, place))

    def pop(self) -> tuple[date, int]:
        """The row whose day is next."""
        return heapq.heappop(self._days)

    def postponed(self, place: int, on: date, pauses: list[Pause]) -> bool:
        """In hardship nothing is charged; the row is looked at again when the pause is over."""
        for pause in pauses:
            if pause.kind is PauseKind.ARREARS and pause.begins_on <= on <= pause.ends_on:
                heapq.heappush(self._days, (pause.ends_on + timedelta(days=1), place))
                return True
        return False

    def cost(self, place: int, line: Line, on: date) -> int:
        """What the row is charged today, rounded down to what a rail can pay; the day of the next look is put down."""
        penalty = self.penalty
        assert penalty is not None
        overdue = sum(line.open(part) for part in PARTS[penalty.of])
        if overdue <= 0:
            return 0
        if penalty.every_days is not None:
            heapq.heappush(self._days, (on + timedelta(days=penalty.every_days), place))
        each = penalty.amount or int(overdue * penalty.percent / 100)
        left = each if penalty.most is None else penalty.most - self._charged.get(place, 0)
        charged = max(0, min(each, left)) // self.step * self.step
        self._charged[place] = self._charged.get(place, 0) + charged
        return charged
