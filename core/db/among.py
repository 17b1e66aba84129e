"""Whether a column is one of many values, said so that each database reads it fast."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from core.db.engine import is_sqlite


def among(db: Session, column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column is one of these; PostgreSQL reads and plans one array faster than hundreds of parameters."""
    if is_sqlite(db):
        found: ColumnElement[bool] = column.in_(values)
        return found
    array: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
    return array
