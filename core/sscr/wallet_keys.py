"""Which keys her own wallet has: learnt when she left custody, so that later only her wallet speaks for her."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, select

from core.db import Session
from core.sscr.models import Record, WalletKey


def bind_wallet(db: Session, *, owner_id: uuid.UUID, thumbprint: str, now: datetime) -> None:
    """Write down that a credential of hers is made out to this key (RFC 7638); a wallet may have one for each.

    The wallet of a record before the one she has here is forgotten: her record leaves for another one now.
    """
    record = db.get(Record, owner_id)
    if record is not None:
        hers = delete(WalletKey).where(WalletKey.owner_id == owner_id)
        db.execute(hers.where(WalletKey.bound_at < record.created_at))
    if db.get(WalletKey, (owner_id, thumbprint)) is None:
        db.add(WalletKey(owner_id=owner_id, thumbprint=thumbprint, bound_at=now))
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
