"""Status lists as they are read: our own table at once, another's list only from what was fetched ahead.

Nothing here touches the network: a turn at a keypad reads what the background job stored, and what is not there, or
too old, is UNKNOWN, which no verifier takes for valid.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from config.limits import STATUS_BYTES, STATUS_PLACES, STATUS_STALE_SECONDS, STATUS_TTL_SECONDS
from core.credentials import presentations, status, times, vcdm, vcjwt
from core.credentials.errors import refused, refusing
from core.credentials.issuer import Issuer
from core.credentials.models import StatusCached
from core.credentials.question import Question, Verified
from core.credentials.signers import Trust, check_token
from core.credentials.status_lists import LIST_CREDENTIAL, LIST_SUBJECT, TOKEN_TYP
from core.credentials.status_ref import BITSTRING, TOKEN, StatusAnswer, StatusReader, StatusRef
from core.db import Session
from core.keys import did, jose

# What is asked for at the address of a list; one of the W3C may be a JWT or have its proof inside.
MEDIA_TYPES = {
    TOKEN: "application/statuslist+jwt",
    BITSTRING: "application/vc+jwt, application/vc;q=0.9, application/json;q=0.5",
}
_BITS = (1, 2, 4, 8)
_GZIP, _ZLIB = 31, 15  # what zlib calls the two wrappings
_ANSWERS = {0: StatusAnswer.VALID, 2: StatusAnswer.SUSPENDED}  # anything else is not valid


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list we believe: `packed` are its entries, zlib, the first one in the lowest bits."""

    bits: int
    packed: bytes
    ttl: timedelta
    good_until: datetime


def status_reader(db: Session, *, issuer: Issuer, now: datetime) -> StatusReader:
    """Answers from the table of this node, whose issuer is `issuer`, and from lists that were fetched before."""

    def read(ref: StatusRef) -> StatusAnswer:
        if ref.uri.startswith(f"{issuer.base_url}/status/"):
            ours = is_same_name(ref.issuer, issuer.did)
            entry = status.find(db, ref, issuer.base_url) if ours else None
            return StatusAnswer(entry.value) if entry else StatusAnswer.UNKNOWN
        found = db.get(StatusCached, _name(ref))
        return StatusAnswer.UNKNOWN if found is None else _look_up(found, ref, now)

    return read


def want(db: Session, refs: Iterable[StatusRef], *, base_url: str, now: datetime) -> None:
    """Have the lists of others fetched before anybody asks for them; lists of ours need no fetching."""
    for ref in refs:
        ours = ref.uri.startswith(f"{base_url}/status/")
        if not ours and ref.issuer and db.get(StatusCached, _name(ref)) is None:
            purpose = ref.purpose or ""
            wanted = StatusCached(
                uri=ref.uri, issuer=ref.issuer, kind=ref.kind, purpose=purpose, fetch_at=now
            )
            db.add(wanted)
            db.flush()


def due(db: Session, *, now: datetime, limit: int) -> list[StatusCached]:
    """The lists that must be looked for again."""
    query = select(StatusCached).where(StatusCached.fetch_at <= now)
    return list(db.scalars(query.order_by(StatusCached.fetch_at).limit(limit)))


def keep(db: Session, *, of: StatusRef | StatusCached, read: ReadList, now: datetime) -> None:
    """Store a list that was fetched and checked."""
    cached = db.get_one(StatusCached, _name(of))
    cached.bits, cached.packed, cached.problem = read.bits, read.packed, ""
    cached.good_until = min(read.good_until, now + timedelta(seconds=STATUS_STALE_SECONDS))
    cached.fetch_at = now + read.ttl


def keep_problem(db: Session, *, of: StatusRef | StatusCached, problem: str, now: datetime) -> None:
    """Note that a list could not be had; the old one is believed until it is too old."""
    cached = db.get_one(StatusCached, _name(of))
    cached.problem, cached.fetch_at = problem, now + timedelta(seconds=STATUS_TTL_SECONDS)


def read_token_list(text: str, *, uri: str, issuer: str, trust: Trust, now: datetime) -> ReadList:
    """A Token Status List that `issuer` signed for `uri`. Refuses `status` with the detail."""
    with refusing():
        token = jose.parse(text)
        if token.header.get("typ") != TOKEN_TYP:
            raise refused("status", "typ")
        check_token(token, issuer, trust)
        words = token.payload
        if words.get("sub") != uri or not is_same_name(words.get("iss", issuer), issuer):
            raise refused("status", "another_list")
        times.check_jwt(words, None, now)
        if "iat" not in words:
            raise refused("status", "no_date")
        content = words.get("status_list")
        if not isinstance(content, dict) or not _are_bits(content.get("bits")):
            raise refused("status", "bits")
        plain = _unpack(content.get("lst"), _ZLIB)
    ends = times.numeric(words, "exp")
    return ReadList(
        content["bits"], zlib.compress(plain), _ttl(words.get("ttl"), 1), _until(ends, now)
    )


def read_bitstring_list(
    text: str, *, uri: str, purpose: str, issuer: str, trust: Trust, now: datetime
) -> ReadList:
    """A Bitstring Status List (a VC, as JWT or with its proof inside) that `issuer` signed for `uri`.

    Refuses `status` with the detail.
    """
    with refusing():
        found = _credential(text, Question(trust, None, None, now, require_binding=False))
    subject = found.claims.get("credentialSubject")
    is_this = is_same_name(found.issuer, issuer) and found.claims.get("id") == uri
    if not is_this or not isinstance(subject, dict):
        raise refused("status", "another_list")
    if found.status or subject.get("statusSize", 1) != 1:
        raise refused(
            "status", "kind_unknown"
        )  # a list that may itself be revoked, or of more than bits
    if LIST_CREDENTIAL not in vcdm.types(found.claims) or subject.get("type") != LIST_SUBJECT:
        raise refused("status", "typ")
    purposes = subject.get("statusPurpose")
    if purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        raise refused("status", "purpose")
    encoded = subject.get("encodedList")
    if not isinstance(encoded, str) or not encoded.startswith("u"):
        raise refused("status", "bits")
    with refusing():
        plain = _unpack(encoded[1:], _GZIP)
    if len(plain) * 8 < STATUS_PLACES:
        raise refused("status", "too_short")
    ends = None if found.expires_at is None else found.expires_at.timestamp()
    packed = zlib.compress(bytes(_MIRROR[byte] for byte in plain))
    return ReadList(1, packed, _ttl(subject.get("ttl"), 1_000), _until(ends, now))


def _credential(text: str, question: Question) -> Verified:
    if not text.startswith("{"):
        return vcjwt.read(text, question)
    document = jose.loads(text)
    return presentations.read_credential(document if isinstance(document, dict) else {}, question)


def is_same_name(one: object, other: str) -> bool:
    """Whether two names of issuers are one; their hosts may be written in any case."""
    return isinstance(one, str) and did.canonical(one) == did.canonical(other)


def _are_bits(value: object) -> bool:
    return (
        isinstance(value, int) and not isinstance(value, bool) and value in _BITS
    )  # 1.0 == True == 1


_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _name(of: StatusRef | StatusCached) -> tuple[str, str, str]:
    """Under what a list is kept: an address that two issuers claim is two lists."""
    return of.uri, of.issuer or "", of.purpose or ""


def _look_up(cached: StatusCached, ref: StatusRef, now: datetime) -> StatusAnswer:
    if cached.kind != ref.kind:
        return StatusAnswer.UNKNOWN
    if cached.packed is None or cached.good_until is None or cached.good_until <= now:
        return StatusAnswer.UNKNOWN
    return answer(cached.bits, cached.packed, ref)


def answer(bits: int, packed: bytes, ref: StatusRef) -> StatusAnswer:
    """What a list that was read says at one place; UNKNOWN for a place it does not have."""
    plain, per_byte = zlib.decompress(packed), 8 // bits
    byte, shift = divmod(ref.index, per_byte)
    if byte >= len(plain):
        return StatusAnswer.UNKNOWN
    value = plain[byte] >> (shift * bits) & (2**bits - 1)
    if ref.kind == TOKEN or not value:
        return _ANSWERS.get(value, StatusAnswer.REVOKED)
    return StatusAnswer(status.PURPOSES[ref.purpose or status.REVOCATION])


def _unpack(text: object, wrapping: int) -> bytes:
    """The bytes of a list, never more than we are ready to hold."""
    if not isinstance(text, str):
        raise refused("status", "bits")
    try:
        machine = zlib.decompressobj(wrapping)
        plain = machine.decompress(jose.unb64u(text), STATUS_BYTES)
    except zlib.error as error:
        raise refused("status", "bits") from error
    if not machine.eof:
        raise refused("status", "too_large")
    if machine.unused_data:
        raise refused("status", "bits")
    return plain


def _ttl(value: Any, per_second: int) -> timedelta:
    """How long until the next look: what the list says, within our own bounds."""
    said = times.seconds(value)
    if value is not None and not said:
        raise refused("status", "ttl")
    seconds = STATUS_TTL_SECONDS if said is None else said / per_second
    return timedelta(seconds=min(max(seconds, 60), STATUS_STALE_SECONDS))


def _until(ends: float | None, now: datetime) -> datetime:
    if ends is None:
        return now + timedelta(seconds=STATUS_STALE_SECONDS)
    return datetime.fromtimestamp(ends, UTC)
