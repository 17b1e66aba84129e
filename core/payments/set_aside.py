"""Callbacks that broke their worker too often: nobody tries them again until a person has looked.

Money may hang on one, so it is listed and logged; its bytes stay for PAYMENT_BODY_DAYS, then only that it was there.
"""

from __future__ import annotations

import uuid
from datetime import datetime

import structlog
from sqlalchemy import select, update

from config.limits import CALLBACK_DEATHS, CALLBACK_TRIES
from core.db import Session
from core.errors import Refusal
from core.payments.models import InboxMessage
from core.queue import Job, enqueue
from core.refusal_codes import RefusalCode

log = structlog.get_logger(__name__)


def broke(db: Session, message_id: uuid.UUID, *, now: datetime) -> None:
    """Understanding it failed once more; the last time it is set aside, with an alarm."""
    row = db.get_one(InboxMessage, message_id)
    if row.tries >= CALLBACK_TRIES and row.processed_at is None:
        row.set_aside_at = now
        log.error("callback set aside", callback=str(row.id), topic=row.topic.value)


def find_deadly(db: Session, *, now: datetime) -> int:
    """Set aside what killed its worker again and again, so that nobody could say it broke."""
    deadly = (InboxMessage.processed_at.is_(None), InboxMessage.set_aside_at.is_(None))
    found = list(
        db.scalars(
            update(InboxMessage)
            .where(*deadly, InboxMessage.tries >= CALLBACK_DEATHS)
            .values(set_aside_at=now)
            .returning(InboxMessage.id)
        )
    )
    for message_id in found:
        log.error("callback set aside", callback=str(message_id))
    return len(found)


def waiting(db: Session, limit: int) -> list[InboxMessage]:
    """What a person must look at, oldest first."""
    query = select(InboxMessage).where(
        InboxMessage.processed_at.is_(None), InboxMessage.set_aside_at.is_not(None)
    )
    return list(db.scalars(query.order_by(InboxMessage.set_aside_at).limit(limit)))


def find(db: Session, message_id: uuid.UUID) -> InboxMessage | None:
    """The callback that was set aside under this id, if there is one."""
    row = db.get(InboxMessage, message_id, with_for_update=True)
    return row if row is not None and row.set_aside_at and row.processed_at is None else None


def read_again(db: Session, message_id: uuid.UUID, *, now: datetime) -> None:
    """Let a worker try it anew, e.g. after an update of the node. Refuses callback_unknown."""
    row = find(db, message_id)
    if row is None or row.raw is None:
        raise Refusal(RefusalCode.CALLBACK_UNKNOWN, callback=message_id)
    row.set_aside_at, row.tries, row.try_at = None, 0, now
    enqueue(db, Job.PAYMENT_INBOX)


def dismiss(db: Session, message_id: uuid.UUID, *, now: datetime) -> bool:
    """A person has looked at it, and it is seen to; False if none was set aside under this id."""
    row = find(db, message_id)
    if row is None:
        return False
    row.processed_at, row.raw = now, None
    return True
