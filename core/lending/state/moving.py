"""Interest by the balance of every day: who pays early pays less, who pays late pays more, and the instalment stays.

A row asks for its instalment: interest first, principal with the rest. Principal that was paid is never taken back for
interest that arises later; interest for which a row has no room moves to the next one. What is not yet due is expected
on its day, what is overdue on the day one looks; the last open row takes the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.schedule import options, planned
from core.lending.schedules.build import down_payment
from core.lending.state import moving_rows, replan
from core.lending.state.balance import ZERO, Balance
from core.lending.state.figures import Accrual
from core.lending.state.lines import Line
from core.lending.terms import Prepayment, Rest


class Moving(Balance):
    """A schedule whose interest is recalculated."""

    def disburse(self, principal: int, on: date) -> None:
        self.principal += principal
        if not self.lines:
            self._begin(principal, on)
            return
        read = options(self.terms, principal, on)
        down = min(down_payment(read), principal) if read.down_payment else 0
        self._lend(principal - down, on)
        if down:
            line = Line(on, on, instalment=down)
            line.owed[Part.PRINCIPAL] = down
            self.lines.insert(self.current, line)
            self.current += 1
            self.touched += 1

    def _lend(self, amount: int, on: date) -> None:
        """A tranche: what is planned, and it, in equal instalments."""
        self.settle_days(on)
        self.plan.run(self, on)
        self.lent += amount
        self.plan.lend(self, amount)
        self.opening += amount
        self.bearing += amount
        if self.is_by_period:
            self.accrual += amount * self.plan.factors
        rows = self.to_come
        if rows:
            self._ask(rows, replan.divided(self, rows, self.plan.basis(self, rows[0])))

    def _begin(self, principal: int, on: date) -> None:
        self.read = options(self.terms, principal, on)
        self.lines = [Line.of(row) for row in planned(self.read)]
        down = sum(line.owed[Part.PRINCIPAL] for line in self.lines if line.is_down_payment)
        self.begin(principal, down, on)
        self.follow_grace()
        self.since = on
        self.bearing = self.opening = principal - down
        moving_rows.level(self)
        moving_rows.unasked(self)

    def _ask(self, rows: list[Line], parts: list[tuple[int, int]]) -> None:
        """The instalments that were found; the last row takes what is left, whatever that is."""
        for line, part in zip(rows, parts, strict=True):
            line.instalment = sum(part) + line.again
        moving_rows.limit_interest(self, rows, parts)
        replan.fees(self, rows, parts)
        moving_rows.level(self)
        moving_rows.unasked(self)

    def begin_again(self, on: date) -> None:
        super().begin_again(on)
        self.principal = self.bearing = sum(line.open(Part.PRINCIPAL) for line in self.lines)
        self.accrual, self.pending, self.ahead, self.since = ZERO, 0, 0, on
        self.carried = self.running.owed[Part.INTEREST] if self.running is not None else 0

    def change_rate(self, rate: Decimal, on: date) -> None:
        self.settle_days(on)
        self.plan.run(self, on)
        self.rate, self.yearly = rate, rate / 100
        self._divide(on)

    def reschedule(
        self, on: date, first: date | None, count: int | None, extra: Sequence[Line]
    ) -> None:
        self.settle_days(on)
        self.plan.run(self, on)
        done, left = [*self.lines[: self.current], *extra], self.to_come
        behind = sum(1 for line in done if line.open(Part.PRINCIPAL) or line.open(Part.INTEREST))
        self.bearing += sum(line.open(Part.PRINCIPAL) for line in [*self._past_bearing(), *extra])
        self.principal += sum(line.open(Part.PRINCIPAL) for line in extra)
        due = replan.dates(self, on, left, first, count or max(1, len(left) + behind))
        rows = replan.reset(self, left, on, due)
        principal, interest = replan.collect(self, done, rows, on)
        self.opening += principal
        self.due_interest -= interest
        if not left:
            self.accrual, self.since = ZERO, on
            self.plan.since = on
        self.carried += interest
        if principal or interest:
            self.plan.balance, self.plan.carried, self.plan.accrual = (
                self.opening,
                self.carried,
                self.accrual,
            )
        self.lines = [*self.lines[: self.current], *rows]
        if first is None or len(rows) != len(left) + behind:
            self._divide(on)
        moving_rows.unasked(self)

    def _divide(self, on: date) -> None:
        """Find equal instalments for the rows to come, from what they really cost."""
        rows = self.to_come
        spans, self.pauses.spans = self.pauses.spans, []
        if rows:
            self._ask(rows, replan.divided(self, rows, moving_rows.basis(self, rows[0])))
            moving_rows.smooth(self, on)
        self.pauses.spans = spans

    def _past_bearing(self) -> list[Line]:
        """The rows that are due and bear no interest; on new rows what they still owe bears it again."""
        bears = self.how.past_due_bears_interest
        return [row for row in self.lines[: self.current] if row.is_down_payment or not bears]

    def owe_again(self, line: Line, amount: int, on: date) -> None:
        self.settle_days(on)
        super().owe_again(line, amount, on)
        if not line.is_extra:
            self.principal += amount
            self.bearing += amount

    # -- days pass -------------------------------------------------------------------------------------------------

    def close_row(self) -> None:
        line = self.lines[self.current]
        if not self.is_closed:
            self.settle_days(line.due_on)
            self._close_plan(line)
            moving_rows.close(self, line)
        self.bearing -= self.pending
        self.pending, self.accrual, self.since = 0, ZERO, line.due_on
        self.due_interest += line.owed[Part.INTEREST]
        self.current += 1
        if not self.how.past_due_bears_interest:
            self.bearing -= line.open(Part.PRINCIPAL) if not line.is_down_payment else 0
        self.opening = self.bearing - moving_rows.overdue_bearing(self)

    def _close_plan(self, line: Line) -> None:
        if not line.is_down_payment:
            basis = self.plan.basis(self, line)
            ((principal, interest),) = replan.kept(self, [line], basis, rest=False)
            self.plan.close(line, principal, interest, basis.cost)

    def settle_days(self, on: date) -> None:
        """Count the days so far, because the balance changes now."""
        running = self.running
        if running is not None and on > self.since:
            end = min(on, running.due_on)
            self.accrual += self.share(running, self.since, end, self.bearing)
            self.since = end

    def accrued(self, on: date) -> int:
        return self.due_interest + self.arisen(on) if not self.is_closed else self.agreed()

    def line(self, on: date) -> Accrual | None:
        running = self.running
        if running is None or self.is_closed:
            return None
        begins, ends, is_pause = self.pauses.stretch(on, self.since, running.due_on)
        if is_pause:
            return None
        base = self.due_interest + self.carried
        earned = [self.duplum.limit(base + round(self.exact(day))) for day in (begins, ends)]
        return Accrual(begins, ends, *earned)

    # -- money comes in --------------------------------------------------------------------------------------------

    def ready(self, on: date) -> None:
        """Rows that are not due ask for the interest that has arisen, and for principal with the rest."""
        if not self.is_closed:
            moving_rows.ready(self, self.arisen(on), vertical=self.is_vertical)
        elif self.is_vertical:  # what was paid as principal leaves interest no room in its row
            moving_rows.finish(self, self.final, vertical=True)

    def room(self, line: Line) -> int:
        """Rows to come hold whole instalments: together they take no more principal than is not yet due."""
        running = self.running
        if self.is_closed or line.is_extra or running is None or line.due_on < running.due_on:
            return super().room(line)
        return min(super().room(line), max(0, moving_rows.to_be_asked(self)))

    def moved(self, line: Line, part: Part, amount: int, on: date) -> None:
        if part is not Part.PRINCIPAL or line.is_extra:
            return
        self.principal -= amount
        if line.is_down_payment:
            return
        if line.due_on <= on and not self.how.past_due_bears_interest:
            return  # it bears none since its row was closed
        running = self.running
        if self.how.rest is Rest.REPAYMENT and running is not None and on > running.begins_on:
            self.pending += amount
        else:
            self.settle_days(on)
            self.bearing -= amount

    def surplus(self, line: Line, amount: int) -> None:
        """Principal beyond the row that is due or runs: this row takes it, and the rows to come ask for less."""
        line.owed[Part.PRINCIPAL] += amount
        line.instalment += amount
        if line is not self.running and not self.how.past_due_bears_interest:
            self.bearing -= (
                amount  # a row that is due bears none: it is not counted when it is paid
            )
        if self.how.prepayment is Prepayment.NEXT_INSTALMENTS:
            self.ahead += amount

    def surplus_was_paid(self) -> None:
        """Find the smaller instalment of the rows to come."""
        if self.how.prepayment is Prepayment.REDUCE_INSTALMENT:
            moving_rows.relevel(self)

    def agreed(self) -> int:
        """All interest there will be if every row to come is paid on its day."""
        if self.is_closed:
            return super().agreed()
        copied = moving_rows.projected(self, self.since)
        return self.due_interest + sum(interest for _, interest in copied)

    def finish(self, interest: int) -> None:
        self.final, self.is_closed = interest, True
        moving_rows.finish(self, interest, vertical=self.is_vertical)

    def project(self, on: date) -> None:
        if not self.is_closed:
            moving_rows.project(self, on)
