"""Interest of the ad-hoc model: principal times rate times days, until the one due date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.schedule import schedule
from core.lending.state.duplum import InDuplum
from core.lending.state.engine import Engine
from core.lending.state.figures import Accrual
from core.lending.state.lines import Line
from core.lending.state.replan import with_principal
from core.lending.terms import Terms
from core.money import round_to


class AdHoc(Engine):
    """One row; its principal changes on any day, and each day bears interest on what is owed that day."""

    def __init__(self, terms: Terms, duplum: InDuplum) -> None:
        super().__init__(terms, duplum)
        self.exposure = Decimal(0)  # minor units of principal times days times percent a year
        self.counted_to = date.min

    @property
    def row(self) -> Line:
        return self.lines[0]

    def disburse(self, principal: int, on: date) -> None:
        if self.lines:
            self.count(on)
            self.row.owed[Part.PRINCIPAL] += principal
        else:
            (row,) = schedule(with_principal(self.terms, principal), on)
            self.lines, self.counted_to = [Line.of(row)], on
        self.project(on)

    def begin_again(self, on: date) -> None:
        super().begin_again(on)
        self.exposure, self.counted_to = Decimal(36_000 * self.row.owed[Part.INTEREST]), on

    def change_rate(self, rate: Decimal, on: date) -> None:
        self.count(on)
        self.rate = rate
        self.project(on)

    def reschedule(
        self, on: date, first: date | None, _count: int | None, _extra: Sequence[Line]
    ) -> None:
        self.count(on)
        self.counted_to = max(self.counted_to, on)
        self.row.due_on = first or self.row.due_on
        self.current = 0 if self.row.due_on > on else self.current
        self.project(on)

    def owe_again(self, line: Line, amount: int, on: date) -> None:
        if not line.is_extra:
            self.count(on)  # the days before bore no interest on it
        super().owe_again(line, amount, on)
        if not line.is_extra:
            self.project(on)

    def close_row(self) -> None:
        self.count(self.row.due_on)
        self.project(self.row.due_on)
        self.current = 1
        self.due_interest = self.row.owed[Part.INTEREST]

    def exact(self, on: date) -> Decimal:
        days = self.pauses.days(self.counted_to, max(self.counted_to, min(on, self.row.due_on)))
        return (self.exposure + self.row.open(Part.PRINCIPAL) * days * self.rate) / 36_000

    def accrued(self, on: date) -> int:
        if self.is_closed:
            return self.agreed()
        return self.duplum.limit(round_to(self.exact(on), self.terms.step))

    def line(self, on: date) -> Accrual | None:
        if self.running is None or self.is_closed:
            return None
        begins, ends, is_pause = self.pauses.stretch(on, self.counted_to, self.row.due_on)
        if is_pause:
            return None
        return Accrual(begins, ends, self.accrued(begins), self.accrued(ends))

    def ready(self, on: date) -> None:
        """What has not accrued is not paid ahead of principal."""
        if not self.is_closed:
            self.count(on)
            self.row.owed[Part.INTEREST] = max(self.accrued(on), self.row.settled(Part.INTEREST))

    def settle(self, on: date) -> None:
        self.project(on)

    def project(self, _on: date) -> None:
        if not self.is_closed:
            cost = self.accrued(self.row.due_on)
            self.row.owed[Part.INTEREST] = max(cost, self.row.settled(Part.INTEREST))
            self.row.instalment = self.row.owed[Part.PRINCIPAL] + self.row.owed[Part.INTEREST]

    def pause(self) -> None:
        self.project(self.counted_to)

    def count(self, on: date) -> None:
        end = min(on, self.row.due_on)
        if end > self.counted_to:
            days = self.pauses.days(self.counted_to, end)
            self.exposure += self.row.open(Part.PRINCIPAL) * days * self.rate
            self.counted_to = end
