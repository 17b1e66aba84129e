"""Texts that leave are rows first, and what comes back (answers, reports, commands) finds its row again."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import SMS_IN_CHARACTERS
from core.db import Row
from core.messaging.names import Template


class MessageState(StrEnum):
    """What we know of a text of ours; from SENT on, delivery reports move it forward only."""

    READY = "ready"  # waits for a worker, until not_before
    SENDING = "sending"  # claimed: it may or may not have left
    UNKNOWN = "unknown"  # the carrier's answer was lost; it is not sent again
    SENT = "sent"  # the carrier took it
    BUFFERED = "buffered"  # the network waits for the phone
    ABSENT = "absent"  # the phone was off or out of reach; the network may try again
    EXPIRED = "expired"  # the network stopped trying, says its last report
    DELIVERED = "delivered"
    FAILED = "failed"  # it will not arrive
    REJECTED = "rejected"  # the carrier or the person does not want it


LOST = (MessageState.FAILED, MessageState.REJECTED, MessageState.EXPIRED)  # it did not arrive


class Message(Row):
    """One text to one phone. The text of a secret one is erased when it has left."""

    __tablename__ = "sms_message"
    __table_args__ = (
        Index(None, "state", "not_before"), Index(None, "to", "created_at"), Index(None, "created_at"),
        Index(
            "ix_sms_message_ready", "secret", "not_before",
            postgresql_where=text("state = 'ready'"), sqlite_where=text("state = 'ready'"),
        ),
    )  # fmt: skip

    to: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    about_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # somebody else whom it names
    template: Mapped[Template]
    language: Mapped[str] = mapped_column(String(2))
    text: Mapped[str] = mapped_column(Text)
    secret: Mapped[bool] = mapped_column(default=False)
    event_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    state: Mapped[MessageState] = mapped_column(default=MessageState.READY)
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(100), index=True)  # the carrier's
    cost: Mapped[str | None] = mapped_column(String(20))
    failure: Mapped[str | None] = mapped_column(String(40))


class DeliveryReport(Row):
    """A delivery report as it came; it may overtake the answer that says which message it is about."""

    __tablename__ = "sms_report"
    __table_args__ = (UniqueConstraint("message_id", "state"), Index(None, "created_at"))

    message_id: Mapped[str] = mapped_column(String(100))
    state: Mapped[MessageState]
    failure: Mapped[str | None] = mapped_column(String(40))
    joined_at: Mapped[datetime | None] = mapped_column(index=True)


class InboundMessage(Row):
    """A text a person sent us, kept until it is answered; then it is erased, for people text their PINs."""

    __tablename__ = "sms_inbound"
    __table_args__ = (
        Index(None, "processed_at", "attempts"), Index(None, "sender", "created_at"), Index(None, "created_at"),
    )  # fmt: skip

    message_id: Mapped[str] = mapped_column(String(100), unique=True)  # the carrier's
    sender: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(SMS_IN_CHARACTERS))
    attempts: Mapped[int] = mapped_column(default=0)
    try_at: Mapped[datetime | None]  # not before then, if it broke its answer
    processed_at: Mapped[datetime | None]


class OptOut(Row):
    """A phone that wants no reminders, from `created_at` until `ended_at`; the history stays."""

    __tablename__ = "sms_opt_out"
    __table_args__ = (
        Index(
            "ix_sms_opt_out_open",
            "phone",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    phone: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(20))  # "stop", "carrier"
    ended_at: Mapped[datetime | None]
