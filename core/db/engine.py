"""How the node opens its database: SQLite that waits and never loses a commit, or PostgreSQL with short locks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from config.limits import CONNECT_SECONDS, LOCK_WAIT_MS, STATEMENT_MS

READS_ONLY = "growr_reads_only"
BEGAN_AT = (
    "growr_changes_at_begin"  # how many rows a connection had changed when its transaction began
)


def connect(url: str, *, pool_size: int = 8) -> Engine:
    """An engine for `sqlite:///file` or `postgresql+psycopg://…`; every wait inside it has a limit."""
    if url.startswith("sqlite"):
        return _sqlite(url, pool_size)
    options = f"-c lock_timeout={LOCK_WAIT_MS} -c statement_timeout={STATEMENT_MS} -c timezone=UTC"
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,  # an error in a log must not show phones and texts
        connect_args={"options": options, "connect_timeout": CONNECT_SECONDS},
    )


def is_sqlite(db: Session) -> bool:
    """Whether this session speaks to SQLite (where one writer at a time is the lock)."""
    return db.get_bind().dialect.name == "sqlite"


def read_one_moment(db: Session) -> None:
    """Let a session that only reads see the database at one moment and make no writer wait; call it first."""
    sqlite, postgres = {READS_ONLY: True}, {"isolation_level": "REPEATABLE READ"}
    db.connection(execution_options=sqlite if is_sqlite(db) else postgres)


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL and for memory."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in {"", ":memory:"}:
        return None
    return Path(name)


def answers(engine: Engine) -> bool:
    """Whether the database answers a question; nothing is written, and no writer is waited for or made to wait."""
    try:
        with engine.connect().execution_options(**{READS_ONLY: True}) as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError:
        return False
    return True


def _sqlite(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
        hide_parameters=True,
        connect_args={"timeout": LOCK_WAIT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        raw: Any = connection
        raw.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(READS_ONLY):
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # a reader turned writer would deadlock
        raw: Any = connection.connection.dbapi_connection
        connection.info[BEGAN_AT] = raw.total_changes

    return engine
