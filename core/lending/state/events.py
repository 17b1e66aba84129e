"""What can happen to a loan: one event, on its value date. Events are never changed; a later one takes one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.lending.allocation import Part, PaymentType


class LoanStatus(StrEnum):
    """Where a loan stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    DISBURSED = "disbursed"
    REPAID = "repaid"
    DEFAULTED = "defaulted"
    CANCELLED = "cancelled"
    WRITTEN_OFF = "written_off"


class EventKind(StrEnum):
    """Everything that can happen to a loan."""

    APPROVED = "approved"
    DISBURSED = "disbursed"  # all of it, or one tranche
    TRANCHE_ASKED = "tranche_asked"  # the next part is on its way to her
    REST_CANCELLED = "rest_cancelled"  # what was not drawn will not be
    REPAID = "repaid"  # money came in
    DEFAULTED = "defaulted"
    CANCELLED = "cancelled"
    REVERSED = "reversed"  # an earlier event is taken back: it never happened
    REFUND_ASKED = "refund_asked"  # credit is on its way back to her
    REFUND_PAID = "refund_paid"
    REFUND_FAILED = "refund_failed"
    CASH_BACK_EARNED = "cash_back_earned"
    CASH_BACK_PAID = "cash_back_paid"
    CASH_BACK_LOST = "cash_back_lost"  # the project ended with too little to pay it
    FEE_CHARGED = "fee_charged"
    PENALTY_CHARGED = "penalty_charged"
    WAIVED = "waived"  # of one part, the oldest first
    CHARGED_BACK = (
        "charged_back"  # the provider took a repayment back: new debt from its own day on
    )
    RESCHEDULED = "rescheduled"  # new dates for what is not yet due, or another number of rows
    INTEREST_PAUSED = "interest_paused"
    ARREARS_PAUSED = "arrears_paused"  # hardship: nobody counts the days of being late
    RATE_CHANGED = "rate_changed"
    WRITTEN_OFF = "written_off"
    RECOVERED = "recovered"  # money for a loan that was written off
    CLOSED = "closed"  # a small rest is let go


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, on its value date. Amounts are minor units; each kind reads the fields it needs."""

    number: int
    kind: EventKind
    on: date
    amount: int = 0
    reverses: int | None = None  # REVERSED, CHARGED_BACK: the number of the event
    payment_type: PaymentType = PaymentType.REPAYMENT
    principal: int | None = None  # DISBURSED: the principal of this tranche; None = all agreed
    part: Part | None = None  # WAIVED: of which part
    due_on: date | None = (
        None  # a charge: when it is owed; RESCHEDULED: the first row's new due date
    )
    until: date | None = None  # a pause: its last day
    rate: Decimal | None = None  # RATE_CHANGED: percent a year
    instalments: int | None = None  # RESCHEDULED: how many rows remain

    @property
    def undoes(self) -> bool:
        """Whether the event it names has never happened."""
        return self.kind is EventKind.REVERSED
