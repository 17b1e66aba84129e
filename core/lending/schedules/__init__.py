"""Schedules: a pure function from terms to a table of rows (the options: docs/schedules.md)."""

from core.lending.schedules.build import Row, Table, build
from core.lending.schedules.cost import Cost, true_cost
from core.lending.schedules.lines import answer
from core.lending.schedules.printing import printed
from core.lending.schedules.reading import parse, read
from core.lending.schedules.terms import ScheduleTerms

__all__ = [
    "Cost", "Row", "ScheduleTerms", "Table", "answer", "build", "parse", "printed", "read", "true_cost",
]  # fmt: skip
