"""How long callbacks are kept. Payments, ledger and loans are not touched: those the law asks to keep."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from core.db import Session, delete_some
from core.payments.models import InboxMessage

_UNREAD = (InboxMessage.processed_at.is_(None), InboxMessage.set_aside_at.is_not(None))


def forget_callbacks(db: Session, before: datetime, limit: int) -> int:
    """Delete callbacks that came before then and were understood; of these only identifiers and figures were left."""
    old = (InboxMessage.created_at < before, InboxMessage.processed_at.is_not(None))
    return delete_some(db, InboxMessage, *old, limit=limit)


def forget_bodies(db: Session, before: datetime) -> int:
    """Erase the bytes of what was set aside before then; that it was there stays until a person has looked."""
    stale = (*_UNREAD, InboxMessage.set_aside_at < before, InboxMessage.raw.is_not(None))
    done = db.execute(update(InboxMessage).where(*stale).values(raw=None))
    return int(getattr(done, "rowcount", 0))


def forget_person(db: Session, names: Collection[str]) -> None:
    """Erase the bytes of every callback set aside in which one of these stands (a number, a name)."""
    sought = [name.casefold() for name in names if name]
    for row in db.scalars(select(InboxMessage).where(*_UNREAD, InboxMessage.raw.is_not(None))):
        said = (row.raw or b"").replace(b"\0", b"").decode("utf-8", "replace").casefold()
        if any(name in said for name in sought):
            row.raw = None
