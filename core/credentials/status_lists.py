"""Status lists as they are published: one table, two formats, each signed and believed for a day only.

Token Status List (SD-JWT VC): two bits each, the lowest first, zlib. Bitstring Status List 1.0 (VCDM): one list per
purpose, one bit each, the highest first, gzip.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from config.limits import STATUS_LIST_SECONDS, STATUS_TTL_SECONDS
from core.credentials import times, vcdm, vcjwt
from core.credentials.issuer import Issuer
from core.credentials.models import StatusEntry, StatusList, StatusValue
from core.credentials.status import PURPOSES, address
from core.db import Session
from core.errors import Refusal
from core.keys import jose
from core.refusal_codes import RefusalCode

TOKEN_TYP = "statuslist+jwt"  # noqa: S105 - a media type
BITS = 2
CODES = {StatusValue.REVOKED: 1, StatusValue.SUSPENDED: 2}
LIST_CREDENTIAL, LIST_SUBJECT = "BitstringStatusListCredential", "BitstringStatusList"


def token_list(db: Session, *, number: int, issuer: Issuer, now: datetime) -> str:
    """List `number` as a Token Status List (JWT). Refuses status_list_unknown."""
    size, entries = _entries(db, number)
    made, uri = _window(now), address(issuer.status_lists, number)
    words = {
        "iss": issuer.did,
        "sub": uri,
        "iat": int(made.timestamp()),
        "exp": int(_ends(made).timestamp()),
        "ttl": STATUS_TTL_SECONDS,
        "status_list": {"bits": BITS, "lst": pack(size, entries)},
    }
    return jose.sign({"typ": TOKEN_TYP, "kid": issuer.jwk["kid"]}, words, issuer.key)


def bitstring_list(db: Session, *, number: int, purpose: str, issuer: Issuer, now: datetime) -> str:
    """List `number` as a Bitstring Status List of one purpose (VC as JWT). Refuses status_list_unknown."""
    size, entries = _entries(db, number)
    if purpose not in PURPOSES:
        raise Refusal(RefusalCode.STATUS_LIST_UNKNOWN)
    made, uri = _window(now), f"{address(issuer.status_lists, number)}/{purpose}"
    places = (place for place, value in entries if value is PURPOSES[purpose])
    credential = {
        "@context": [vcdm.CONTEXT],
        "id": uri,
        "type": [vcdm.CREDENTIAL, LIST_CREDENTIAL],
        "issuer": issuer.did,
        "validFrom": times.stamped(made),
        "validUntil": times.stamped(_ends(made)),
        "credentialSubject": {
            "id": f"{uri}#list",
            "type": LIST_SUBJECT,
            "statusPurpose": purpose,
            "encodedList": pack_bitstring(size, places),
            "ttl": STATUS_TTL_SECONDS * 1_000,
        },
    }
    return vcjwt.sign(credential, issuer)


def pack(size: int, entries: Iterable[tuple[int, StatusValue]]) -> str:
    """Two bits per entry, the first entry in the lowest bits of the first byte; zlib, base64url."""
    bits = bytearray(size * BITS // 8)
    for place, value in entries:
        bits[place // 4] |= CODES[value] << (place % 4 * BITS)
    return jose.b64u(zlib.compress(bytes(bits), 9))


def pack_bitstring(size: int, places: Iterable[int]) -> str:
    """One bit per entry, the first entry in the highest bit of the first byte; gzip, multibase base64url."""
    bits = bytearray(size // 8)
    for place in places:
        bits[place // 8] |= 0x80 >> place % 8
    return "u" + jose.b64u(gzip.compress(bytes(bits), mtime=0))


def _entries(db: Session, number: int) -> tuple[int, list[tuple[int, StatusValue]]]:
    found = db.get(StatusList, number)
    if found is None:
        raise Refusal(RefusalCode.STATUS_LIST_UNKNOWN)
    query = select(StatusEntry.place, StatusEntry.value).where(
        StatusEntry.list_number == number, StatusEntry.value.in_(list(CODES))
    )
    return found.size, [(place, value) for place, value in db.execute(query)]


def _window(now: datetime) -> datetime:
    """The beginning of the present minutes: within them an unchanged list is the same text, and may be cached."""
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % STATUS_TTL_SECONDS, UTC)


def _ends(made: datetime) -> datetime:
    return made + timedelta(seconds=STATUS_LIST_SECONDS)
