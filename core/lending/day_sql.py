"""The few words of arithmetic that the two databases spell differently, so that each rule is written once.

Whole numbers only: both databases then compute what Python computes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.db import Session, is_sqlite


def among(db: Session, column: Any, ids: Sequence[uuid.UUID]) -> ColumnElement[bool]:
    """Whether a column is one of these; PostgreSQL reads and plans one array faster than hundreds of parameters."""
    if is_sqlite(db):
        found: ColumnElement[bool] = column.in_(ids)
        return found
    array: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Uuid())))
    return array


class DaysBetween(FunctionElement[int]):
    """Days from the first date to the second."""

    type = BigInteger()
    inherit_cache = True


class Larger(FunctionElement[int]):
    """The larger of two numbers, neither of them null."""

    type = BigInteger()
    inherit_cache = True


class Smaller(FunctionElement[int]):
    """The smaller of two numbers, neither of them null."""

    type = BigInteger()
    inherit_cache = True


_SPELT: dict[type[FunctionElement[int]], tuple[str, str]] = {
    DaysBetween: ("({1} - {0})", "CAST(julianday({1}) - julianday({0}) AS INTEGER)"),
    Larger: ("greatest({0}, {1})", "max({0}, {1})"),
    Smaller: ("least({0}, {1})", "min({0}, {1})"),
}


def _spell(element: FunctionElement[int], compiler: SQLCompiler, **options: Any) -> str:
    postgres, sqlite = _SPELT[type(element)]
    spelling = sqlite if compiler.dialect.name == "sqlite" else postgres
    return spelling.format(*(compiler.process(each, **options) for each in element.clauses))


for word in _SPELT:
    compiles(word)(_spell)
