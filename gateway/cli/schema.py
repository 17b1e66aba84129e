"""Whether a database has the schema of this version, and what is said where it does not answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from core import db
from core.db import READS_ONLY, connect, sqlite_file
from gateway.cli.refusals import DISK_FULL

FULL = ("disk is full", "No space left on device")  # SQLite's words, and PostgreSQL's
VERSIONS = Path(db.__file__).parent / "migrations" / "versions"


@contextmanager
def answering() -> Iterator[None]:
    """A database that does not answer is told in one line; it names host and user, never the password."""
    try:
        yield
    except OperationalError as error:
        said = " ".join(str(error.orig).split())
        if any(word in said for word in FULL):
            raise click.ClickException(f"{DISK_FULL} ({said})") from None
        raise click.ClickException(
            f"the database does not answer (GROWR_DATABASE_URL): {said}"
        ) from None


def newest() -> str:
    """The revision of the newest migration: they are numbered, each follows the one before."""
    return max(path.name for path in VERSIONS.glob("[0-9]*.py"))[:4]


def found(url: str) -> str:
    """The revision a database is at, "" where it has none; looks without making a file where there is none."""
    engine = connect(url)
    file = sqlite_file(engine.url)
    if file is not None and not file.is_file():
        return ""
    try:
        with engine.connect().execution_options(**{READS_ONLY: True}) as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    finally:
        engine.dispose()


def is_of_today(url: str) -> bool:
    """Whether the database has the newest schema."""
    return found(url) == newest()


def refuse_later(url: str) -> None:
    """Raise, in words, where a later version of this program has brought the database further: there is no way back."""
    if (revision := found(url)) > newest():
        raise click.ClickException(
            f"the database is of a later version (schema {revision}, this one knows {newest()}): install that version, "
            "or restore the backup made before its upgrade"
        )
