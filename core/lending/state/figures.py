"""Every figure of a loan on one day, in minor units: what the fold gives and the books show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.lending.allocation import Part
from core.lending.state.events import LoanStatus


class PauseKind(StrEnum):
    """What stands still."""

    INTEREST = "interest"
    ARREARS = "arrears"


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which interest does not run, or days late are not counted; both days are part of it."""

    kind: PauseKind
    begins_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Accrual:
    """The straight line on which interest is earned from one day to another while nothing happens."""

    begins_on: date
    ends_on: date
    earned_at_begin: int
    earned_at_end: int

    def earned(self, on: date) -> int:
        """Interest earned by the end of a day. SQL uses this very formula: whole numbers, halves rounded up."""
        length = (self.ends_on - self.begins_on).days
        days = min(max((on - self.begins_on).days, 0), length)
        if not length:
            return self.earned_at_end
        grows = self.earned_at_end - self.earned_at_begin
        return self.earned_at_begin + (2 * grows * days + length) // (2 * length)


@dataclass(frozen=True, slots=True)
class Portion:
    """Where a piece of a payment went: of which event, on its value date, to which part of the row due on a day."""

    number: int
    on: date
    due_on: date
    part: Part
    amount: int


@dataclass(frozen=True, slots=True)
class InstalmentState:
    """One instalment on the day asked for. `interest` is what it costs now; what was waived is not in it."""

    number: int
    begins_on: date
    due_on: date
    principal: int
    interest: int
    principal_paid: int
    interest_paid: int
    paid_on: date | None
    fee: int = 0
    penalty: int = 0
    fee_paid: int = 0
    penalty_paid: int = 0

    @property
    def due(self) -> int:
        return self.principal + self.interest + self.fee + self.penalty

    @property
    def paid(self) -> int:
        return self.principal_paid + self.interest_paid + self.fee_paid + self.penalty_paid

    @property
    def outstanding(self) -> int:
        return self.due - self.paid


@dataclass(frozen=True, slots=True)
class LoanState:
    """Every figure of a loan on one day, in minor units."""

    status: LoanStatus
    on: date
    rows: tuple[InstalmentState, ...]
    disbursed_on: date | None
    closed_on: date | None
    disbursed: int
    principal_paid: int
    interest_paid: int
    interest_earned: int  # accrued to the day: what the books show as income
    payoff: int  # what ends the loan today
    credit: int  # what we owe her, refunds under way included
    returning: int  # the part of the credit that is under way
    cash_back_owed: int
    on_time: bool  # no instalment was or is later than its due date and the grace period
    interest_billed: int = 0  # of the rows that are due, and what was paid before: gross of waivers
    fee_withheld: int = 0  # kept when the money was paid out, and not given back
    fee_returned: int = (
        0  # given back by ending the loan in the cooling-off time: that principal is not owed
    )
    fees_charged: int = 0  # owed by now, gross of waivers
    fees_paid: int = 0
    penalties_charged: int = 0
    penalties_paid: int = 0
    interest_waived: int = 0
    fees_waived: int = 0
    penalties_waived: int = 0
    principal_written_off: int = 0
    interest_written_off: int = 0
    fees_written_off: int = 0
    penalties_written_off: int = 0
    recovered: int = 0  # after the write-off; no debt is paid by it
    rounded: int = 0  # of what counts as paid: a rest below what a rail pays, let go
    undrawn: int = 0  # agreed, and still to be paid out
    charged_back: int = 0  # principal owed again because a repayment was taken back
    days_late: int = 0  # days past due that count (core.lending.state.overdue)
    restructured_on: date | None = None  # when what was unpaid was put on new rows, the last time
    pauses: tuple[Pause, ...] = ()
    portions: tuple[Portion, ...] = ()  # where each payment went
    accrual: Accrual | None = None  # None: nothing is earned by the mere passing of days
    next_change_on: date | None = (
        None  # the first day after `on` that is not on that line; None: there is none
    )

    @property
    def interest_accrued(self) -> int:
        """Earned and not yet billed."""
        return max(0, self.interest_earned - self.interest_billed)

    @property
    def interest_unearned(self) -> int:
        """Billed, because it was paid ahead, and not yet earned."""
        return max(0, self.interest_billed - self.interest_earned)

    @property
    def principal_outstanding(self) -> int:
        gone = self.principal_paid + self.principal_written_off + self.fee_returned
        return self.disbursed + self.charged_back - gone

    @property
    def outstanding(self) -> int:
        """What is left by the schedule, interest to come included."""
        return sum(row.outstanding for row in self.rows)

    @property
    def due_now(self) -> int:
        """What should have been paid by the end of today."""
        return sum(row.outstanding for row in self.rows if row.due_on <= self.on)

    @property
    def paid(self) -> int:
        """What she paid of it."""
        parts = self.principal_paid + self.interest_paid + self.fees_paid + self.penalties_paid
        return parts - self.rounded

    @property
    def unpaid(self) -> list[InstalmentState]:
        return [row for row in self.rows if row.outstanding]

    def next_asked(self, step: int) -> tuple[InstalmentState, int] | None:
        """The row that is asked for next, and how much by then: a rest that no rail carries waits for the row after."""
        unpaid, asked = self.unpaid, self.due_now if self.due_now >= step else 0
        for row in unpaid:
            open_so_far = sum(each.outstanding for each in unpaid if each.due_on <= row.due_on)
            if open_so_far >= step or row is unpaid[-1]:
                return row, asked or open_so_far
        return None
