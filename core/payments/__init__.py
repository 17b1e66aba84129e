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
from core.payments.service import (
    alert,
    attentions,
    by_key,
    lock,
    of_loan,
    request,
    resolve,
    rest_of,
    waiting_late,
    withdraw,
)

__all__ = [
    "Attention", "InboxMessage", "Method", "Payment", "PaymentKind", "PaymentState", "Topic",
    "alert", "attentions", "by_key", "lock", "of_loan", "request", "resolve", "rest_of", "waiting_late", "withdraw",
]  # fmt: skip
