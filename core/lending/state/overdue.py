"""For how long money is late: the one clock that everybody who speaks of days late asks.

It counts days AFTER the due date of the first row with which what is unpaid grows beyond what is tolerated; it starts
late by the days of grace, and stands still while a hardship pause lasts. A rest that no rail carries is never late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.lending.state.figures import InstalmentState, Pause, PauseKind
from core.lending.terms import Terms

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a lender does not count: days of grace, and an amount (minor units) nobody runs after."""

    grace_days: int = 0
    tolerance: int = 0


def rules(terms: Terms) -> Rules:
    """The rules agreed with a loan; what no rail carries is tolerated always."""
    return Rules(terms.arrears_grace_days, terms.tolerated)


@dataclass(frozen=True, slots=True)
class Clock:
    """From which day the days of a loan are counted, and the pause (both days included) that is not over yet.

    SQL counts with the same three dates (`core.lending.portfolio`), so figures are right on any later day.
    """

    overdue_from: date | None = None
    paused_from: date | None = None
    paused_until: date | None = None

    def days(self, on: date) -> int:
        """Days past due at the end of a day."""
        if self.overdue_from is None:
            return 0
        return max(0, (on - self.overdue_from).days - self._still(on))

    def passes(self, days: int) -> date | None:
        """The first day on which more than `days` days are counted, if nothing is paid."""
        if self.overdue_from is None:
            return None
        found = self.overdue_from + timedelta(days=days + 1)
        if self.paused_from and self.paused_until and found >= self.paused_from:
            found += self.paused_until - self.paused_from + A_DAY
        return found

    def _still(self, on: date) -> int:
        if self.paused_from is None or self.paused_until is None:
            return 0
        return max(0, (min(on, self.paused_until) - self.paused_from).days + 1)


def clock(
    rows: Iterable[InstalmentState], pauses: Iterable[Pause], on: date, rules: Rules
) -> Clock:
    """The clock of these rows as it stands on a day; pauses that are over by then are already in its first day."""
    since = late_since(rows, rules.tolerance)
    if since is None:
        return Clock()
    later = timedelta(days=rules.grace_days)
    for begins, ends in _spans(pauses, since + A_DAY):
        if ends >= on:
            return Clock(since + later, begins, ends)
        later += ends - begins + A_DAY
    return Clock(since + later)


def late_since(rows: Iterable[InstalmentState], tolerance: int) -> date | None:
    """The due date of the first row with which more is unpaid than is tolerated."""
    unpaid = 0
    for row in sorted(rows, key=lambda row: row.due_on):
        unpaid += row.outstanding
        if unpaid > tolerance:
            return row.due_on
    return None


def counted(pauses: Iterable[Pause], after: date, until: date) -> int:
    """Days late from a due date (exclusive) to a day (inclusive): those of a hardship pause do not count."""
    days = (until - after).days
    for begins, ends in _spans(pauses, after + A_DAY):
        days -= max(0, (min(ends, until) - begins).days + 1)
    return days


def last_day(pauses: Iterable[Pause], after: date, days: int) -> date:
    """The last day until which no more than so many days count after a due date."""
    found = after + timedelta(days=days)
    for begins, ends in _spans(pauses, after + A_DAY):
        if begins <= found + A_DAY:
            found += ends - begins + A_DAY
    return found


def _spans(pauses: Iterable[Pause], first: date) -> list[tuple[date, date]]:
    """The hardship pauses from `first` on, those that touch as one, in order."""
    found: list[tuple[date, date]] = []
    for pause in sorted(pauses, key=lambda pause: pause.begins_on):
        if pause.kind is not PauseKind.ARREARS or pause.ends_on < first:
            continue
        begins, ends = max(pause.begins_on, first), pause.ends_on
        if found and begins <= found[-1][1] + A_DAY:
            begins, ends = found[-1][0], max(ends, found.pop()[1])
        found.append((begins, ends))
    return found
