"""A fresh database for every test, copied from a template that is built once per worker."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from gateway.cli.db import migrations


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


class PostgresDatabases:
    def __init__(self, server: str) -> None:
        self.server = make_url(server)
        self.admin = create_engine(self.server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self.template = f"template_{uuid.uuid4().hex}"
        self._sql(f'CREATE DATABASE "{self.template}"')
        build_schema(self._url(self.template))

    def fresh(self, folder: Path) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return self._url(name)

    def drop(self, url: str) -> None:
        self._sql(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)

    def _sql(self, statement: str) -> None:
        with self.admin.connect() as connection:
            connection.execute(text(statement))
