"""What the day end needs to know of a loan without asking its events: columns stored with every refold."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.lending.arrears import A_DAY, Clock, loan_clock
from core.lending.state import LoanState, LoanStatus
from core.lending.state.overdue import last_day
from core.lending.terms import Rest, Terms


def figures(terms: Terms, after: LoanState) -> dict[str, Any]:
    """The line interest is earned on, the clock of arrears, and the days on which more than these moves."""
    line, clock = after.accrual, loan_clock(terms, after)
    is_open = after.status is LoanStatus.DISBURSED
    return {
        "accrual_begins": line.begins_on if line else None,
        "accrual_ends": line.ends_on if line else None,
        "accrued_at_begin": line.earned_at_begin if line else after.interest_earned,
        "accrued_at_end": line.earned_at_end if line else after.interest_earned,
        "next_change_on": _next_change(terms, after, clock),
        "overdue_from": clock.overdue_from,
        "paused_from": clock.paused_from,
        "paused_until": clock.paused_until,
        "defaults_on": clock.passes(terms.default_after_days) if is_open else None,
    }


def _next_change(terms: Terms, after: LoanState, clock: Clock) -> date | None:
    """Also when a hardship pause is over, for another may follow, and when a loan is on time no longer."""
    days = [after.next_change_on, clock.paused_until and clock.paused_until + A_DAY]
    first_due = after.unpaid[0].due_on if after.unpaid else None
    if after.on_time:  # the rest of the first row may be too small ever to be late
        ends = (last_day(after.pauses, row.due_on, terms.grace_period) for row in after.unpaid)
        days += [end + A_DAY for end in ends]
    if first_due and first_due <= after.on and _is_dearer_each_day(terms, after):
        days.append(after.on + A_DAY)
    return min((day for day in days if day and day > after.on), default=None)


def _is_dearer_each_day(terms: Terms, after: LoanState) -> bool:
    """Whether each day that an instalment is late makes those to come dearer: while there are any to come."""
    how = terms.recalculation
    bears = how is not None and how.past_due_bears_interest and how.rest is Rest.DAILY
    return bears and after.rows[-1].due_on > after.on
