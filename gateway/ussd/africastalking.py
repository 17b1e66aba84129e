"""Africa's Talking USSD: their form in, `CON ` or `END ` out. Pure functions; the contract as documented in 2026.

The callback carries sessionId, phoneNumber, serviceCode, networkCode and `text`, all answers joined by `*`. The end
notification carries status, cost, durationInMillis, hopsCount, hopsMetadata, and also `input` and `lastAppResponse`,
which are dropped here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from config.limits import USSD_TEXT_CHARACTERS
from core import people
from core.errors import Refusal
from core.refusal_codes import RefusalCode
from gateway.ussd.turn import Answer, Event, Malformed, SessionEnd, Turn
from menus.page import CON, END

GATEWAY = "africastalking"
HOP_HEADER, HOP_CHARACTERS = "at-ussd-hop-metadata", 99
STATUSES = {"Success", "Incomplete", "Failed"}  # how a session may have ended
FORM = "application/x-www-form-urlencoded"
_FIELDS = 40  # they send a dozen
_DIGITS = 12  # no session lasts or hops longer

_SESSION = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_SERVICE = re.compile(r"\*?([0-9][0-9*]{0,29})#?")
_NETWORK = re.compile(r"[A-Za-z0-9]{0,12}")
NETWORKS = {  # by which name a carrier may call them, where it sends no code
    "safaricom": "63902", "safaricom kenya": "63902", "airtel": "63903", "airtel kenya": "63903",
    "orange kenya": "63907", "telkom": "63907", "telkom kenya": "63907", "equitel": "63999",
}  # fmt: skip
_NO_TEXT = {"null", "none", "undefined"}  # what some systems write where nothing was typed


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
    name, _, value = part.partition(b"=")
    if b"%" in value or b"+" in value:
        value = unquote_to_bytes(value.replace(b"+", b" "))
    return _text(name), _text(value)


def _text(typed: bytes) -> str:
    """What was typed: UTF-8, or what every byte means in Latin-1 where it is none."""
    try:
        return typed.decode()
    except UnicodeDecodeError:
        return typed.decode("latin-1")


def parse(form: Mapping[str, str]) -> Turn:
    """The turn a callback describes. Raises Malformed, or Refusal "transcript_too_long". No text: nothing was typed."""
    text = form.get("text", "")
    if text.lower() in _NO_TEXT:
        text = ""
    if len(text) > USSD_TEXT_CHARACTERS:
        raise Refusal(RefusalCode.TRANSCRIPT_TOO_LONG)
    return Turn(
        gateway=GATEWAY,
        session_id=_field(form, "sessionId", _SESSION),
        phone=_phone(form),
        service_code=_service_code(form),
        network=_network(form),
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
        service_code=_service_code(form),
        network=_network(form),
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


def _service_code(form: Mapping[str, str]) -> str:
    """`*384*77#`, with or without its first and last character."""
    found = _SERVICE.fullmatch(form.get("serviceCode", "").strip())
    if found is None:
        raise Malformed("serviceCode")
    return f"*{found[1]}#"


def _network(form: Mapping[str, str]) -> str:
    """The code of her network; empty where it is not known, for nothing but the length of a page hangs on it."""
    told = form.get("networkCode", "").strip()
    code = NETWORKS.get(told.lower(), told)
    return code if _NETWORK.fullmatch(code) else ""


def _phone(form: Mapping[str, str]) -> str:
    try:
        return people.normalise(form.get("phoneNumber", "")[:20])
    except Refusal:
        raise Malformed("phoneNumber") from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None
