"""The state of a loan is a fold over its events: (terms, events, day) gives every figure, and nothing else does.

Events count by value date, then by number. A late or reversed event therefore refolds the loan as if it had always been
so; whoever stores figures stores the result of this fold.

Interest runs to the day she pays, never longer than the term. If a payment covers the whole payoff of its day, the loan
is closed there: interest not yet accrued is not charged, and interest she had paid ahead counts towards the payoff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.instalments import interest_for
from core.lending.schedule import schedule
from core.lending.state.events import Event, EventKind, LoanStatus
from core.lending.state.figures import InstalmentState, LoanState
from core.lending.state.lines import Line, allocate
from core.lending.terms import RepaymentModel, Terms


def fold(terms: Terms, events: Iterable[Event], on: date) -> LoanState:
    """The state at the end of day `on`; events after that day have not happened yet."""
    loan = _Loan(terms)
    for event in _effective(events, on):
        loan.accrue(event.on)
        _APPLY[event.kind](loan, event)
    loan.accrue(on)
    return loan.state(on)


def _effective(events: Iterable[Event], on: date) -> list[Event]:
    known = [event for event in events if event.on <= on]
    undone = {event.reverses for event in known}
    return sorted(
        (event for event in known if event.number not in undone),
        key=lambda event: (event.on, event.number),
    )


class _Loan:
    """The figures while the fold runs."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.status = LoanStatus.DRAFT
        self.lines: list[Line] = []
        self.disbursed_on: date | None = None
        self.closed_on: date | None = None
        self.accrued_to: date | None = None
        self.exposure = 0  # ad-hoc: principal times days
        self.credit = self.returning = self.cash_back_owed = self.fee_withheld = 0

    @property
    def disbursed(self) -> int:
        return self.terms.principal if self.lines else 0

    def paid(self, part: Part) -> int:
        return sum(line.paid[part] for line in self.lines)

    def accrue(self, to: date) -> None:
        """Let the days up to `to` pass. Only the ad-hoc model must remember them, for its principal changes any day."""
        if not self.lines or self.closed_on or self.terms.model is not RepaymentModel.AD_HOC:
            return
        assert self.accrued_to is not None
        (line,) = self.lines
        end = min(to, line.row.due_on)
        if end > self.accrued_to:
            self.exposure += line.open(Part.PRINCIPAL) * (end - self.accrued_to).days
            self.accrued_to = end
        self._project(line)

    def _project(self, line: Line) -> None:
        """Ad-hoc: what the interest will be at the due date if nothing more is paid before."""
        assert self.accrued_to is not None
        left = (line.row.due_on - self.accrued_to).days
        line.owed[Part.INTEREST] = interest_for(
            self.terms.interest_rate,
            self.terms.step,
            self.exposure + line.open(Part.PRINCIPAL) * left,
        )

    def accrued(self, on: date) -> int:
        """Interest for the days that have really passed."""
        if self.terms.model is RepaymentModel.AD_HOC:
            return interest_for(self.terms.interest_rate, self.terms.step, self.exposure)
        return self.terms.payable(sum((_earned(line, on) for line in self.lines), Decimal(0)))

    def payoff(self, on: date) -> int:
        if not self.lines or self.closed_on:
            return 0
        return self.disbursed + self.accrued(on) - sum(self.paid(part) for part in Part)

    def apply_approved(self, _: Event) -> None:
        self.status = LoanStatus.APPROVED

    def apply_cancelled(self, _: Event) -> None:
        self.status = LoanStatus.CANCELLED

    def apply_disbursed(self, event: Event) -> None:
        self.status = LoanStatus.DISBURSED
        self.disbursed_on = self.accrued_to = event.on
        self.lines = [Line.of(row) for row in schedule(self.terms, event.on)]
        kept = self.terms.principal - event.amount  # what she got counts her deposit
        self.fee_withheld = kept if event.amount else self.terms.fee.minor

    def apply_repaid(self, event: Event) -> None:
        if not self.lines or self.closed_on:
            self.credit += event.amount
        elif event.amount >= self.payoff(event.on):
            self._close(event)
        else:
            self._pay(event)

    def _close(self, event: Event) -> None:
        self.credit += event.amount - self.payoff(event.on)
        left = self.accrued(event.on)
        for line in self.lines:
            line.owed[Part.INTEREST] = min(line.row.interest, left)
            left -= line.owed[Part.INTEREST]
            line.paid = dict(line.owed)
            line.paid_on = line.paid_on or event.on
        assert not left, "more interest accrued than was agreed"
        self.closed_on, self.status = event.on, LoanStatus.REPAID

    def _pay(self, event: Event) -> None:
        for line in self.lines:
            if (
                self.terms.model is RepaymentModel.AD_HOC
            ):  # what has not accrued is not paid ahead of principal
                line.owed[Part.INTEREST] = self.accrued(event.on)
        rest = allocate(self.lines, event.amount, event.on)
        assert not rest, "less than the payoff always finds its place"
        self.accrue(event.on)

    def apply_defaulted(self, _: Event) -> None:
        if not self.closed_on:
            self.status = LoanStatus.DEFAULTED

    def apply_refund_asked(self, event: Event) -> None:
        self.returning += event.amount

    def apply_refund_paid(self, event: Event) -> None:
        self.returning -= event.amount
        self.credit -= event.amount

    def apply_refund_failed(self, event: Event) -> None:
        self.returning -= event.amount

    def apply_cash_back_earned(self, event: Event) -> None:
        self.cash_back_owed += event.amount

    def apply_cash_back_paid(self, event: Event) -> None:
        self.cash_back_owed -= event.amount

    def state(self, on: date) -> LoanState:
        interest_due = sum(
            line.owed[Part.INTEREST] if line.row.due_on <= on else line.paid[Part.INTEREST]
            for line in self.lines
        )
        grace = timedelta(days=self.terms.grace_period)
        return LoanState(
            status=self.status, on=on, rows=tuple(map(_row, self.lines)),
            disbursed_on=self.disbursed_on, closed_on=self.closed_on, disbursed=self.disbursed,
            principal_paid=self.paid(Part.PRINCIPAL), interest_paid=self.paid(Part.INTEREST),
            interest_earned=interest_due, interest_billed=interest_due, payoff=self.payoff(on), credit=self.credit,
            fee_withheld=self.fee_withheld, returning=self.returning, cash_back_owed=self.cash_back_owed,
            on_time=all((line.paid_on or on) <= line.row.due_on + grace for line in self.lines),
        )  # fmt: skip


_APPLY: dict[EventKind, Callable[[_Loan, Event], None]] = {
    EventKind.APPROVED: _Loan.apply_approved,
    EventKind.DISBURSED: _Loan.apply_disbursed,
    EventKind.REPAID: _Loan.apply_repaid,
    EventKind.DEFAULTED: _Loan.apply_defaulted,
    EventKind.CANCELLED: _Loan.apply_cancelled,
    EventKind.REVERSED: lambda _loan, _event: None,  # its target was left out before the fold
    EventKind.REFUND_ASKED: _Loan.apply_refund_asked,
    EventKind.REFUND_PAID: _Loan.apply_refund_paid,
    EventKind.REFUND_FAILED: _Loan.apply_refund_failed,
    EventKind.CASH_BACK_EARNED: _Loan.apply_cash_back_earned,
    EventKind.CASH_BACK_PAID: _Loan.apply_cash_back_paid,
    EventKind.CASH_BACK_LOST: _Loan.apply_cash_back_paid,  # either way no longer owed
}


def _earned(line: Line, on: date) -> Decimal:
    days = min(max((on - line.row.begins_on).days, 0), line.row.days)
    return Decimal(line.row.interest) * days / line.row.days


def _row(line: Line) -> InstalmentState:
    return InstalmentState(
        number=line.row.number, begins_on=line.row.begins_on, due_on=line.row.due_on,
        principal=line.owed[Part.PRINCIPAL], interest=line.owed[Part.INTEREST],
        principal_paid=line.paid[Part.PRINCIPAL], interest_paid=line.paid[Part.INTEREST],
        paid_on=line.paid_on,
    )  # fmt: skip
