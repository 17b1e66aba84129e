"""The word of another node that a record comes: signed by it and by her old key, for us alone, and sealed to us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nacl.exceptions import CryptoError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config.limits import HANDOVER_SECONDS
from config.neighbours import Neighbour
from core import credentials, people
from core.credentials import Issuer, times
from core.credentials.announcing import PRE_AUTHORIZED
from core.credentials.errors import refusing
from core.credentials.issuer import KEY
from core.credentials.signers import check_token
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, did, jose
from core.keys.jose import Broken
from core.onboarding import arrivals, handovers
from core.onboarding.models import Arrival, ArrivalState
from core.people import Organisation, UserState
from core.refusal_codes import RefusalCode
from core.sscr.custody import out_of_box
from core.words import DEFAULT_LANGUAGE, LANGUAGES

_ID = re.compile(r"[0-9a-f]{32}")
_DID_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Said:
    """A word that is believed, and what it held for us."""

    said: dict[str, Any]
    statement: dict[str, Any]
    bundle: dict[str, Any]


def receive(
    db: Session,
    word: str,
    *,
    neighbours: Sequence[Neighbour],
    keyring: Keyring,
    issuer: Issuer,
    now: datetime,
) -> Arrival:
    """Expect somebody whom a neighbour announces; told twice she is expected once.

    Refuses neighbour_unknown, credential_refused (its signature), word_refused(detail), organisation_unknown,
    user_blocked.
    """
    heard = _hear(db, word, neighbours=neighbours, keyring=keyring, issuer=issuer, now=now)
    said, bundle = heard.said, heard.bundle
    query = select(Arrival).where(
        Arrival.came_from == said["iss"], Arrival.hand_over == said["jti"]
    )
    known = db.scalar(query)
    if known is not None:
        return known
    user = people.by_phone(db, bundle["phone"])
    if user is not None and user.state is UserState.BLOCKED:
        raise Refusal(RefusalCode.USER_BLOCKED)
    made = Arrival(
        came_from=said["iss"], hand_over=said["jti"], phone=bundle["phone"], user_id=user.id if user else None,
        record=heard.statement["record"], old_did=heard.statement["iss"], statement=said["statement"],
        state=ArrivalState.WAITING, expires_at=datetime.fromtimestamp(said["exp"], UTC), stored=[], others=[],
        created_at=now,
    )  # fmt: skip
    organisation = str(_organisation(db, bundle["organisation"]).id)
    made.look_at = made.expires_at
    arrivals.keep(keyring, made, {**bundle, "organisation": organisation})
    return _add(db, made)


def _add(db: Session, made: Arrival) -> Arrival:
    """Add it, unless the same word came in by another door just now."""
    try:
        with db.begin_nested():
            db.add(made)
    except IntegrityError:
        query = select(Arrival).where(
            Arrival.came_from == made.came_from, Arrival.hand_over == made.hand_over
        )
        return db.scalars(query).one()
    return made


def _hear(
    db: Session,
    word: str,
    *,
    neighbours: Sequence[Neighbour],
    keyring: Keyring,
    issuer: Issuer,
    now: datetime,
) -> Said:
    with refusing():
        token = jose.parse(word)
        name = token.payload.get("iss")
        if name not in [one.did for one in neighbours]:
            raise Refusal(RefusalCode.NEIGHBOUR_UNKNOWN)
        known = {one.did: one.keys for one in credentials.trust.listed(db)}
        check_token(token, name, known)
    said = token.payload
    _demand(token.header.get("typ") == handovers.WORD_TYP, "typ")
    _demand(times.is_meant_for(said.get("aud"), issuer.did), "audience")
    _check_times(said, now)
    _demand(isinstance(said.get("jti"), str) and _ID.fullmatch(said["jti"]) is not None, "id")
    sealed = _bytes(said.get("bundle"))
    statement = _statement(said, issuer, handovers.digest(sealed))
    return Said(said, statement, _open(keyring, sealed, str(name)))


def _check_times(said: dict[str, Any], now: datetime) -> None:
    made, ends = times.seconds(said.get("iat")), times.seconds(said.get("exp"))
    _demand(made is not None and times.is_fresh(made, now, asked=True), "age")
    longest = now + timedelta(seconds=HANDOVER_SECONDS + times.leeway())
    _demand(ends is not None and now.timestamp() < ends <= longest.timestamp(), "end")


def _statement(said: dict[str, Any], issuer: Issuer, digest: str) -> dict[str, Any]:
    """What her old key signed: from there to us, and this bundle."""
    try:
        token = jose.parse(str(said.get("statement")))
        found = token.payload
        jose.verify(token, did.to_jwk(str(found.get("iss"))))
    except (Broken, Refusal) as error:
        raise Refusal(RefusalCode.WORD_REFUSED, detail="statement") from error
    expected = {"from": said["iss"], "to": issuer.did, "bundle": digest}
    _demand(token.header.get("typ") == handovers.STATEMENT_TYP, "statement")
    _demand({name: found.get(name) for name in expected} == expected, "statement")
    names = (found["iss"], found.get("record"))
    _demand(all(isinstance(one, str) and len(one) <= _DID_CHARACTERS for one in names), "statement")
    return found


def _open(keyring: Keyring, sealed: bytes, custodian: str) -> dict[str, Any]:
    """What was sealed to us, under a key of today or of before a rotation."""
    for key in keyring.signing_keys(KEY):
        try:
            found = jose.loads(out_of_box(key, sealed))
        except (CryptoError, Broken):
            continue
        _demand(isinstance(found, dict), "bundle")
        _check_bundle(found, custodian)
        return dict(found)
    raise Refusal(RefusalCode.WORD_REFUSED, detail="bundle")


def _check_bundle(bundle: dict[str, Any], custodian: str) -> None:
    """Its words are words, and its offer is of the node that sent it: no other is ever asked."""
    fields = ("phone", "given_name", "family_name", "language", "organisation")
    _demand(all(isinstance(bundle.get(name), str) for name in fields), "bundle")
    try:
        _demand(people.normalise(bundle["phone"]) == bundle["phone"], "phone")
    except Refusal as refusal:
        raise Refusal(RefusalCode.WORD_REFUSED, detail="phone") from refusal
    if bundle["language"] not in LANGUAGES:
        bundle["language"] = DEFAULT_LANGUAGE
    offer = bundle.get("offer")
    url = offer.get("credential_issuer") if isinstance(offer, dict) else None
    is_its_own = isinstance(url, str) and url.startswith("https://") and did.web(url) == custodian
    _demand(is_its_own, "offer")
    grants = offer.get("grants") if isinstance(offer, dict) else None
    grant = grants.get(PRE_AUTHORIZED) if isinstance(grants, dict) else None
    code = grant.get("pre-authorized_code") if isinstance(grant, dict) else None
    _demand(isinstance(code, str), "offer")


def _organisation(db: Session, name: str) -> Organisation:
    """The organisation she joins: the one that was named, or the only one."""
    query = select(Organisation)
    found = list(db.scalars(query.where(Organisation.name == name) if name else query.limit(2)))
    if len(found) != 1:
        raise Refusal(RefusalCode.ORGANISATION_UNKNOWN)
    return found[0]


def _bytes(text: object) -> bytes:
    try:
        return jose.unb64u(text) if isinstance(text, str) else b""
    except Broken as broken:
        raise Refusal(RefusalCode.WORD_REFUSED, detail="bundle") from broken


def _demand(holds: bool, detail: str) -> None:
    if not holds:
        raise Refusal(RefusalCode.WORD_REFUSED, detail=detail)
