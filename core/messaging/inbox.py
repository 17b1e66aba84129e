"""Texts that came in: kept once each, taken by one worker each, and erased when answered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, or_, select

from config.limits import SMS_IN_AGAIN_SECONDS, SMS_IN_CHARACTERS, SMS_IN_TRIES
from core.db import Session
from core.messaging.models import InboundMessage
from core.messaging.once import add_once
from core.queue import Job, enqueue

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text as a carrier handed it to us."""

    message_id: str
    sender: str
    recipient: str
    text: str


def receive(db: Session, inbound: Inbound, *, now: datetime) -> bool:
    """Keep a text until a worker answers it; False if the carrier told us of it before."""
    known = select(InboundMessage.id).where(InboundMessage.message_id == inbound.message_id)
    if db.scalar(known) is not None:
        return False
    row = InboundMessage(
        message_id=inbound.message_id, sender=inbound.sender, recipient=inbound.recipient,
        text=inbound.text[:SMS_IN_CHARACTERS], created_at=now,
    )  # fmt: skip
    enqueue(db, Job.SMS_INBOX)
    return add_once(db, row)


def received_since(db: Session, sender: str, since: datetime) -> int:
    """How many texts a phone sent us since then."""
    query = select(func.count()).where(
        InboundMessage.sender == sender, InboundMessage.created_at > since
    )
    return db.scalar(query) or 0


def take(db: Session, *, now: datetime) -> InboundMessage | None:
    """The next unanswered text, held by this transaction alone."""
    due = or_(InboundMessage.try_at.is_(None), InboundMessage.try_at <= now)
    return db.scalar(
        select(InboundMessage)
        .where(InboundMessage.processed_at.is_(None), InboundMessage.attempts < SMS_IN_TRIES, due)
        .order_by(InboundMessage.attempts, InboundMessage.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def done(inbound: InboundMessage, *, now: datetime) -> None:
    """It is answered; what she wrote is forgotten."""
    inbound.processed_at, inbound.text = now, ""


def broke(db: Session, id: uuid.UUID, *, now: datetime) -> None:
    """Answering it failed; it is tried again a little later, and after SMS_IN_TRIES times set aside."""
    row = db.get_one(InboundMessage, id, with_for_update=True)
    row.attempts, row.try_at = row.attempts + 1, now + timedelta(seconds=SMS_IN_AGAIN_SECONDS)
    if row.attempts >= SMS_IN_TRIES:
        log.error("inbound text set aside", inbound=str(id))
