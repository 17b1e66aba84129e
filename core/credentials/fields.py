"""What a claim may look like: each kind of value once, as JSON Schema for others and as a quick check for ourselves.

A test lets a library judge that schema and check say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

TEXT_CHARACTERS = 200
LIST_ITEMS = 60


@dataclass(frozen=True, slots=True)
class Field:
    """One kind of value. `fits(value, whole)`: with `whole` nothing may be missing, else parts may be hidden."""

    schema: Mapping[str, Any]
    fits: Callable[[object, bool], bool]


def pattern(expression: str, **more: Any) -> Field:
    """A text of one shape; `expression` means the same to Python and to ECMAScript."""
    shape = re.compile(expression, re.ASCII)
    schema = {"type": "string", "pattern": f"^{expression}$", **more}
    return Field(schema, lambda value, _: isinstance(value, str) and bool(shape.fullmatch(value)))


def one_of(*values: str) -> Field:
    """One word of a closed list."""
    return Field(
        {"enum": list(values)}, lambda value, _: isinstance(value, str) and value in values
    )


def whole_number(least: int, most: int) -> Field:
    """A whole number within bounds, both included."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Field(schema, lambda value, _: _is_whole(value, least, most))


def record(*needed: str, **fields: Field) -> Field:
    """An object of these members and no others; the `needed` ones are there unless the owner hides them."""
    schema = {
        "type": "object",
        "properties": {name: dict(field.schema) for name, field in fields.items()},
        "required": sorted(needed),
        "additionalProperties": False,
    }

    def fits(value: object, whole: bool) -> bool:
        if not isinstance(value, dict) or not value.keys() <= fields.keys():
            return False
        if whole and not set(needed) <= value.keys():
            return False
        return all(fields[name].fits(item, whole) for name, item in value.items())

    return Field(schema, fits)


def many(field: Field, most: int = LIST_ITEMS) -> Field:
    """A list of values of one kind."""

    def fits(value: object, whole: bool) -> bool:
        return (
            isinstance(value, list)
            and len(value) <= most
            and all(field.fits(item, whole) for item in value)
        )

    return Field({"type": "array", "items": dict(field.schema), "maxItems": most}, fits)


def bands(*steps: float | str) -> Field:
    """Answers yes or no, one for each step; every step is answered, or its absence would say it."""
    names = [str(step) for step in steps]
    return record(*names, **dict.fromkeys(names, BOOLEAN))


def answers(name: str) -> Field:
    """Answers yes or no under names of one shape, e.g. a country."""
    shape = re.compile(name, re.ASCII)
    schema = {
        "type": "object",
        "patternProperties": {f"^{name}$": {"type": "boolean"}},
        "additionalProperties": False,
    }

    def fits(value: object, _: bool) -> bool:
        return isinstance(value, dict) and all(
            shape.fullmatch(key) is not None and isinstance(answer, bool)
            for key, answer in value.items()
        )

    return Field(schema, fits)


def _is_whole(value: object, least: int, most: int) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return least <= value <= most and value == int(value)


def _is_day(value: object, _: bool) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

BOOLEAN = Field({"type": "boolean"}, lambda value, _: isinstance(value, bool))
TEXT = Field(
    {"type": "string", "minLength": 1, "maxLength": TEXT_CHARACTERS},
    lambda value, _: isinstance(value, str) and 1 <= len(value) <= TEXT_CHARACTERS,
)
DAY = Field({"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}, _is_day)
COUNT = whole_number(0, 1_000_000_000)
DECIMAL = pattern(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
RATIO = pattern(r"(0(\.[0-9]{1,6})?|1(\.0{1,6})?)")  # text, because a float is not exact
COUNTRY = pattern(r"[A-Z]{2}")
CURRENCY = pattern(r"[A-Z]{3}")
DID = pattern(r"did:[a-z0-9]{1,20}:[A-Za-z0-9._:%-]{1,170}")
KEYED_HASH = pattern(r"[A-Za-z0-9_-]{16,100}")
CODE = pattern(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,59}")
MONEY = record("value", "currency", value=DECIMAL, currency=CURRENCY)
