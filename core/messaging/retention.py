"""How long texts are kept, and what is left of somebody whose record was destroyed because she asked for it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import or_, update

from config.limits import SMS_IN_TRIES
from core.db import Session, delete_some
from core.messaging.models import DeliveryReport, InboundMessage, Message, MessageState

_LEAVING = (MessageState.READY, MessageState.SENDING)
_OVER = or_(InboundMessage.processed_at.is_not(None), InboundMessage.attempts >= SMS_IN_TRIES)


def forget_texts(db: Session, before: datetime, limit: int) -> int:
    """Delete texts of ours written before then, unless they still wait to leave."""
    old = (Message.created_at < before, Message.state.not_in(_LEAVING))
    return delete_some(db, Message, *old, limit=limit)


def forget_reports(db: Session, before: datetime, limit: int) -> int:
    """Delete delivery reports that came before then."""
    return delete_some(db, DeliveryReport, DeliveryReport.created_at < before, limit=limit)


def forget_inbound(db: Session, before: datetime, limit: int) -> int:
    """Delete what people texted before then; of what was answered only number and time were left."""
    return delete_some(db, InboundMessage, InboundMessage.created_at < before, _OVER, limit=limit)


def forget_unanswered(db: Session, before: datetime) -> int:
    """Erase what people texted before then and no worker could answer: people text their PINs."""
    stale = (InboundMessage.created_at < before, InboundMessage.text != "", _OVER)
    return _count(db.execute(update(InboundMessage).where(*stale).values(text="")))


def forget_person(db: Session, *, user_id: uuid.UUID, phone: str) -> None:
    """Erase every text to her, from her, or that names her to others; what waits to leave is erased once it has."""
    hers = or_(Message.user_id == user_id, Message.about_id == user_id)
    db.execute(update(Message).where(hers, Message.state.not_in(_LEAVING)).values(text=""))
    db.execute(update(Message).where(hers, Message.state.in_(_LEAVING)).values(secret=True))
    db.execute(update(InboundMessage).where(InboundMessage.sender == phone).values(text=""))


def _count(done: object) -> int:
    return int(getattr(done, "rowcount", 0))
