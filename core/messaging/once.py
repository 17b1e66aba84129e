"""Write a row with a unique key, or notice that somebody else just did, without losing the rest."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from core.db import Row, Session


def add_once(db: Session, row: Row) -> bool:
    """Add the row; False if its key is taken, and then nothing is written."""
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        return False
    return True
