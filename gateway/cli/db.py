"""`growr db`: bring the database to the schema of this version."""

from __future__ import annotations

import tempfile

import click
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from config import start
from gateway.cli.common import as_json, tell
from gateway.cli.schema import answering, refuse_later


def migrations(url: str) -> Config:
    """Alembic's configuration for the database at `url`."""
    config = Config()
    config.set_main_option("script_location", "core:db/migrations")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    return config


def to_head(url: str) -> None:
    """Bring the database to the newest schema; whoever comes meanwhile waits, and finds it there."""
    try:
        command.upgrade(migrations(url), "head")
    except CommandError:
        refuse_later(url)
        raise


@click.command()
@as_json
@answering()
def upgrade(as_json: bool) -> None:
    """Bring the database to the newest schema; does nothing if it is there already."""
    settings = start.read()
    start.open_home(settings)
    to_head(settings.database)
    tell({"database": "up to date"}, as_json=as_json)


@click.command()
@click.option("-m", "--message", required=True, help="What the migration does.")
def revision(message: str) -> None:
    """Write a migration from the difference between the models and the newest schema (for developers)."""
    with tempfile.TemporaryDirectory() as folder:
        config = migrations(f"sqlite:///{folder}/empty.db")
        number = 1 + max((int(r.revision) for r in _revisions(config)), default=0)
        command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


def _revisions(config: Config) -> list[Script]:
    return list(ScriptDirectory.from_config(config).walk_revisions())
