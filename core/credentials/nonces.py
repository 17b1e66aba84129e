"""A presentation answers one question: its nonce is asked once and used once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from config.limits import PRESENTATION_SECONDS
from core.credentials import times
from core.credentials.errors import refused
from core.credentials.models import CredentialNonce
from core.db import Session


def new_nonce() -> str:
    """A fresh nonce for one presentation."""
    return secrets.token_urlsafe(24)


def use_nonce(db: Session, nonce: str, now: datetime) -> None:
    """Mark a nonce as used; refuses one used before, also when two come at once."""
    try:
        with db.begin_nested():
            db.add(CredentialNonce(nonce=nonce, used_at=now))
    except IntegrityError as error:
        raise refused("binding") from error


def forget_nonces(db: Session, *, now: datetime) -> None:
    """Delete the nonces whose presentations are too old to be believed anyway."""
    last = now - timedelta(seconds=PRESENTATION_SECONDS + 2 * times.leeway())
    db.execute(delete(CredentialNonce).where(CredentialNonce.used_at < last))
