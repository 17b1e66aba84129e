"""Arrears: for how long money is late, counted in days AFTER the due date (the due date itself is not late).

A loan is late since the first instalment with which what is unpaid grows beyond the tolerance. From there a clock runs;
it starts late by the days of grace and stands still while a hardship pause lasts. As a payment counts from its value
date, so do the days: who paid in time is not late, however long the message took.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from config.limits import ARREARS_BUCKETS
from core.lending.state import InstalmentState, LoanState, LoanStatus, Pause, PauseKind
from core.lending.terms import Terms

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a lender does not count: days of grace, and an amount (minor units) nobody runs after."""

    grace_days: int = 0
    tolerance: int = 0


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


@dataclass(frozen=True, slots=True)
class Arrears:
    """How a loan, or one instalment, stands on a day. `overdue` is what should have been paid before that day."""

    days: int
    since: date | None
    overdue: int
    bucket: str


def rules(terms: Terms) -> Rules:
    """The rules agreed with a loan."""
    return Rules(terms.arrears_grace_days, terms.arrears_tolerance)


def arrears(
    rows: Sequence[InstalmentState], pauses: Iterable[Pause], on: date, rules: Rules
) -> Arrears:
    """How instalments stand together on day `on`; give one alone for how it stands by itself."""
    days = clock(rows, pauses, on, rules).days(on)
    since = _since(rows, rules.tolerance) if days else None
    overdue = sum(row.outstanding for row in rows if row.due_on < on) if days else 0
    return Arrears(days, since, overdue, bucket(days))


def clock(
    rows: Iterable[InstalmentState], pauses: Iterable[Pause], on: date, rules: Rules
) -> Clock:
    """The clock of a loan as it stands on `on`; pauses that are over by then are already in its first day."""
    since = _since(rows, rules.tolerance)
    if since is None:
        return Clock()
    later = timedelta(days=rules.grace_days)
    for begins, ends in _spans(pauses, since + A_DAY):
        if ends >= on:
            return Clock(since + later, begins, ends)
        later += ends - begins + A_DAY
    return Clock(since + later)


def loan_clock(terms: Terms, state: LoanState) -> Clock:
    """The clock of a loan that somebody still owes; of any other it does not run."""
    if state.status not in (LoanStatus.DISBURSED, LoanStatus.DEFAULTED):
        return Clock()
    return clock(state.rows, state.pauses, state.on, rules(terms))


def bucket(days: int) -> str:
    """The ageing bucket of so many days, e.g. "31-60"; "current" is not late."""
    marks = (0, *ARREARS_BUCKETS)
    if days <= 0:
        return "current"
    found = next((pair for pair in pairwise(marks) if days <= pair[1]), None)
    return f"{found[0] + 1}-{found[1]}" if found else f"{marks[-1] + 1}+"


def _since(rows: Iterable[InstalmentState], tolerance: int) -> date | None:
    unpaid = 0
    for row in sorted(rows, key=lambda row: row.due_on):
        unpaid += row.outstanding
        if unpaid > tolerance:
            return row.due_on
    return None


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
