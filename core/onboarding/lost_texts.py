"""Texts that did not arrive: whoever works with these people must know what they were not told."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select

from core.db import Session
from core.messaging import Message
from core.messaging.models import LOST
from core.people import User


def undelivered(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    since: datetime,
    limit: int,
    phone: str | None = None,
) -> list[tuple[User, Message]]:
    """Texts to members of an organisation that were lost, the newest first; `phone`: only to this number."""
    query = (
        select(User, Message)
        .join(Message, Message.user_id == User.id)
        .where(User.organisation_id == organisation_id, Message.state.in_(LOST))
        .where(Message.created_at >= since)
    )
    if phone is not None:
        query = query.where(User.phone == phone)
    found = db.execute(query.order_by(Message.created_at.desc(), Message.id).limit(limit))
    return [(user, message) for user, message in found]
