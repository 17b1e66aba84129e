"""Makers with defaults: custody, a record, a credential in it, an open record."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core import credentials, sscr
from core.credentials import CredentialType, Issuer
from core.errors import Busy, Refusal
from core.keys import Keyring
from core.sscr import Consent, Custody, Record, Unlocked
from tests.conftest import NOW

OWNER = uuid.UUID(int=7)
PIN, OTHER_PIN = "839205", "502938"
PHONE = "+254712345678"
AUDIENCE, NONCE = "did:web:lender.example", "n-1"


def issuer(keyring: Keyring) -> Issuer:
    return Issuer.of(keyring, "https://node.example")


def record(db: Session, custody: Custody, **changes: Any) -> Record:
    asked = {"owner_id": OWNER, "phone": PHONE, "pin": PIN, "birth_date": None, "now": NOW}
    return sscr.open_record(db, custody=custody, **(asked | changes))


def unlock(db: Session, custody: Custody, **changes: Any) -> Unlocked:
    asked = {"owner_id": OWNER, "pin": PIN, "purpose": "loan", "session_id": "s-1", "now": NOW}
    return sscr.unlock(db, custody=custody, **(asked | changes))


def deliver(db: Session, keyring: Keyring, *, owner_id: uuid.UUID = OWNER, **facts: Any) -> str:
    known = {"birthdate": "1990-01-01", "given_name": "Wanjiru"} | facts
    expires = NOW + timedelta(days=365)
    text = credentials.issue(
        issuer=issuer(keyring), type=CredentialType.KYC, claims=credentials.claims.kyc(known, on=NOW.date()),
        holder_jwk=sscr.holder_jwk(db, owner_id), now=NOW, expires_at=expires,
    )  # fmt: skip
    sscr.deliver(
        db, owner_id=owner_id, credential=text, type=CredentialType.KYC, issuer="Mavuno", issued_at=NOW,
        expires_at=expires, now=NOW,
    )  # fmt: skip
    return text


def present(db: Session, unlocked: Unlocked, **changes: Any) -> list[str]:
    """A presentation she agreed to just before."""
    asked: dict[str, Any] = {
        "types": {"kyc": [["age_over", "18"]]}, "audience": AUDIENCE, "nonce": NONCE, "purpose": "loan", "now": NOW,
    }  # fmt: skip
    asked |= changes
    if unlocked.purpose == asked["purpose"]:
        agree(db, unlocked, types=asked["types"], verifier=asked["audience"], now=asked["now"])
    return sscr.present(db, unlocked=unlocked, **asked)


def agree(db: Session, unlocked: Unlocked, **changes: Any) -> Consent:
    """Her yes to the lender's questions."""
    asked: dict[str, Any] = {
        "types": {"kyc": [["age_over", "18"]]},
        "verifier": AUDIENCE,
        "now": NOW,
    }
    asked |= changes
    return sscr.give(
        db, unlocked=unlocked, issuer=issuer(unlocked.custody.keyring), types=asked["types"],
        verifier=sscr.Verifier(asked["verifier"], "Mavuno"), notice=sscr.Notice("sw", "KE"), now=asked["now"],
    )  # fmt: skip


def change_pin(
    db: Session, custody: Custody, old: str = PIN, new: str = OTHER_PIN, again: str | None = None
) -> None:
    """The new PIN twice, the old one last."""
    asked: dict[str, Any] = {"custody": custody, "owner_id": OWNER}
    sscr.choose_next(db, pin=new, phone=PHONE, birth_date=None, **asked)
    if sscr.confirm_next(db, pin=again or new, **asked):
        with unlock(db, custody, pin=old, purpose="pin_change") as unlocked:
            sscr.take_next(db, unlocked)


def refusal_of(db: Session, custody: Custody, **changes: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises((Refusal, Busy)) as refusal:
        unlock(db, custody, **changes)
    return refusal.value.code, refusal.value.facts
