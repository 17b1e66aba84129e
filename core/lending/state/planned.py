"""Interest by the plan: a row costs what was agreed, whenever it is paid; its days earn it evenly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.schedule import method, schedule
from core.lending.schedules.payable import in_units
from core.lending.schedules.periods import Part as Asked
from core.lending.schedules.terms import Engine as Trade
from core.lending.state import replan
from core.lending.state.engine import Engine
from core.lending.state.figures import Accrual
from core.lending.state.lines import Line

ZERO = Decimal(0)
I, C = Part.INTEREST, Part.PRINCIPAL  # noqa: E741 - interest and capital


class Planned(Engine):
    """The fixed model of the protocol, and every schedule whose interest is not recalculated."""

    def disburse(self, principal: int, on: date) -> None:
        if not self.lines:
            self._begin(principal, on)
            return
        self.plan.run(self, on)
        self.lent += principal
        self.plan.lend(self, principal)
        self._divide(self.to_come, on)

    def _begin(self, principal: int, on: date) -> None:
        self.read = method(self.terms, on)
        rows = schedule(replan.with_principal(self.terms, principal), on)
        self.lines = [Line.of(row) for row in rows]
        down = sum(line.owed[C] for line in self.lines if line.is_down_payment)
        self.begin(principal, down, on)
        self.follow_grace()

    def begin_again(self, on: date) -> None:
        super().begin_again(on)
        if (line := self.running) is not None:
            line.arisen, line.since = line.owed[I], max(on, line.begins_on)

    def change_rate(self, rate: Decimal, on: date) -> None:
        self.plan.run(self, on)
        self.rate, self.yearly = rate, rate / 100
        self._divide(self.to_come, on)

    def reschedule(
        self, on: date, first: date | None, count: int | None, extra: Sequence[Line]
    ) -> None:
        done, left = [*self.lines[: self.current], *extra], self.to_come
        self.plan.run(self, on)
        behind = sum(1 for line in done if line.open(C) or line.open(I))
        due = replan.dates(self, on, left, first, count or max(1, len(left) + behind))
        rows = replan.reset(self, left, on, due)
        principal, interest = replan.collect(self, done, rows, on)
        self.plan.since = max(self.plan.since, on)
        self.plan.balance += principal
        self.plan.carried += interest
        self.due_interest -= interest
        self.lines = [*self.lines[: self.current], *rows]
        keeps = first is not None and len(rows) == len(left) + behind
        self._divide(rows, on, keeps=keeps)

    def _divide(self, rows: Sequence[Line], on: date, *, keeps: bool = False) -> None:
        """Ask for the principal that is planned for these rows, in equal instalments or in those that were agreed."""
        if not rows:
            return
        arisen = round(self.exact(on))
        basis = self.plan.basis(self, rows[0])
        found = (replan.kept if keeps else replan.divided)(self, rows, basis)
        replan.fees(self, rows, found)
        if self.read is not None:
            found = in_units(self.read.payable, found, [line.agreed_fee for line in rows])
        for k, (line, part) in enumerate(zip(rows, found, strict=True)):
            line.since, line.arisen = max(on, line.begins_on), arisen if k == 0 else 0
            line.planned = part[1] - line.arisen
            line.instalment = sum(part) + line.again
        self._ask(rows, found)

    def _ask(self, rows: Sequence[Line], found: Sequence[Asked]) -> None:
        """Rows ask for their instalments; what was paid ahead stays paid in its row, and the last ones ask for less."""
        ahead = 0  # interest that was paid and is not owed any more: the next rows ask for so much less of it
        for line, (_, interest) in zip(rows, found, strict=True):
            line.owed[I] = max(interest - ahead, line.settled(I))
            ahead += line.owed[I] - interest
            line.owed[C] = max(line.instalment - line.owed[I], line.settled(C))
        over = sum(line.owed[C] - line.again for line in rows) - sum(part for part, _ in found)
        rows[-1].owed[C] -= min(over, 0)
        for line in reversed(rows):
            less = max(0, min(over, line.open(C)))
            line.owed[C] -= less
            over -= less

    def pause(self) -> None:
        self._cost(self.to_come, [self._unpaused_cost(line) for line in self.to_come])

    def _unpaused_cost(self, line: Line) -> int:
        days = (line.due_on - line.since).days
        if not days:
            return line.owed[I]
        runs = self.pauses.days(line.since, line.due_on)
        return max(line.arisen + round(Decimal(line.planned) * runs / days), line.settled(I))

    def _cost(self, rows: Sequence[Line], costs: Sequence[int]) -> None:
        """Rows cost less than was planned; each still asks for payable units."""
        parts = [(line.owed[C], cost) for line, cost in zip(rows, costs, strict=True)]
        found = in_units(self.unit, parts, [line.agreed_fee for line in rows])
        if any(
            principal < line.settled(C) or interest < line.settled(I)
            for line, (principal, interest) in zip(rows, found, strict=True)
        ):
            found = parts  # what was paid ahead leaves no room
        for line, part in zip(rows, found, strict=True):
            line.owed[C], line.owed[I] = part

    @property
    def unit(self) -> int:
        """What a row asks for is a multiple of it."""
        assert self.read is not None
        return self.terms.step if self.read.engine is Trade.FIXED else self.read.payable

    def close_row(self) -> None:
        line = self.lines[self.current]
        if not line.is_down_payment:
            cost = self.plan.basis(self, line).cost
            self.plan.close(line, line.owed[C] - line.again, line.owed[I], cost)
        self.project(line.due_on)
        self.current += 1
        self.due_interest += line.owed[I]

    def exact(self, on: date) -> Decimal:
        line = self.running
        if line is None:
            return ZERO
        if self.plan.carried or not line.asks_interest:
            return self.plan.arisen(self, line, on)
        runs = self.pauses.days(line.since, line.due_on)
        passed = self.pauses.days(line.since, min(max(on, line.since), line.due_on))
        grows = Decimal(line.owed[I] - line.arisen)
        return line.arisen + (grows * passed / runs if runs else ZERO)

    def accrued(self, on: date) -> int:
        if self.is_closed:
            return self.agreed()
        payable = self.terms.payable(self.due_interest + self.exact(on))
        most = self.due_interest + (self.running.owed[I] if self.running else 0)
        if self.plan.carried or (self.running and not self.running.asks_interest):
            most = self.agreed()  # what rows in grace leave to later ones arises all the same
        return self.duplum.limit(min(max(payable, self.due_interest), most))

    def line(self, on: date) -> Accrual | None:
        running = self.running
        if running is None or self.is_closed:
            return None
        begins, ends, is_pause = self.pauses.stretch(on, running.since, running.due_on)
        if is_pause:
            return None
        earned = [
            self.duplum.limit(self.due_interest + round(self.exact(day))) for day in (begins, ends)
        ]
        return Accrual(begins, ends, *earned)

    def ready(self, on: date) -> None:
        """After default, rows to come ask for no more than the limit allows."""
        self.project(on)

    def project(self, _on: date) -> None:
        if self.is_closed or self.duplum.principal is None:
            return
        total, costs = self.due_interest, []
        for line in self.to_come:
            allowed = self.duplum.limit(total + line.owed[I]) - total
            costs.append(max(allowed, line.settled(I)))
            total += costs[-1]
        if costs != [line.owed[I] for line in self.to_come]:
            self._cost(self.to_come, costs)
