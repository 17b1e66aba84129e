"""How Alembic reaches the database and knows the models."""

import fcntl
import os
from contextlib import contextmanager

from alembic import context
from sqlalchemy import text

from core.db import connect, sqlite_file
from core.tables import METADATA

config = context.config
ONE_AT_A_TIME = 0x67726F7772  # "growr": the advisory lock of migrations


def render_item(kind, item, _):
    """Write our own column types by name, with their import in the template."""
    if kind == "type" and type(item).__module__ == "core.db.base":
        return f"base.{type(item).__name__}()"
    return False


def run() -> None:
    given = config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = connect(config.attributes["url"])
    with alone(engine), engine.begin() as connection:
        wait_for_others(connection)
        migrate(connection)
    engine.dispose()


@contextmanager
def alone(engine):
    """On SQLite, hold the folder of the file: its own lock is waited for a few seconds, and at its birth not at all."""
    file = sqlite_file(engine.url)
    if file is None:
        yield
        return
    folder = os.open(file.absolute().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def wait_for_others(connection):
    """On PostgreSQL, one migration at a time, and no limit on how long a statement of it may take."""
    if connection.dialect.name != "postgresql":
        return
    for statement in ("SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = 0"):
        connection.execute(text(statement))
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
    connection.execute(text("RESET lock_timeout"))  # a table in use is not waited for without end


def migrate(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=False,
    )
    context.run_migrations()


run()
