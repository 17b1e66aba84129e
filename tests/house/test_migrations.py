"""The migrations are one numbered line, and lead to exactly what the models say."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from gateway.cli.db import migrations

VERSIONS = Path(__file__).parents[2] / "core" / "db" / "migrations" / "versions"


def test_migrations_are_numbered_and_have_one_head() -> None:
    script = ScriptDirectory.from_config(migrations("sqlite://"))
    numbers = [int(revision.revision) for revision in script.walk_revisions()]

    assert len(script.get_heads()) == 1
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert all(re.fullmatch(r"\d{4}_\w+\.py", path.name) for path in VERSIONS.glob("*.py"))


def test_the_models_equal_the_migrations(database_url: str) -> None:
    command.check(migrations(database_url))  # the database of the test was built by the migrations


def test_a_node_that_is_up_to_date_stays_as_it_is(database_url: str) -> None:
    command.upgrade(migrations(database_url), "head")
    command.upgrade(migrations(database_url), "head")
