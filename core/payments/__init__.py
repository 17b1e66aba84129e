"""Payments: an intent is written first, sent once, asked about until its end is known, and booked once."""

from core.payments.models import (
    Attention,
    InboxMessage,
    Method,
    Payment,
    PaymentKind,
    PaymentState,
    Topic,
)  # fmt: skip
from core.payments.service import attentions, by_key, lock, of_loan, request, resolve

__all__ = [
    "Attention", "InboxMessage", "Method", "Payment", "PaymentKind", "PaymentState", "Topic",
    "attentions", "by_key", "lock", "of_loan", "request", "resolve",
]  # fmt: skip
