"""While somebody outside is asked, nobody waits for us: on SQLite a transaction that has only read lets others write.

SQLite has one lock to write, taken when a transaction begins, for a reader turned writer would deadlock. Whoever must
ask the key service in the middle gives the lock back for that time, if nothing was written so far, and begins again:
all that was read is read anew. On PostgreSQL nothing is locked by reading, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from core.db.engine import BEGAN_AT, READS_ONLY, is_sqlite


@contextmanager
def released(db: Session) -> Iterator[None]:
    """Ask in here; what was written before stays locked as ever."""
    if not is_sqlite(db) or db.new or db.dirty or db.deleted or db.in_nested_transaction():
        yield
        return
    connection = db.connection()
    if connection.get_execution_options().get(READS_ONLY) or has_written(connection):
        yield
        return
    connection.exec_driver_sql("COMMIT")
    try:
        yield
    finally:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        db.expire_all()


def has_written(connection: Connection) -> bool:
    """Whether this transaction on SQLite has changed a row."""
    raw: Any = connection.connection.dbapi_connection
    return bool(raw.total_changes != connection.info.get(BEGAN_AT))
