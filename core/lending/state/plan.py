"""The plan of the row that runs: what it costs if all is paid on its day. New instalments are found from it.

It knows nothing of payments, early or late: what somebody paid ahead stays paid in its row, and is not spread over all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from core.lending.state.lines import Line

ZERO = Decimal(0)


class Costs(Protocol):
    """Who knows what a row costs: an engine."""

    lent: int

    @property
    def running(self) -> Line | None: ...
    @property
    def is_flat(self) -> bool: ...
    @property
    def is_by_period(self) -> bool: ...
    def factor(self, line: Line, after: date) -> Decimal: ...
    def unpaused(self, after: date, until: date) -> Decimal: ...


@dataclass(slots=True)
class Basis:
    """What is divided: the balance the running row began with, what that row costs in all, and by which factor.

    `carried` is the part of the cost that rows of a grace period left to it.
    """

    balance: int
    cost: Decimal
    factor: Decimal
    carried: int = 0


@dataclass(slots=True)
class Plan:
    """`balance` is that of the row's beginning, tranches since included; `accrual` and `factors` are until `since`."""

    balance: int = 0
    accrual: Decimal = ZERO
    factors: Decimal = ZERO
    since: date = date.min
    carried: int = 0  # interest that the rows before did not ask for

    def run(self, engine: Costs, on: date) -> None:
        """Count the days so far, because the balance or the rate changes now."""
        line = engine.running
        if line is None or line.is_down_payment or on <= self.since:
            return
        end = min(on, line.due_on)
        part = engine.factor(line, self.since) * (end - self.since).days
        part /= (line.due_on - self.since).days or 1
        runs = engine.unpaused(self.since, end)
        self.accrual += self.bearing(engine) * part * runs
        self.factors, self.since = self.factors + part, end

    def bearing(self, engine: Costs) -> int:
        """What bears interest: the balance, or the whole loan where interest is flat."""
        return engine.lent if engine.is_flat else self.balance

    def lend(self, engine: Costs, amount: int) -> None:
        """A tranche; where a period costs the same whatever its days, it costs the whole period."""
        self.balance += amount
        if engine.is_by_period:
            self.accrual += amount * self.factors

    def basis(self, engine: Costs, line: Line) -> Basis:
        """What is to be divided over this row, which runs, and those after it."""
        after = max(self.since, line.begins_on)
        rest = engine.factor(line, after)
        cost = self.bearing(engine) * rest * engine.unpaused(after, line.due_on)
        whole = self.carried + self.accrual + cost
        return Basis(self.balance, whole, self.factors + rest, self.carried)

    def arisen(self, engine: Costs, line: Line, on: date) -> Decimal:
        """What the running row has cost by a day, and what the rows before it left to later ones."""
        after, end = max(self.since, line.begins_on), min(on, line.due_on)
        rest = max(0, (end - after).days) * engine.unpaused(after, max(after, end))
        days = (line.due_on - after).days or 1
        grows = self.bearing(engine) * engine.factor(line, after) * rest / days
        return self.carried + self.accrual + grows

    def close(self, line: Line, principal: int, interest: int, cost: Decimal) -> None:
        """The row is due: it asked for so much, and cost so much."""
        self.carried = max(0, round(cost) - interest)
        self.balance -= principal
        self.accrual, self.factors, self.since = ZERO, ZERO, line.due_on
