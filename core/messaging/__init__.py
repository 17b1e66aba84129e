"""Texts: out as rows that workers hand to a carrier, in as commands, and who wants no reminders."""

from core.messaging.models import (
    DeliveryReport,
    InboundMessage,
    Message,
    MessageState,
    OptOut,
)
from core.messaging.optout import is_opted_out, opt_in, opt_out
from core.messaging.service import (
    answers_since,
    claim,
    find_lost,
    is_stale,
    record,
    send,
)
from core.messaging.templates import REMINDERS, TEXTS, Template, render

__all__ = [
    "REMINDERS", "TEXTS", "DeliveryReport", "InboundMessage", "Message", "MessageState", "OptOut",
    "Template", "answers_since", "claim", "find_lost", "is_opted_out", "is_stale", "opt_in",
    "opt_out", "record", "render", "send",
]  # fmt: skip
