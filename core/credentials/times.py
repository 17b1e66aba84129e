"""When a credential holds, and for whom: NumericDates and dateTimeStamps, to the second, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config.limits import CLOCK_LEEWAY_SECONDS, PRESENTATION_SECONDS
from core.credentials.errors import refused

_LAST_SECOND = 253_402_300_799  # of the year 9999, where calendars end
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)

_leeway = [CLOCK_LEEWAY_SECONDS]


def set_leeway(seconds: int) -> None:
    """How far ahead of ours the clocks of others may be: of this machine's clock, so once for the whole process."""
    _leeway[:] = [seconds]


def leeway() -> int:
    """The seconds that what others made "now" may lie in our future."""
    return _leeway[0]


def check_jwt(claims: Mapping[str, Any], audience: str | None, now: datetime) -> None:
    """Refuse `time` for claims of a JWT that do not hold now, or that are meant for another."""
    expires, starts, made = (numeric(claims, name) for name in ("exp", "nbf", "iat"))
    check_window(starts, expires, now)
    check_made(made, now)
    if "aud" in claims and not is_meant_for(claims["aud"], audience):
        raise refused("time", "audience")


def check_window(starts: float | None, expires: float | None, now: datetime) -> None:
    """Refuse `time` before `starts`, by our clock or one a little ahead, and from `expires` on."""
    if expires is not None and expires <= now.timestamp():
        raise refused("time", "expired")
    if starts is not None and starts > now.timestamp() + leeway():
        raise refused("time", "not_yet_valid")
    if starts is not None and expires is not None and expires < starts:
        raise refused("time", "ends_before_it_starts")


def check_made(made: float | None, now: datetime) -> None:
    """Refuse `time` for what was signed in the future."""
    if made is not None and made > now.timestamp() + leeway():
        raise refused("time", "made_in_future")


def is_fresh(made: float, now: datetime, *, asked: bool) -> bool:
    """Whether a presentation was made just now; one made without being asked may be old, but not of the future."""
    age = now.timestamp() - made
    return age >= -leeway() and not (asked and age > PRESENTATION_SECONDS)


def is_meant_for(said: object, audience: str | None) -> bool:
    """Whether an `aud` (RFC 7519) or a `domain` names us: a text, or a list of texts that has ours among them."""
    named = said if isinstance(said, list) else [said]
    return audience in named and all(isinstance(one, str) for one in named)


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
