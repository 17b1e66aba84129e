"""A fresh database for every test, copied from a template that is built once per worker.

PostgreSQL takes a quarter of a second to make a database and drop it again: what a test leaves behind is emptied in
a few milliseconds and given to the next, unless the test changed the schema.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from psycopg.errors import ObjectInUse
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from gateway.cli.db import migrations

# for a test whose SQL another one proves on both kinds of database
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def build_schema(url: str) -> None:
    """Bring an empty database to the schema of today, the way an operator does."""
    command.upgrade(migrations(url), "head")


class SqliteDatabases:
    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"
        build_schema(f"sqlite:///{self.template}")

    def fresh(self, folder: Path) -> str:
        path = folder / f"{uuid.uuid4().hex}.db"
        shutil.copy(self.template, path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """The folder goes with the test."""


LEAVING_SECONDS = 120  # PostgreSQL itself waits for five, and a busy machine may need more
KEPT = "kept"  # the schema in which the template's own rows are kept, to put them back
FILLED = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace = '{schema}'::regnamespace AND pg_relation_size(oid) > 0"""
# whoever changes the schema writes to one of these; rows do not, and VACUUM does so in no transaction
CATALOGUES = ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc", "pg_db_role_setting")  # fmt: skip
NEWEST = "SELECT max(xmin::text::bigint) || '/' || count(*) FROM {catalogue}"
CUT_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
RESTART_SEQUENCES = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


class PostgresDatabases:
    def __init__(self, server: str) -> None:
        self.server = make_url(server)
        self.admin = create_engine(self.server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self.clean: list[str] = []
        self.template = f"template_{uuid.uuid4().hex}"
        self._sql(f'CREATE DATABASE "{self.template}"')
        build_schema(self._url(self.template))
        with self._connect(self.template) as connection:
            _keep_rows(connection)
            self.schema = _schema(connection)

    def fresh(self, folder: Path) -> str:
        """A clean one gets another name: whoever still runs behind a test that is over does not find it."""
        name = f"test_{uuid.uuid4().hex}"
        if self.clean:
            self._sql(f'ALTER DATABASE "{self.clean.pop(0)}" RENAME TO "{name}"')
        else:
            self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return self._url(name)

    def drop(self, url: str) -> None:
        """Empty a database for a later test; where its schema is no longer the template's it goes for good."""
        name = str(make_url(url).database)
        with self._connect(name) as connection:
            is_as_made = _schema(connection) == self.schema
            if is_as_made:
                _empty(connection)
        if is_as_made:
            self.clean.append(name)
        else:
            self._sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def bare(self) -> str:
        """A database without any schema; it goes with the server."""
        name = f"bare_{uuid.uuid4().hex}"
        self._sql(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)

    def _sql(self, statement: str) -> None:
        """Carry out a statement; whoever has just hung up may still be seen in the database for a while."""
        until = time.monotonic() + LEAVING_SECONDS
        with self.admin.connect() as connection:
            while True:
                try:
                    connection.execute(text(statement))
                except OperationalError as error:
                    if not isinstance(error.orig, ObjectInUse) or time.monotonic() > until:
                        raise
                else:
                    return

    @contextmanager
    def _connect(self, name: str) -> Iterator[Connection]:
        engine = create_engine(self._url(name), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            yield connection


def _keep_rows(connection: Connection) -> None:
    """Keep what the migrations have written."""
    tables = _filled(connection, "public")
    connection.execute(text(f"CREATE SCHEMA {KEPT}"))
    for table in tables:
        connection.execute(text(f"CREATE TABLE {KEPT}.{table} AS TABLE {table}"))


def _schema(connection: Connection) -> list[str]:
    """What changes with every change of the schema, and with nothing else."""
    newest = (connection.scalar(text(NEWEST.format(catalogue=one))) for one in CATALOGUES)
    return [str(one) for one in newest]


def _filled(connection: Connection, schema: str) -> list[str]:
    """The tables that hold rows, or held some."""
    return list(connection.scalars(text(FILLED.format(schema=schema))))


def _empty(connection: Connection) -> None:
    """Put back the template's rows and no others, past every trigger; after VACUUM new rows lie in their order."""
    for statement in (CUT_OTHERS, "SET session_replication_role = replica"):
        connection.execute(text(statement))
    filled, kept = _filled(connection, "public"), _filled(connection, KEPT)
    statements = [f"DELETE FROM {table}" for table in filled]
    statements += [f"VACUUM (INDEX_CLEANUP ON) {', '.join(filled)}", RESTART_SEQUENCES]
    statements += [f"INSERT INTO {table.removeprefix(f'{KEPT}.')} TABLE {table}" for table in kept]
    for statement in statements:
        connection.execute(text(statement))
