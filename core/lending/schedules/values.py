"""One JSON object read field by field: each value has a kind, and a wrong one is refused by field and reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from config.limits import PROJECT_MOST, SCHEDULE_DAYS_MOST
from core.errors import Refusal
from core.refusal_codes import RefusalCode

REQUIRED = object()
NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,12})?")
DIGITS_MOST = 20
MOST = 10**6  # of any count; the checks are stricter
Kind = TypeVar("Kind")
Choice = TypeVar("Choice", bound=StrEnum)


def refuse(field: str, reason: str) -> NoReturn:
    """Say no to one field of the terms."""
    raise Refusal(RefusalCode.TERMS_INVALID, field=field, reason=reason)


class Given:
    """What was given, under a name that is told with every mistake; a field nobody knows is one."""

    def __init__(self, data: Mapping[str, Any], known: Set[str], path: str = "") -> None:
        self.data, self.path = data, path
        for name in data:
            if name not in known:
                refuse(self.name(str(name)[:40]), "unknown")

    def name(self, field: str) -> str:
        return f"{self.path}{field}"

    def refuse(self, field: str, reason: str) -> NoReturn:
        refuse(self.name(field), reason)

    def get(self, field: str, default: Any = REQUIRED) -> Any:
        if self.data.get(field) is not None:
            return self.data[field]
        if default is REQUIRED:
            self.refuse(field, "missing")
        return default

    def number(self, field: str, default: Any = REQUIRED) -> Decimal:
        found = self.get(field, default)
        if isinstance(found, bool) or not isinstance(found, str | int | Decimal):
            self.refuse(field, "not_a_number")
        if isinstance(found, Decimal):
            found = (
                f"{found:f}" if found.is_finite() and abs(found.adjusted()) < DIGITS_MOST else ""
            )
        if not NUMBER.fullmatch(str(found)):
            self.refuse(field, "not_a_number")
        return Decimal(str(found))

    def percent(self, field: str, default: Any = REQUIRED) -> Decimal:
        found = self.number(field, default)
        if found < 0:
            self.refuse(field, "negative")
        return found

    def money(self, field: str, digits: int, default: Any = REQUIRED) -> int:
        """An amount in whole units as minor units."""
        minor = self.number(field, default).scaleb(digits)
        if minor < 0:
            self.refuse(field, "negative")
        if minor != minor.to_integral_value():
            self.refuse(field, "too_precise")
        if minor > PROJECT_MOST:
            self.refuse(field, "out_of_range")
        return int(minor)

    def whole(self, field: str, default: Any = REQUIRED) -> int:
        found = self.number(field, default)
        if found != found.to_integral_value():
            self.refuse(field, "not_a_whole_number")
        if not 0 <= found <= MOST:
            self.refuse(field, "negative" if found < 0 else "out_of_range")
        return int(found)

    def flag(self, field: str, *, default: bool = False) -> bool:
        found = self.get(field, default)
        if not isinstance(found, bool):
            self.refuse(field, "not_true_or_false")
        return found

    def day(self, field: str, default: Any = REQUIRED) -> Any:
        found = self.get(field, default)
        return found if found is default else self._day(field, found)

    def days(self, field: str) -> tuple[date, ...]:
        found = self.get(field, [])
        if not isinstance(found, list) or len(found) > SCHEDULE_DAYS_MOST * 2:
            self.refuse(field, "not_a_list_of_dates")
        return tuple(self._day(field, each) for each in found)

    def choice(
        self, field: str, choices: Mapping[str, Kind], default: Any = REQUIRED
    ) -> Kind | Any:
        found = self.get(field, default)
        if found is default:
            return found
        if not isinstance(found, str) or found not in choices:
            self.refuse(field, "unknown_value")
        return choices[found]

    def one_of(self, field: str, kind: type[Choice], default: Any = REQUIRED) -> Choice:
        found: Choice = self.choice(field, {value.value: value for value in kind}, default)
        return found

    def inner(self, field: str, known: Set[str]) -> Given | None:
        """The object under a field, read in the same way."""
        found = self.get(field, None)
        return None if found is None else self.object(field, found, known)

    def object(self, field: str, found: Any, known: Set[str]) -> Given:
        if not isinstance(found, Mapping):
            self.refuse(field, "not_an_object")
        return Given(found, known, f"{self.name(field)}.")

    def _day(self, field: str, found: Any) -> date:
        if not isinstance(found, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", found):
            self.refuse(field, "not_a_date")
        try:
            return date.fromisoformat(found)
        except ValueError:
            self.refuse(field, "not_a_date")
