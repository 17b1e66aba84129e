"""Where a repayment goes: a table of what comes first, walked over the instalments.

Kind to the borrower: what is longest overdue first, and inside an instalment interest, then principal.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class When(StrEnum):
    """How an instalment stands on the value date of a payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Part(StrEnum):
    """What an instalment consists of."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class PaymentType(StrEnum):
    """What kind of money came in; each may have an order of its own."""

    REPAYMENT = "repayment"
    DOWN_PAYMENT = "down_payment"
    GOODWILL = "goodwill"  # the lender pays for her
    COMPENSATION = "compensation"  # the group, or its risk deposit, pays for her
    REFUND = "refund"  # a shop took its goods back


Order = Sequence[tuple[When, Part]]

KIND = (Part.INTEREST, Part.PRINCIPAL, Part.FEE, Part.PENALTY)
KIND_TO_BORROWER: Order = tuple((when, part) for when in When for part in KIND)
