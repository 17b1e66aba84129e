"""An erasure that survives the death of whoever carries it out: written with it, told to the key service, crossed out.

Without it a process that dies between its commit and its word to the key service would leave the wraps of an old
backup open to her PIN.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import delete, select

from core.db import Session
from core.sscr.models import Shredding

Destroyed = tuple[uuid.UUID, int]  # whose wraps, and up to which epoch


def note(db: Session, owner_id: uuid.UUID, epoch: int) -> None:
    """The wraps up to `epoch` are gone from this database; the key service must refuse every copy of them."""
    db.merge(Shredding(owner_id=owner_id, epoch=epoch))
    db.flush()


def fresh_epoch(db: Session, owner_id: uuid.UUID) -> int:
    """The epoch of a first wrap: above all that the key service was told or is still to be told of."""
    found = db.get(Shredding, owner_id, populate_existing=True)
    return found.epoch + 1 if found else 1


def unconfirmed_erasures(db: Session, limit: int) -> list[Destroyed]:
    """What the key service may not know yet."""
    rows = db.scalars(select(Shredding).order_by(Shredding.owner_id).limit(limit))
    return [(row.owner_id, row.epoch) for row in rows]


def confirm_erasures(db: Session, told: Iterable[Destroyed]) -> None:
    """The key service knows these; what was destroyed since stays."""
    for owner_id, epoch in told:
        db.execute(
            delete(Shredding).where(Shredding.owner_id == owner_id, Shredding.epoch == epoch)
        )
