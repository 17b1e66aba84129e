"""The few words of arithmetic that the two databases spell differently, so that each rule is written once.

Whole numbers only: both databases then compute what Python computes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


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
