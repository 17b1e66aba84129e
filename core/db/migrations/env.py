"""How Alembic reaches the database and knows the models."""

from alembic import context

from core.db import connect
from core.tables import METADATA

config = context.config


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
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()


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
