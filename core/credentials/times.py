"""When a credential holds: NumericDates of JWTs and dateTimeStamps of the W3C, to the second, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config.limits import CLOCK_SKEW_SECONDS, PRESENTATION_SECONDS
from core.credentials.errors import refused

_LAST_SECOND = 253_402_300_799  # of the year 9999, where calendars end
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def check_jwt(claims: Mapping[str, Any], audience: str | None, now: datetime) -> None:
    """Refuse `time` for claims of a JWT that do not hold now, or that are meant for another."""
    expires, starts, made = (numeric(claims, name) for name in ("exp", "nbf", "iat"))
    check_window(starts, expires, now)
    if made is not None and made > now.timestamp() + CLOCK_SKEW_SECONDS:
        raise refused("time", "made_in_future")
    if "aud" in claims and claims["aud"] != audience:
        raise refused("time", "audience")


def check_window(starts: float | None, expires: float | None, now: datetime) -> None:
    """Refuse `time` before `starts` and from `expires` on."""
    if expires is not None and expires <= now.timestamp():
        raise refused("time", "expired")
    if starts is not None and starts > now.timestamp():
        raise refused("time", "not_yet_valid")


def is_fresh(made: float, now: datetime, *, asked: bool) -> bool:
    """Whether a presentation was made just now; one made without being asked may be old, but not of the future."""
    age = now.timestamp() - made
    return age >= -CLOCK_SKEW_SECONDS and not (asked and age > PRESENTATION_SECONDS)


def numeric(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519) in seconds, None where there is none; refuses `time` for what is not one."""
    if name not in claims:
        return None
    number = seconds(claims[name])
    if number is None:
        raise refused("time", "not_a_date")
    return number


def seconds(value: object) -> float | None:
    """The seconds of a NumericDate within the calendar, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):  # bool is an int to Python
        return None
    return float(value) if 0 <= value <= _LAST_SECOND else None


def stamp(document: Mapping[str, Any], name: str) -> float | None:
    """A dateTimeStamp of XML Schema (with its offset) in seconds; refuses `time` for what is not one."""
    if name not in document:
        return None
    text = document[name]
    if not isinstance(text, str) or not _STAMP.fullmatch(text):
        raise refused("time", "not_a_date")
    try:
        found = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise refused("time", "not_a_date") from error
    if found > _LAST_SECOND:  # by its offset
        raise refused("time", "not_a_date")
    return found


def stamped(at: datetime) -> str:
    """An instant as a dateTimeStamp in UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
