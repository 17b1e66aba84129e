"""Her yes to a lender: for one verifier, one purpose and certain questions; without it nothing is shown.

The receipt has the fields of ISO/IEC TS 27560:2023 (as the W3C Data Privacy Vocabulary lists them), is signed by the
custodian and sealed under her data key. In the open stand only for whom, why, how long and what was asked: what she
reads in her list, also after she took it back. No answer does.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from config.limits import BAND_DAYS, CONSENT_DAYS, LIST_ROWS
from core.credentials import Issuer, bands
from core.db import Session
from core.errors import Refusal
from core.keys import jose
from core.refusal_codes import RefusalCode
from core.sscr import custody as lock
from core.sscr.custody import Unlocked
from core.sscr.models import Consent

TYP = "growr-consent+jwt"
NOTICE_VERSION = "1"  # raise it when the page that asks for a yes says something else
_CODE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that reads like something else
_TYPE = "consent"


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who asks: his DID, and the name she knows him by."""

    did: str
    name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What she was told when she agreed: in which language, where, and by which means."""

    language: str
    jurisdiction: str
    method: str = "ussd"
    version: str = NOTICE_VERSION


def give(
    db: Session,
    *,
    unlocked: Unlocked,
    issuer: Issuer,
    verifier: Verifier,
    types: Mapping[str, Sequence[Sequence[str]]],
    notice: Notice,
    now: datetime,
) -> Consent:
    """Write down that she agreed, with her record open for this very purpose; an older yes to the same ends.

    Refuses asked_too_finely.
    """
    assert unlocked.opening is not None
    bands.check(categories(types), _asked_lately(db, unlocked, verifier.did, now))
    end(db, unlocked.owner_id, verifier.did, unlocked.purpose, now)
    consent = Consent(
        id=uuid.uuid4(), owner_id=unlocked.owner_id, code=fresh_code(), verifier=verifier.did,
        verifier_name=verifier.name, purpose=unlocked.purpose, ticket=unlocked.opening.ticket,
        expires_at=now + timedelta(days=CONSENT_DAYS), withdrawn_at=None, created_at=now, asked=categories(types),
    )  # fmt: skip
    said = _receipt(consent, unlocked, issuer, types, notice)
    text = jose.sign({"typ": TYP, "kid": issuer.jwk["kid"]}, said, issuer.key)
    consent.sealed = lock.seal(unlocked.dek, text.encode(), _aad(consent))
    db.add(consent)
    db.flush()
    return consent


def withdraw(db: Session, *, owner_id: uuid.UUID, consent_id: uuid.UUID, now: datetime) -> Consent:
    """Take a yes back: nothing is shown on it from now on. Refuses consent_unknown."""
    consent = db.get(Consent, consent_id, populate_existing=True)
    if consent is None or consent.owner_id != owner_id or not is_live(consent, now):
        raise Refusal(RefusalCode.CONSENT_UNKNOWN)
    consent.withdrawn_at = now
    db.flush()
    return consent


def end(db: Session, owner_id: uuid.UUID, verifier: str, purpose: str, now: datetime) -> None:
    """The same as `withdraw` for whatever she agreed to before with this verifier for this purpose."""
    db.execute(
        update(Consent)
        .where(Consent.owner_id == owner_id, Consent.verifier == verifier)
        .where(Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )


def consents(db: Session, owner_id: uuid.UUID) -> list[Consent]:
    """What she agreed to, the newest first; also what she took back or what has ended (`is_live`)."""
    query = select(Consent).where(Consent.owner_id == owner_id)
    return list(db.scalars(query.order_by(Consent.created_at.desc()).limit(LIST_ROWS)))


def is_live(consent: Consent, now: datetime) -> bool:
    """Whether something may still be shown on it."""
    return consent.withdrawn_at is None and consent.expires_at > now


def of_opening(db: Session, ticket: str) -> Consent | None:
    """The consent that was given when the record was opened with this receipt."""
    return db.scalar(select(Consent).where(Consent.ticket == ticket))


def check_agreed(
    db: Session,
    *,
    unlocked: Unlocked,
    verifier: str,
    types: Mapping[str, Sequence[Sequence[str]]],
    now: datetime,
) -> Consent:
    """Her live yes to this verifier, for the purpose of the unlock and for all that is asked; else consent_missing."""
    query = select(Consent).where(
        Consent.owner_id == unlocked.owner_id, Consent.verifier == verifier,
        Consent.purpose == unlocked.purpose, Consent.withdrawn_at.is_(None), Consent.expires_at > now,
    )  # fmt: skip
    consent = db.scalar(query.order_by(Consent.created_at.desc()).limit(1))
    if consent is None:
        raise Refusal(RefusalCode.CONSENT_MISSING)
    said = receipt(unlocked, consent)  # what stands in the open may have been changed since
    agreed = {tuple(one) for one in said["pii"]}
    is_for_this = (said["recipients"], said["purpose"]) == ([verifier], unlocked.purpose)
    if not is_for_this or not all(tuple(one) in agreed for one in categories(types)):
        raise Refusal(RefusalCode.CONSENT_MISSING)
    return consent


def receipt(unlocked: Unlocked, consent: Consent) -> dict[str, Any]:
    """What she agreed to, from its sealed receipt; only with her record open."""
    return jose.parse(receipt_text(unlocked, consent)).payload


def receipt_text(unlocked: Unlocked, consent: Consent) -> str:
    """The receipt as it was signed, for her to take along."""
    return lock.open_sealed(unlocked.dek, consent.sealed, _aad(consent)).decode()


def categories(types: Mapping[str, Sequence[Sequence[str]]]) -> list[list[str]]:
    """The categories of data: a list of type and claim path each; a type alone where nothing else is asked of it."""
    return [[type, *path] for type, paths in types.items() for path in (paths or [[]])]


def _asked_lately(
    db: Session, unlocked: Unlocked, verifier: str, now: datetime
) -> Iterator[list[str]]:
    """What this verifier asked her for of late, whether she took her yes back or not."""
    lately = Consent.created_at > now - timedelta(days=BAND_DAYS)
    mine = (Consent.owner_id == unlocked.owner_id, Consent.verifier == verifier)
    for consent in db.scalars(select(Consent).where(*mine, lately)):
        yield from receipt(unlocked, consent)["pii"]


def fresh_code() -> str:
    """A short name for a consent, to say on the phone."""
    return "".join(secrets.choice(_CODE) for _ in range(5))


def _receipt(
    consent: Consent,
    unlocked: Unlocked,
    issuer: Issuer,
    types: Mapping[str, Sequence[Sequence[str]]],
    notice: Notice,
) -> dict[str, Any]:
    return {
        "schema_version": "ISO/IEC TS 27560:2023",
        "receipt_id": str(consent.id),
        "short_code": consent.code,
        "pii_principal_id": unlocked.did,
        "pii_controllers": [{"id": consent.verifier, "name": consent.verifier_name}],
        "custodian": issuer.did,
        "recipients": [consent.verifier],
        "purpose": consent.purpose,
        "lawful_basis": "consent",
        "consent_type": "expressed",
        "pii": categories(types),
        "collection_method": notice.method,
        "notice": {"version": notice.version, "language": notice.language},
        "jurisdiction": notice.jurisdiction,
        "timestamp": consent.created_at.isoformat(),
        "valid_until": consent.expires_at.isoformat(),
        "withdrawal": "by phone: My record, My consents",
        "opening": consent.ticket,
    }


def _aad(consent: Consent) -> bytes:
    return lock.credential_aad(consent.owner_id, consent.id, _TYPE)
