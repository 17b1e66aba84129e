"""The database: one Session type, one Base, instants in UTC, identifiers as UUIDs."""

from sqlalchemy.orm import Session, sessionmaker

from core.db.among import among
from core.db.base import Base, Day, Instant, Row
from core.db.delete_some import delete_some
from core.db.engine import READS_ONLY, answers, connect, is_sqlite, read_one_moment, sqlite_file
from core.db.insert_new import insert_new
from core.db.released import released
from core.db.said import said, said_in
from core.db.update_many import update_many

__all__ = [
    "READS_ONLY",
    "Base",
    "Day",
    "Instant",
    "Row",
    "Session",
    "among",
    "answers",
    "connect",
    "delete_some",
    "insert_new",
    "is_sqlite",
    "read_one_moment",
    "released",
    "said",
    "said_in",
    "sessionmaker",
    "sqlite_file",
    "update_many",
]
