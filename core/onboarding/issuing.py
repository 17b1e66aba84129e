"""Trusted parties beside the organisation put credentials into the records of its people.

They send one signed word (JWS, typ growr-issue+jwt): the credential they signed with their own key, or facts that this
node signs with its key. Every word is for this node only, is good once, and for five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.limits import SOURCE_DAYS
from core import clock, credentials, messaging, people, sscr
from core.credentials import CredentialType, Issuer, Trust, Verified, status_reading, times
from core.credentials.errors import refused, refusing
from core.credentials.models import KnownIssuer
from core.credentials.signers import check_token
from core.db import Session
from core.errors import Refusal
from core.keys import jose
from core.messaging import Template
from core.people import User
from core.refusal_codes import RefusalCode
from core.words import words

TYP = "growr-issue+jwt"
_ID_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Word:
    """What a trusted party says, believed to be its own."""

    issuer: KnownIssuer
    said: Mapping[str, Any]


def hear(db: Session, text: str, *, trust: Trust, audience: str, now: datetime) -> Word:
    """A signed word of an issuer that may send something; a second time it is refused.

    Refuses credential_refused (alg, issuer, signature, binding, time), issuer_unknown.
    """
    with refusing():
        token = jose.parse(text)
        said = token.payload
        if token.header.get("typ") != TYP or not isinstance(said.get("iss"), str):
            raise refused("malformed", "typ")
        check_token(token, said["iss"], trust)
    issuer = credentials.trust.get(db, said["iss"])
    made, once = times.seconds(said.get("iat")), said.get("jti")
    if not times.is_meant_for(said.get("aud"), audience):
        raise refused("binding", "audience")
    if made is None or not times.is_fresh(made, now, asked=True):
        raise refused("time", "age")
    times.check_jwt(said, audience, now)
    if not isinstance(once, str) or not 1 <= len(once) <= _ID_CHARACTERS:
        raise refused("binding", "jti")
    credentials.use_nonce(db, jose.digest(f"{issuer.did} {once}"), now)
    return Word(issuer, said)


def holder_of(db: Session, word: Word) -> str:
    """The DID to which a party may make out a credential for a phone number. Refuses person_unknown."""
    if not word.issuer.types:
        raise Refusal(RefusalCode.TYPE_NOT_ALLOWED)
    record = sscr.record_of(db, _person(db, word).id)
    assert record is not None
    return record.did


def receive(db: Session, word: Word, *, issuer: Issuer, now: datetime) -> CredentialType:
    """Put what a party sent into a record, and tell its owner; what type it is.

    Refuses type_not_allowed, person_unknown, what a type does not allow, and credential_refused.
    """
    user = _person(db, word)
    text = word.said.get("credential")
    if isinstance(text, str):
        type, expires = _theirs(db, word, text, user, issuer, now)
    else:
        type, expires = _type(word, word.said.get("type")), now + timedelta(days=SOURCE_DAYS)
        text = _ours(db, word, type, user, issuer=issuer, now=now, expires=expires)
    sscr.deliver(
        db, owner_id=user.id, credential=text, type=type, issuer=word.issuer.name, issued_at=now,
        expires_at=expires, now=now,
    )  # fmt: skip
    title = words(user.language).say(credentials.TITLES[type])
    messaging.send(
        db, to=user.phone, template=Template.CREDENTIAL_ADDED, language=user.language,
        facts={"title": title}, now=now, user_id=user.id,
    )  # fmt: skip
    return type


def _theirs(
    db: Session, word: Word, text: str, user: User, issuer: Issuer, now: datetime
) -> tuple[CredentialType, datetime]:
    """A credential of their own: verified as any other, its status list looked at from now on."""
    found = _verified(word, text, now)
    if found.type is None or found.expires_at is None:
        raise refused("type", "another")
    if not jose.is_same_key(found.holder_jwk, sscr.holder_jwk(db, user.id)):
        raise refused("subject")
    status_reading.want(db, found.status, base_url=issuer.base_url, now=now)
    return _type(word, found.type), found.expires_at


def _verified(word: Word, text: str, now: datetime) -> Verified:
    believed = {word.issuer.did: word.issuer.keys}
    return credentials.verify(
        text, trust=believed, type=None, audience=None, nonce=None, now=now, require_binding=False,
        status=lambda _: credentials.StatusAnswer.VALID,  # made a moment ago; its list comes later
    )  # fmt: skip


def _ours(
    db: Session,
    word: Word,
    type: CredentialType,
    user: User,
    *,
    issuer: Issuer,
    now: datetime,
    expires: datetime,
) -> str:
    facts = word.said.get("facts")
    if not isinstance(facts, dict):
        raise Refusal(RefusalCode.CLAIM_MISSING, type=type, names=["facts"])
    today = clock.local_day(now, people.organisation(db, user.organisation_id).timezone)
    return credentials.mint(
        db, issuer=issuer, type=type, claims=credentials.claims.build(type, facts, on=today),
        holder_jwk=sscr.holder_jwk(db, user.id), owner_id=user.id, reference=word.issuer.did[:120], now=now,
        expires_at=expires,
    )  # fmt: skip


def _type(word: Word, name: object) -> CredentialType:
    if name not in word.issuer.types:
        raise Refusal(RefusalCode.TYPE_NOT_ALLOWED, type=str(name)[:40])
    return CredentialType(str(name))


def _number(phone: str) -> str:
    """As we write it, e.g. +254711000111 of 0711000111; what is no number is nobody's."""
    try:
        return people.normalise(phone)
    except Refusal:
        return ""


def _person(db: Session, word: Word) -> User:
    """Whom it is about: a person of this node with a record, named by her number."""
    phone = word.said.get("phone")
    is_text = isinstance(phone, str) and phone.isprintable()
    user = people.by_phone(db, _number(str(phone))) if is_text else None
    if user is None or sscr.record_of(db, user.id) is None:
        raise Refusal(RefusalCode.PERSON_UNKNOWN)
    return user
