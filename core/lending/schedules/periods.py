"""A loan's term cut into periods: from when to when, what it costs, and which part is asked for at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from core.lending.schedules.dates import due_dates
from core.lending.schedules.daycount import factor, yearly_rate
from core.lending.schedules.terms import ScheduleTerms

ZERO = Decimal(0)
Part = tuple[int, int]  # principal and interest of one row


@dataclass(frozen=True, slots=True)
class Period:
    """One period: begins on (exclusive), due on (inclusive), its factor, and what is asked for.

    `cost` is its interest, unrounded, where the factor alone does not tell: the balance or the rate changed within it.
    `runs` is the share of its days on which interest runs; the instalment is found as if it were all of them.
    """

    begins_on: date
    due_on: date
    factor: Decimal
    asks_principal: bool
    asks_interest: bool
    cost: Decimal | None = None
    runs: Decimal = Decimal(1)

    def interest(self, balance: int) -> Decimal:
        """What it costs on a balance, unrounded."""
        return balance * self.factor * self.runs if self.cost is None else self.cost


def periods(terms: ScheduleTerms) -> list[Period]:
    """The periods of a loan, the down payment not among them."""
    rate = yearly_rate(terms)
    dates = [terms.disbursed_on, *due_dates(terms)]
    return [
        Period(
            begins_on,
            due_on,
            factor(terms, rate, begins_on, due_on) if k >= terms.interest_free else ZERO,
            k >= terms.grace_on_principal,
            k >= terms.grace_on_interest,
        )
        for k, (begins_on, due_on) in enumerate(pairwise(dates))
    ]
