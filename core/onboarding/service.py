"""The verbs of onboarding: invite, choose a PIN, confirm it, and prove something.

A PIN is typed twice, in two turns, and is kept nowhere between them: the first one already opens a record under it, and
the second one must open that record. If it does not, the record is erased and she chooses again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core import clock, credentials, people, sscr
from core.credentials import CredentialType, Issuer
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.messaging import Template
from core.onboarding import wallets
from core.onboarding.texts import REGISTRATION, text
from core.people import Role, User, UserState
from core.refusal_codes import RefusalCode
from core.sscr import Custody
from core.words import words

TITLES = credentials.TITLES
CREDENTIAL_YEARS = {  # what an organisation can confirm, and for how long it is believed
    CredentialType.KYC: 2,
    CredentialType.COMMUNITY_MEMBERSHIP: 1,
    CredentialType.FINANCIAL_DATA: 1,
    CredentialType.SAVINGS_HISTORY: 1,
    CredentialType.BUSINESS_ACTIVITY: 1,
    CredentialType.OWNERSHIP: 2,
    CredentialType.SOCIAL_ENDORSEMENT: 1,
    CredentialType.FINANCIAL_HEALTH: 5,
}


@dataclass(frozen=True, slots=True)
class Provable:
    """Something a person can prove now: her organisation confirmed it and she does not hold it yet."""

    type: CredentialType
    issuer: str


def invite(
    db: Session,
    *,
    keyring: Keyring,
    organisation_id: uuid.UUID,
    phone: str,
    given_name: str,
    family_name: str,
    service_code: str,
    now: datetime,
    role: Role = Role.BORROWER,
    language: str = "en",
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    by: uuid.UUID | None = None,
) -> User:
    """Invite a person and text her the code; `facts` are what the organisation confirms, by credential type.

    `by` is who of the staff does it: he is told if the text does not arrive. Refuses phone_unreadable,
    phone_not_mobile, phone_already_registered, which who catches it counts (`people.note_refused_number`), and after
    too many of those invitations_paused, whoever's the number is.
    """
    phone = people.mobile(phone, people.organisation(db, organisation_id).country)
    people.check_may_invite(db, organisation_id=organisation_id, by=by, now=now)
    known = facts or {}
    for kind, claims in known.items():  # what could not be issued later is refused now
        credentials.claims.build(_type(kind), claims, on=now.date())
    _let_back(db, organisation_id, phone)
    user, code = people.invite(
        db, keyring=keyring, organisation_id=organisation_id, role=role, phone=phone, language=language,
        given_name=given_name, family_name=family_name, by=by, now=now,
    )  # fmt: skip
    for kind, claims in known.items():
        people.attest(db, keyring=keyring, user_id=user.id, type=kind, claims=claims)
    organisation = people.organisation(db, organisation_id)
    text(
        db, user, Template.INVITATION, now, secret=True, code=code, organisation=organisation.name,
        service_code=service_code,
    )  # fmt: skip
    return user


def _let_back(db: Session, organisation_id: uuid.UUID, phone: str) -> None:
    """Who took her record to a wallet of her own may begin one here beside it."""
    user = people.by_phone(db, phone)
    if user is None or user.organisation_id != organisation_id:
        return
    if user.state is UserState.ACTIVE and wallets.left(db, user.id):
        user.state = UserState.INVITED


def choose_pin(
    db: Session, *, keyring: Keyring, custody: Custody, user_id: uuid.UUID, pin: str, now: datetime
) -> None:
    """Open a record under a first PIN; refuses a weak one. She is not registered before she typed it again."""
    user = _invited(db, user_id)
    sscr.open_record(
        db, custody=custody, owner_id=user_id, phone=user.phone, pin=pin, now=now, anew=True,
        birth_date=birth_date(db, keyring, user_id),
    )  # fmt: skip


def confirm_pin(
    db: Session, *, custody: Custody, user_id: uuid.UUID, pin: str, session_id: str, now: datetime
) -> bool:
    """Finish the registration if this PIN opens the record of the first; else False, and the record is gone."""
    user = _invited(db, user_id)
    try:
        with sscr.unlock(
            db, custody=custody, owner_id=user_id, pin=pin, purpose=REGISTRATION, session_id=session_id, now=now
        ):  # fmt: skip
            pass
    except Refusal as refusal:
        if refusal.code not in sscr.WRONG_PIN:
            raise
        sscr.erase(db, owner_id=user_id)
        return False
    people.activate(db, user_id=user_id, now=now)
    organisation = people.organisation(db, user.organisation_id)
    text(db, user, Template.WELCOME, now, name=user.given_name, organisation=organisation.name)
    return True


def provable(db: Session, user_id: uuid.UUID, *, now: datetime) -> list[Provable]:
    """What this person can prove by phone now."""
    held = {
        held.type
        for held in sscr.holdings(db, user_id)
        if held.expires_at is None or held.expires_at > now
    }
    name = people.organisation(db, people.get(db, user_id).organisation_id).name
    return [
        Provable(kind, name)
        for kind in CREDENTIAL_YEARS
        if kind not in held and people.has_facts(db, user_id, kind)
    ]


def prove(
    db: Session, *, keyring: Keyring, issuer: Issuer, user_id: uuid.UUID, type: CredentialType, now: datetime
) -> None:  # fmt: skip
    """Issue a credential from what the organisation confirmed, into her record, and tell her by SMS."""
    prove_all(db, keyring=keyring, issuer=issuer, user_id=user_id, types=[type], now=now)


def prove_all(
    db: Session,
    *,
    keyring: Keyring,
    issuer: Issuer,
    user_id: uuid.UUID,
    types: Sequence[CredentialType],
    now: datetime,
) -> None:
    """The same for several types: one text tells of all of them. Refuses nothing_confirmed."""
    for type in types:
        _prove(db, keyring, issuer, user_id, type, now)
    user = people.get(db, user_id)
    titles = ", ".join(words(user.language).say(TITLES[type]) for type in types)
    text(db, user, Template.CREDENTIAL_ADDED, now, title=titles)


def _prove(
    db: Session, keyring: Keyring, issuer: Issuer, user_id: uuid.UUID, type: CredentialType, now: datetime
) -> None:  # fmt: skip
    facts = people.attested_facts(db, keyring=keyring, user_id=user_id, type=type)
    if facts is None:
        raise Refusal(RefusalCode.NOTHING_CONFIRMED)
    organisation = people.organisation(db, people.get(db, user_id).organisation_id)
    today = clock.local_day(now, organisation.timezone)
    expires = now + timedelta(days=365 * CREDENTIAL_YEARS[type])
    credential = credentials.mint(
        db, issuer=issuer, type=type, claims=credentials.claims.build(type, facts, on=today),
        holder_jwk=sscr.holder_jwk(db, user_id), owner_id=user_id, now=now, expires_at=expires,
    )  # fmt: skip
    sscr.deliver(
        db, owner_id=user_id, credential=credential, type=type, issuer=organisation.name,
        issued_at=now, expires_at=expires, now=now,
    )  # fmt: skip


def birth_date(db: Session, keyring: Keyring, user_id: uuid.UUID) -> date | None:
    """Her birthday, if it was confirmed: a PIN must not be made of it."""
    kyc = people.attested_facts(db, keyring=keyring, user_id=user_id, type=CredentialType.KYC)
    born = (kyc or {}).get("birthdate")
    return date.fromisoformat(born) if born else None


def _type(name: str) -> CredentialType:
    try:
        return CredentialType(name)
    except ValueError:
        raise Refusal(RefusalCode.CREDENTIAL_TYPE_UNKNOWN, type=name) from None


def _invited(db: Session, user_id: uuid.UUID) -> User:
    user = people.get(db, user_id)
    if user.state is not UserState.INVITED:
        raise Refusal(RefusalCode.PHONE_ALREADY_REGISTERED)
    return user
