"""What her own wallet is still to get: a loan went on after her record left, and what we attest of it has no home here.

Only what it is about is written down; what it says is read from the books when it is offered.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from core.db import Session
from core.sscr.models import Owed


@dataclass(frozen=True, slots=True)
class Draft:
    """What a credential will say once a wallet has shown the key it is made out to."""

    type: str
    reference: str
    claims: Mapping[str, Any]
    expires_at: datetime


def owe(db: Session, *, owner_id: uuid.UUID, type: str, reference: str, now: datetime) -> None:
    """From now on her wallet is to get this, whatever it had of it before."""
    owe_no_more(db, owner_id=owner_id, type=type, reference=reference)
    db.add(Owed(owner_id=owner_id, type=type, reference=reference, noted_at=now))
    db.flush()


def owe_no_more(db: Session, *, owner_id: uuid.UUID, type: str, reference: str) -> bool:
    """It holds no more: an offer of it gives nothing. Whether it was owed, or taken."""
    this = delete(Owed).where(
        Owed.owner_id == owner_id, Owed.type == type, Owed.reference == reference
    )
    return db.execute(this.returning(Owed.owner_id)).first() is not None


def owed(db: Session, owner_id: uuid.UUID) -> list[tuple[str, str]]:
    """Type and reference of what she has not taken, the oldest first."""
    query = select(Owed.type, Owed.reference).where(
        Owed.owner_id == owner_id, Owed.taken_at.is_(None)
    )
    return [(row.type, row.reference) for row in db.execute(query.order_by(Owed.noted_at))]


def unoffered(db: Session, limit: int) -> list[uuid.UUID]:
    """To whom something is owed that no offer names."""
    query = select(Owed.owner_id).where(Owed.offered_at.is_(None)).distinct()
    return list(db.scalars(query.limit(limit)))


def offer_owed(db: Session, owner_id: uuid.UUID, now: datetime) -> bool:
    """All that is owed to her is offered anew at `now`; False where another worker has just done so."""
    hers = update(Owed).where(Owed.owner_id == owner_id)
    fresh = hers.where(Owed.offered_at.is_(None)).values(offered_at=now)
    if db.execute(fresh.returning(Owed.owner_id)).first() is None:
        return False
    db.execute(hers.where(Owed.taken_at.is_(None)).values(offered_at=now))
    return True


def take_owed(
    db: Session, *, owner_id: uuid.UUID, type: str, reference: str, offered_at: datetime, now: datetime
) -> bool:  # fmt: skip
    """Her wallet takes this from the offer of that moment; False where it is not owed by it (any more)."""
    this = update(Owed).where(
        Owed.owner_id == owner_id, Owed.type == type, Owed.reference == reference,
        Owed.offered_at == offered_at,
    )  # fmt: skip
    return db.execute(this.values(taken_at=now).returning(Owed.owner_id)).first() is not None


def forget_owed(db: Session, owner_id: uuid.UUID) -> None:
    """Nothing is owed to her any more."""
    db.execute(delete(Owed).where(Owed.owner_id == owner_id))
