"""Which keys her own wallet has: learnt when she left custody, so that later only her wallet speaks for her."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from core.db import Session
from core.keys import jose
from core.sscr.models import Record, WalletKey


def bind_wallet(db: Session, *, owner_id: uuid.UUID, jwk: Mapping[str, Any], now: datetime) -> None:
    """Write down that a credential of hers was made out to this key; a wallet may have one for each.

    The wallet of a record before the one she has here is forgotten: her record leaves for another one now.
    """
    name, record = jose.thumbprint(jwk), db.get(Record, owner_id)
    if record is not None:
        hers = delete(WalletKey).where(WalletKey.owner_id == owner_id)
        db.execute(hers.where(WalletKey.bound_at < record.created_at))
    if db.get(WalletKey, (owner_id, name)) is None:
        db.add(WalletKey(owner_id=owner_id, thumbprint=name, bound_at=now))
        db.flush()


def wallet_keys(db: Session, owner_id: uuid.UUID) -> frozenset[str]:
    """The thumbprints (RFC 7638) of her wallet's keys; empty for who never left."""
    mine = select(WalletKey.thumbprint).where(WalletKey.owner_id == owner_id)
    return frozenset(db.scalars(mine))


def is_in_wallet(db: Session, owner_id: uuid.UUID) -> bool:
    """Whether her record is in a wallet of her own whose keys we know, and not here."""
    return db.get(Record, owner_id) is None and bool(wallet_keys(db, owner_id))


def forget_wallet(db: Session, owner_id: uuid.UUID) -> None:
    """Her wallet speaks for her no more."""
    db.execute(delete(WalletKey).where(WalletKey.owner_id == owner_id))
