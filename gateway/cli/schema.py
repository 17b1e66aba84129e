"""Whether a database has the schema of this version, and what is said where it does not answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import OperationalError

from core import db
from core.db import connect

VERSIONS = Path(db.__file__).parent / "migrations" / "versions"


@contextmanager
def answering() -> Iterator[None]:
    """A database that does not answer is told in one line; it names host and user, never the password."""
    try:
        yield
    except OperationalError as error:
        said = " ".join(str(error.orig).split())
        raise click.ClickException(
            f"the database does not answer (GROWR_DATABASE_URL): {said}"
        ) from None


def newest() -> str:
    """The revision of the newest migration: they are numbered, each follows the one before."""
    return max(path.name for path in VERSIONS.glob("[0-9]*.py"))[:4]


def is_of_today(url: str) -> bool:
    """Whether the database has the newest schema; looks without making a file where there is none."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        return False
    engine = connect(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    finally:
        engine.dispose()
    return bool(found == newest())
