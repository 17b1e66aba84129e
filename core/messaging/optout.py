"""Who wants no reminders: by texting STOP, or by telling the carrier. Receipts and codes still come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from core.db import Session
from core.messaging.models import Message, MessageState, OptOut
from core.messaging.names import REMINDERS
from core.messaging.once import add_once


def is_opted_out(db: Session, phone: str) -> bool:
    """Whether this phone wants no reminders now."""
    return _current(db, phone) is not None


def opt_out(db: Session, *, phone: str, source: str, now: datetime) -> None:
    """Send no more reminders to this phone, not even those that wait to leave."""
    if _current(db, phone) is None:
        add_once(db, OptOut(phone=phone, source=source, created_at=now))
    db.execute(
        update(Message)
        .where(Message.to == phone, Message.state == MessageState.READY)
        .where(Message.template.in_(REMINDERS))
        .values(state=MessageState.REJECTED, failure="opted_out")
    )


def opt_in(db: Session, *, phone: str, now: datetime) -> None:
    """Send reminders again; that there was an opt-out is remembered."""
    if (found := _current(db, phone)) is not None:
        found.ended_at = now
        db.flush()


def _current(db: Session, phone: str) -> OptOut | None:
    return db.scalar(select(OptOut).where(OptOut.phone == phone, OptOut.ended_at.is_(None)))
