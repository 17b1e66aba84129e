"""Texts: out as rows that workers hand to a carrier, in as commands, and who wants no reminders."""

from core.messaging.inbound import Command, Request, parse
from core.messaging.inbox import Inbound, broke, done, receive, received_since, take
from core.messaging.many import Letter, send_many
from core.messaging.models import (
    DeliveryReport,
    InboundMessage,
    Message,
    MessageState,
    OptOut,
)
from core.messaging.names import REMINDERS, Template
from core.messaging.optout import is_opted_out, opt_in, opt_out
from core.messaging.rendering import render
from core.messaging.reports import Report, join_reports, keep_report
from core.messaging.retention import forget_person
from core.messaging.sending import Sending
from core.messaging.service import (
    claim,
    find_lost,
    is_stale,
    may_reach,
    may_remind,
    record,
    send,
    send_news,
    sent_since,
)
from core.messaging.templates import TEXTS

__all__ = [
    "REMINDERS", "TEXTS", "Command", "DeliveryReport", "Inbound", "InboundMessage", "Letter", "Message",
    "MessageState", "OptOut", "Report", "Request", "Sending", "Template", "broke", "claim", "done", "find_lost",
    "forget_person",
    "is_opted_out", "is_stale", "join_reports", "keep_report", "may_reach", "may_remind", "opt_in", "opt_out", "parse",
    "receive", "received_since", "record", "render", "send", "send_many", "send_news", "sent_since", "take",
]  # fmt: skip
