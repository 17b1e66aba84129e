"""What an organisation confirms about a person, kept sealed: who steals the database learns nothing of her.

The claims are one AEAD box (XChaCha20-Poly1305) under a key of the node. Whose they are and of what type is bound to
the box as associated data, so that rows cannot be exchanged.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from nacl.secret import Aead
from sqlalchemy import delete, select

from core.db import Session
from core.keys import Keyring
from core.people.models import AttestedFact

_KEY = "people/facts"


def attest(
    db: Session,
    *,
    keyring: Keyring,
    user_id: uuid.UUID,
    type: str,
    claims: Mapping[str, Any],
    by: uuid.UUID | None = None,
) -> None:
    """Write down what the organisation confirms about a person; a newer confirmation replaces the older."""
    plain = json.dumps(dict(claims)).encode()
    sealed = bytes(Aead(keyring.derive(_KEY)).encrypt(plain, _aad(user_id, type)))
    found = _find(db, user_id, type)
    if found is None:
        db.add(AttestedFact(user_id=user_id, type=type, sealed=sealed, attested_by=by))
    else:
        found.sealed, found.attested_by = sealed, by
    db.flush()


def attested_facts(
    db: Session, *, keyring: Keyring, user_id: uuid.UUID, type: str
) -> dict[str, Any] | None:
    """What the organisation confirmed of her for this type of credential, if anything.

    A box that does not open (a row exchanged, another node's key) raises CryptoError: that is no user's mistake.
    """
    found = _find(db, user_id, type)
    if found is None:
        return None
    plain = Aead(keyring.derive(_KEY)).decrypt(found.sealed, _aad(user_id, type))
    claims: dict[str, Any] = json.loads(plain)
    return claims


def has_facts(db: Session, user_id: uuid.UUID, type: str) -> bool:
    """Whether anything was confirmed of her for this type; nothing is opened for it."""
    return _find(db, user_id, type) is not None


def forget_facts(db: Session, user_id: uuid.UUID) -> None:
    """Nothing is confirmed of her any more."""
    db.execute(delete(AttestedFact).where(AttestedFact.user_id == user_id))


def _find(db: Session, user_id: uuid.UUID, type: str) -> AttestedFact | None:
    query = select(AttestedFact).where(AttestedFact.user_id == user_id, AttestedFact.type == type)
    return db.scalar(query)


def _aad(user_id: uuid.UUID, type: str) -> bytes:
    return f"{user_id}|{type}".encode()
