"""What one test leaves in a database, no other test meets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.conftest import POSTGRES
from tests.databases import PostgresDatabases


@pytest.fixture
def makers(databases: dict[str, Any]) -> Iterator[PostgresDatabases]:
    """A pool of this test's own, on the template that is there."""
    made: PostgresDatabases = databases["postgresql"]
    others, made.clean = made.clean, []
    yield made
    for name in made.clean:
        made._sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    made.clean = others


def run(url: str, *statements: str) -> list[Any]:
    """Execute statements; the rows of the last."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        found = [connection.execute(text(one)) for one in statements]
        return list(found[-1]) if found[-1].returns_rows else []


def oid(url: str) -> int:
    """Which database it is, whatever its name."""
    name = make_url(url).database
    rows = run(os.environ[POSTGRES], f"SELECT oid FROM pg_database WHERE datname = '{name}'")
    return int(rows[0][0]) if rows else 0


SPOIL = """
    SET session_replication_role = replica;
    UPDATE alembic_version SET version_num = 'spoiled'; DELETE FROM book_head"""


def test_a_database_comes_back_emptied_with_what_the_migrations_wrote(
    makers: PostgresDatabases, tmp_path: Path
) -> None:
    first = makers.fresh(tmp_path)
    before = run(first, "TABLE alembic_version"), run(first, "TABLE book_head")
    number = oid(first)

    run(first, SPOIL)
    makers.drop(first)
    second = makers.fresh(tmp_path)

    assert oid(second) == number
    assert (run(second, "TABLE alembic_version"), run(second, "TABLE book_head")) == before
    assert oid(first) == 0, "its old name leads nowhere"


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE book_head ADD COLUMN more text",
        "DROP TABLE book_head CASCADE",
        "CREATE TABLE more (id int)",
        "ALTER TABLE did_log DISABLE TRIGGER ALL",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_database_whose_schema_was_changed_is_given_to_nobody(
    makers: PostgresDatabases, tmp_path: Path, change: str
) -> None:
    url = makers.fresh(tmp_path)

    run(url, change)
    makers.drop(url)

    assert makers.clean == []
    assert oid(url) == 0
