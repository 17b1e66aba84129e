"""A balance that moves from day to day, and the interest it bears."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.lending.allocation import Way
from core.lending.state.duplum import InDuplum
from core.lending.state.engine import Engine
from core.lending.state.lines import Line
from core.lending.terms import Recalculation, Rest, Terms

ZERO = Decimal(0)


class Balance(Engine):
    """What a moving balance remembers: `bearing` is the principal that bears interest now."""

    def __init__(self, terms: Terms, duplum: InDuplum) -> None:
        super().__init__(terms, duplum)
        self.how = terms.recalculation or Recalculation()
        self.bearing = self.pending = 0  # pending: paid, but bearing until the next rest
        self.opening = 0  # the balance the running row began with, tranches since included
        self.principal = 0  # not yet repaid, the down payment included
        self.accrual = ZERO  # of the running row until `since`
        self.since = date.min
        self.carried = 0  # interest for which the rows before had no room
        self.ahead = 0  # principal paid ahead that the next rows need not ask for
        self.final = 0  # all interest, once the loan has ended
        self.is_vertical = terms.allocation.way is Way.VERTICAL
        self.touched = 0  # rows up to here owe interest that was carried to them

    def share(self, line: Line, after: date, until: date, balance: int) -> Decimal:
        """Interest on a balance for some days of a row: their share of what is left of the row."""
        length = (line.due_on - after).days
        if length <= 0 or not balance or not line.bears_interest:
            return ZERO
        whole = self.factor(line, after)
        return balance * whole * self.pauses.days(after, until) / length

    def exact(self, on: date) -> Decimal:
        running = self.running
        if running is None:
            return ZERO
        end = min(max(on, self.since), running.due_on)
        return self.accrual + self.share(running, self.since, end, self.bearing)

    def arisen(self, on: date) -> int:
        """Interest of the running row and what was carried to it, by a day; with rest, by the day that counts."""
        running = self.running
        if running is not None and self.how.rest is Rest.REPAYMENT:
            on = max(on, running.due_on)
        total = self.due_interest + self.carried + round(self.exact(on))
        return self.duplum.limit(total) - self.due_interest
