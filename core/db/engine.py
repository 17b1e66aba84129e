"""How the node opens its database: SQLite that waits and never loses a commit, or PostgreSQL with short locks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from config.limits import LOCK_WAIT_MS, STATEMENT_MS


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
        connect_args={"options": options},
    )


def is_sqlite(db: Session) -> bool:
    """Whether this session speaks to SQLite (where one writer at a time is the lock)."""
    return db.get_bind().dialect.name == "sqlite"


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
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # a reader that turns writer would deadlock

    return engine
