"""Interest by the plan: a row costs what was agreed, whenever it is paid; its days earn it evenly."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.schedule import schedule
from core.lending.state import replan
from core.lending.state.engine import Engine
from core.lending.state.figures import Accrual
from core.lending.state.lines import Line

ZERO = Decimal(0)


class Planned(Engine):
    """The fixed model of the protocol, and every schedule whose interest is not recalculated."""

    def disburse(self, principal: int, on: date) -> None:
        if self.lines:
            replan.spread(self, on, added=principal)
        else:
            rows = schedule(replan.with_principal(self.terms, principal), on)
            self.lines = [Line.of(row) for row in rows]

    def begin_again(self, on: date) -> None:
        super().begin_again(on)
        if (line := self.running) is not None:
            line.arisen, line.since = line.owed[Part.INTEREST], max(on, line.begins_on)

    def change_rate(self, rate: Decimal, on: date) -> None:
        self.rate = rate
        replan.spread(self, on)

    def reschedule(self, on: date, first: date | None, count: int | None) -> None:
        replan.reschedule(self, on, first, count)

    def pause(self) -> None:
        for line in self.lines[self.current :]:
            days = (line.due_on - line.since).days
            if days:
                runs = self.pauses.days(line.since, line.due_on)
                cost = line.arisen + round(Decimal(line.planned) * runs / days)
                line.owed[Part.INTEREST] = max(cost, line.settled(Part.INTEREST))

    def close_row(self) -> None:
        line = self.lines[self.current]
        self.current += 1
        if not self.is_closed:
            allowed = self.duplum.limit(self.due_interest + line.owed[Part.INTEREST])
            line.owed[Part.INTEREST] = max(allowed - self.due_interest, line.settled(Part.INTEREST))
        self.due_interest += line.owed[Part.INTEREST]

    def exact(self, on: date) -> Decimal:
        line = self.running
        if line is None:
            return ZERO
        runs = self.pauses.days(line.since, line.due_on)
        passed = self.pauses.days(line.since, min(max(on, line.since), line.due_on))
        grows = Decimal(line.owed[Part.INTEREST] - line.arisen)
        return line.arisen + (grows * passed / runs if runs else ZERO)

    def accrued(self, on: date) -> int:
        if self.is_closed:
            return self.agreed()
        payable = self.terms.payable(self.due_interest + self.exact(on))
        most = self.due_interest + (self.running.owed[Part.INTEREST] if self.running else 0)
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
        total = self.due_interest
        for line in self.lines[self.current :]:
            allowed = self.duplum.limit(total + line.owed[Part.INTEREST]) - total
            line.owed[Part.INTEREST] = max(allowed, line.settled(Part.INTEREST))
            total += line.owed[Part.INTEREST]
