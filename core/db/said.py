"""A condition with its value written into the statement, so that an index of some rows only is found.

A database takes a partial index if the statement itself says that no other row is asked for. What is only bound may be
anything: SQLite then reads the whole table, PostgreSQL may once its plan is general. For words of ours, never for
what a person wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.orm import InstrumentedAttribute


def said(column: InstrumentedAttribute[Any], value: Any) -> ColumnElement[bool]:
    """`column = value`."""
    return column == bindparam(None, value, type_=column.type, literal_execute=True)


def said_in(column: InstrumentedAttribute[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """`column IN (values)`, in this order: as the index has them."""
    words = bindparam(None, list(values), type_=column.type, expanding=True, literal_execute=True)
    return column.in_(words)
