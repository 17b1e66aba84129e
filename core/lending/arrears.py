"""Arrears by the rules agreed with a loan: its days past due, what is overdue, and the bucket it is counted in.

Whoever says for how long a loan is late asks its state (`days_late`), or the columns its clock is stored in
(`day_figures`): the phone, the desk, the reports, the bureau, the default. As a payment counts from its value date, so
do the days: who paid in time is not late, however long the message took.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from config.limits import ARREARS_BUCKETS
from core.lending.state import Clock, InstalmentState, LoanState, LoanStatus, Pause, clock
from core.lending.state.overdue import A_DAY, Rules, late_since, rules
from core.lending.terms import Terms

__all__ = [
    "A_DAY", "Arrears", "Clock", "Rules", "arrears", "bucket", "clock", "loan_clock", "rules",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrears:
    """How a loan, or one instalment, stands on a day. `overdue` is what should have been paid before that day."""

    days: int
    since: date | None
    overdue: int
    bucket: str


def arrears(
    rows: Sequence[InstalmentState], pauses: Iterable[Pause], on: date, rules: Rules
) -> Arrears:
    """How instalments stand together on day `on`; give one alone for how it stands by itself."""
    days = clock(rows, pauses, on, rules).days(on)
    since = late_since(rows, rules.tolerance) if days else None
    overdue = sum(row.outstanding for row in rows if row.due_on < on) if days else 0
    return Arrears(days, since, overdue, bucket(days))


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
