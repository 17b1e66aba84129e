"""Africa's Talking USSD: their form in, `CON ` or `END ` out. Pure functions; the contract as documented in 2026.

The callback carries sessionId, phoneNumber, serviceCode, networkCode and `text`, all answers joined by `*`. The end
notification carries status, cost, durationInMillis, hopsCount, hopsMetadata, and also `input` and `lastAppResponse`,
which are dropped here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from config.limits import USSD_TEXT_CHARACTERS
from core import people
from core.errors import Refusal
from gateway.ussd.turn import Answer, Event, Malformed, SessionEnd, Turn
from menus.page import CON, END

GATEWAY = "africastalking"
HOP_HEADER, HOP_CHARACTERS = "at-ussd-hop-metadata", 99
STATUSES = {"Success", "Incomplete", "Failed"}  # how a session may have ended
FORM = "application/x-www-form-urlencoded"
_FIELDS = 40  # they send a dozen
_DIGITS = 12  # no session lasts or hops longer

_SESSION = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_SERVICE = re.compile(r"\*[0-9*]{1,30}#")
_NETWORK = re.compile(r"[A-Za-z0-9]{0,12}")


def fields(body: bytes) -> dict[str, str]:
    """The form in `body`. Raises Malformed where it is none, or says something twice.

    Read by hand: `parse_qsl` costs as much as a round trip to Redis, on every turn.
    """
    parts = body.split(b"&", _FIELDS)
    form = dict(map(_pair, parts))
    if len(form) < len(parts) or len(parts) > _FIELDS:
        raise Malformed("body")
    return form


def _pair(part: bytes) -> tuple[str, str]:
    try:
        name, _, value = part.decode("ascii").partition("=")
        if "%" in value or "+" in value:
            value = unquote_plus(value, errors="strict")
    except UnicodeDecodeError:
        raise Malformed("body") from None
    return name, value


def parse(form: Mapping[str, str]) -> Turn:
    """The turn a callback describes. Raises Malformed, or Refusal "transcript_too_long"."""
    text = form.get("text")
    if text is None:
        raise Malformed("text")
    if len(text) > USSD_TEXT_CHARACTERS:
        raise Refusal("transcript_too_long")
    return Turn(
        gateway=GATEWAY,
        session_id=_field(form, "sessionId", _SESSION),
        phone=_phone(form),
        service_code=_field(form, "serviceCode", _SERVICE),
        network=_field(form, "networkCode", _NETWORK),
        event=Event.INPUT if text else Event.NEW,
        transcript=text,
    )


def render(answer: Answer) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of our answer."""
    hop = answer.screen.replace("|", "")[:HOP_CHARACTERS]
    return 200, {HOP_HEADER: hop} if hop else {}, f"{END if answer.ends else CON}{answer.text}"


def parse_end(form: Mapping[str, str]) -> SessionEnd:
    """What the end-of-session notification says, without what was typed or shown."""
    return SessionEnd(
        gateway=GATEWAY,
        session_id=_field(form, "sessionId", _SESSION),
        service_code=_field(form, "serviceCode", _SERVICE),
        network=_field(form, "networkCode", _NETWORK),
        status=status if (status := form.get("status")) in STATUSES else "",
        cost=form.get("cost", "")[:20],
        duration_ms=_number(form.get("durationInMillis", "")),
        hops=_number(form.get("hopsCount", "")),
        journey=form.get("hopsMetadata", "")[:1000],
        error=form.get("errorMessage", "")[:200],
    )


def _field(form: Mapping[str, str], name: str, shape: re.Pattern[str]) -> str:
    value = form.get(name, "")
    if not shape.fullmatch(value):
        raise Malformed(name)
    return value


def _phone(form: Mapping[str, str]) -> str:
    try:
        return people.normalise(form.get("phoneNumber", "")[:20])
    except Refusal:
        raise Malformed("phoneNumber") from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None
