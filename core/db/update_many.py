"""Give many rows new values, each its own, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, bindparam, column, func, literal, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from core.db.engine import is_sqlite


def update_many(db: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Update the rows with these primary keys; every row given names the same columns, its key among them.

    PostgreSQL gets an array a column. SQLite is as fast with one small statement a row, for it runs in this process.
    """
    assert rows, "nothing to write"
    names, keys = list(rows[0]), {key.name for key in table.primary_key}
    new = [name for name in names if name not in keys]
    if is_sqlite(db):
        given = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
        values = [{f"new_{name}": value for name, value in row.items()} for row in rows]
        found = [table.c[name] == given[name] for name in keys]
        one = update(table).where(*found).values({name: given[name] for name in new})
        db.connection().execute(one, values)
        return
    types = {name: table.c[name].type for name in names}
    arrays = [literal([row[name] for row in rows], ARRAY(types[name])) for name in names]
    columns = [column(name, types[name]) for name in names]
    given_rows = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    found = [table.c[name] == given_rows.c[name] for name in keys]
    all_ = update(table).where(*found).values({name: given_rows.c[name] for name in new})
    db.connection().execute(all_)
