"""What only some kinds of event have, as the one JSON column of an event: the fields of `Event` by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

from core.lending.allocation import Part, PaymentType


class Details(TypedDict, total=False):
    """The fields an event may have besides its kind, day, amount and what it reverses."""

    payment_type: PaymentType
    principal: int | None
    part: Part | None
    due_on: date | None
    until: date | None
    rate: Decimal | None
    instalments: int | None


_READERS: dict[str, Callable[[Any], Any]] = {
    "payment_type": PaymentType,
    "principal": int,
    "part": Part,
    "due_on": date.fromisoformat,
    "until": date.fromisoformat,
    "rate": Decimal,
    "instalments": int,
}


def to_json(details: Details) -> dict[str, Any]:
    """Those that are given, numbers as numbers and everything else as text."""
    return {
        name: value if isinstance(value, int) else str(value)
        for name, value in details.items()
        if value is not None
    }


def from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """What `to_json` wrote, as the fields of an event."""
    return {name: _READERS[name](value) for name, value in data.items()}
