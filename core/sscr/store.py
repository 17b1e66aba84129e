"""The credentials of a record: delivered without the owner, taken in when she opens it, shown with her PIN only."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from config.limits import LIST_ROWS
from core import credentials
from core.credentials import refused
from core.db import Session
from core.errors import Refusal
from core.keys import jose
from core.keys.jose import Jwk
from core.refusal_codes import RefusalCode
from core.sscr import custody as lock
from core.sscr.consents import check_agreed
from core.sscr.custody import Unlocked
from core.sscr.models import Consent, Record, Sealing, StoredCredential


@dataclass(frozen=True, slots=True)
class Holding:
    """What can be told of a stored credential while the record is shut."""

    type: str
    issuer: str
    issued_at: datetime
    expires_at: datetime


def holder_jwk(db: Session, owner_id: uuid.UUID) -> Jwk:
    """The public key credentials of this owner are bound to (`cnf`)."""
    return jose.ed25519_jwk(_record(db, owner_id).holder_public)


def deliver(
    db: Session,
    *,
    owner_id: uuid.UUID,
    credential: str,
    type: str,
    issuer: str,
    issued_at: datetime,
    expires_at: datetime,
    now: datetime,
) -> StoredCredential:
    """Put a credential into a shut record: sealed to the owner's key, for her alone. Refuses one that is not hers."""
    record = _record(db, owner_id)
    _check_hers(record, credential)
    stored = StoredCredential(
        id=uuid.uuid4(), owner_id=owner_id, type=type, issuer=issuer, issued_at=issued_at,
        expires_at=expires_at, sealing=Sealing.BOX, created_at=now,
    )  # fmt: skip
    stored.sealed = lock.into_box(record.holder_public, credential.encode())
    db.add(stored)
    db.flush()
    return stored


def holdings(db: Session, owner_id: uuid.UUID) -> list[Holding]:
    """What credentials an owner has, the newest first."""
    query = select(StoredCredential).where(StoredCredential.owner_id == owner_id)
    rows = db.scalars(query.order_by(StoredCredential.issued_at.desc()).limit(LIST_ROWS))
    return [Holding(row.type, row.issuer, row.issued_at, row.expires_at) for row in rows]


def present(
    db: Session,
    *,
    unlocked: Unlocked,
    types: Mapping[str, Sequence[Sequence[str]]],
    audience: str,
    nonce: str,
    purpose: str,
    now: datetime,
    transaction_data: Sequence[str] = (),
) -> list[str]:
    """One presentation per type, bound to one verifier and nonce, with the claims asked for and no others.

    A yes-or-no answer that is "no" is never shown. Refuses credential_missing(type) and consent_missing.
    """
    assert purpose == unlocked.purpose, "an unlock is for one purpose"
    consent = check_agreed(db, unlocked=unlocked, verifier=audience, types=types, now=now)
    shown = []
    for type, paths in types.items():
        held = credentials.Held(_newest(db, unlocked, type, now))
        shown.append(
            held.present(
                paths=_answers_yes(held.claims, paths), key=unlocked.holder_key, audience=audience,
                nonce=nonce, now=now, claims=_custody_words(unlocked, consent), transaction_data=transaction_data,
            )
        )  # fmt: skip
    return shown


def held(db: Session, unlocked: Unlocked) -> list[tuple[StoredCredential, str]]:
    """All she holds, the oldest first, each with its text; only with her record open."""
    query = select(StoredCredential).where(StoredCredential.owner_id == unlocked.owner_id)
    rows = db.scalars(query.order_by(StoredCredential.issued_at))
    return [
        (row, lock.open_sealed(unlocked.dek, row.sealed, _aad(row)).decode())
        for row in rows
        if row.sealing is Sealing.KEY
    ]


def stored_ids(db: Session, owner_id: uuid.UUID) -> set[uuid.UUID]:
    """The names of all she holds."""
    return set(db.scalars(select(StoredCredential.id).where(StoredCredential.owner_id == owner_id)))


def let_go(db: Session, *, owner_id: uuid.UUID, credential_id: uuid.UUID) -> None:
    """Delete one credential, because its owner has it elsewhere."""
    mine = StoredCredential.owner_id == owner_id
    db.execute(delete(StoredCredential).where(mine, StoredCredential.id == credential_id))


def take_in(db: Session, unlocked: Unlocked) -> None:
    """Seal what was delivered meanwhile under the owner's own data key."""
    waiting = select(StoredCredential).where(
        StoredCredential.owner_id == unlocked.owner_id, StoredCredential.sealing == Sealing.BOX
    )
    key = unlocked.holder_key
    for stored in db.scalars(waiting.limit(LIST_ROWS)):
        text = lock.out_of_box(key, stored.sealed)
        stored.sealed = lock.seal(unlocked.dek, text, _aad(stored))
        stored.sealing = Sealing.KEY
    db.flush()


def _newest(db: Session, unlocked: Unlocked, type: str, now: datetime) -> str:
    query = select(StoredCredential).where(
        StoredCredential.owner_id == unlocked.owner_id,
        StoredCredential.type == type,
        StoredCredential.sealing == Sealing.KEY,
        StoredCredential.expires_at > now,
    )
    stored = db.scalar(query.order_by(StoredCredential.issued_at.desc()).limit(1))
    if stored is None:
        raise Refusal(RefusalCode.CREDENTIAL_MISSING, type=type)
    return lock.open_sealed(unlocked.dek, stored.sealed, _aad(stored)).decode()


def _answers_yes(claims: Mapping[str, Any], paths: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return [path for path in paths if _at(claims, path) is not False]


def _at(claims: Any, path: Sequence[str]) -> Any:
    for step in path:
        claims = claims.get(step) if isinstance(claims, Mapping) else None
    return claims


def _custody_words(unlocked: Unlocked, consent: Consent) -> dict[str, Any]:
    """The presentation says openly that a custodian made it, and by what consent."""
    words = {"mode": "custodial", "user_auth": ["ussd_pin"], "consent": str(consent.id)}
    custodian = unlocked.custody.did
    return {"growr_custody": {**words, **({"custodian": custodian} if custodian else {})}}


def _check_hers(record: Record, credential: str) -> None:
    cnf = credentials.received(credential).payload.get("cnf")
    key = cnf.get("jwk") if isinstance(cnf, dict) else None
    if not jose.is_same_key(key, jose.ed25519_jwk(record.holder_public)):
        raise refused("subject")


def _record(db: Session, owner_id: uuid.UUID) -> Record:
    record = db.get(Record, owner_id)
    if record is None:
        raise Refusal(RefusalCode.NO_RECORD)
    return record


def _aad(stored: StoredCredential) -> bytes:
    return lock.credential_aad(stored.owner_id, stored.id, stored.type)
