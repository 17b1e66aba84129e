"""The state of a loan is a fold over its events: (terms, events, day) gives every figure, and nothing else does.

Events count by value date, then by number. A late or reversed event therefore refolds the loan as if it had always been
so; whoever stores figures stores the result of this fold.

Interest runs to the day she pays. If a payment covers the whole payoff of its day, the loan is closed there: interest
not yet accrued is not charged, and interest she had paid ahead counts towards the payoff. The fold never refuses an
event: it has happened. Whether one may happen is asked before, by `check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import localcontext

from core.lending.schedules.rounding import CONTEXT
from core.lending.state.apply import APPLY
from core.lending.state.days import pass_days
from core.lending.state.events import Event, EventKind
from core.lending.state.figures import LoanState
from core.lending.state.loan import Loan
from core.lending.state.shown import shown
from core.lending.terms import Terms

DAY = timedelta(days=1)


def fold(terms: Terms, events: Iterable[Event], on: date) -> LoanState:
    """The state at the end of day `on`; events after that day have not happened yet."""
    with localcontext(CONTEXT):
        loan, told = Loan(terms), list(events)
        for event in effective(told, on):
            pass_days(loan, event.on - DAY if event.kind is EventKind.INTEREST_PAUSED else event.on)
            APPLY[event.kind](loan, event)
        pass_days(loan, on)
        return shown(loan, told, on)


def effective(events: Sequence[Event], on: date) -> list[Event]:
    """What has happened by a day and was not taken back, in the order of its days.

    That a day costs nothing is known before the payments of the day, whenever it was told.
    """
    known = [event for event in events if event.on <= on]
    undone = {event.reverses for event in known if event.undoes}
    there = [event for event in known if event.number not in undone]
    paid = {event.on: event.number for event in reversed(there) if event.kind is EventKind.REPAID}

    def place(event: Event) -> tuple[date, int, bool]:
        is_pause = event.kind is EventKind.INTEREST_PAUSED
        number = min(event.number, paid.get(event.on, event.number)) if is_pause else event.number
        return event.on, number, not is_pause

    return sorted(there, key=place)
