"""Delete a few rows of many: a small transaction each, so that nobody else waits for it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, CursorResult, delete, select
from sqlalchemy.orm import Session

from core.db.base import Row


def delete_some(db: Session, kind: type[Row], *conditions: ColumnElement[bool], limit: int) -> int:
    """Delete at most `limit` rows that meet the conditions, the oldest first; how many they were."""
    oldest = select(kind.id).where(*conditions).order_by(kind.created_at).limit(limit)
    ids = list(db.scalars(oldest.with_for_update(skip_locked=True)))
    if not ids:
        return 0
    done = db.execute(
        delete(kind).where(kind.id.in_(ids)), execution_options={"synchronize_session": False}
    )
    assert isinstance(done, CursorResult)
    return int(done.rowcount)
