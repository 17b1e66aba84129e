"""Every opening of a record leaves a receipt in a chain of hashes, which its owner can read and nobody can edit.

The key service remembers an opening in its own file before the caller may use it; from there it is copied into the
chain. So a receipt is written even if the transaction that opened the record was rolled back: at the next opening, or
when the clock calls `write_receipts`.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select

from core.db import Session
from core.keys import Receipt, join
from core.sscr.custody import Custody
from core.sscr.models import Opening, Record

GENESIS = bytes(32)


def new_receipt(
    custody: Custody, *, purpose: str, session_id: str, now: datetime, audience: str = ""
) -> Receipt:
    """The receipt of one opening; `audience` is whom it was opened for, "" = the owner alone."""
    proof = custody.session_hash(session_id)
    return Receipt(uuid.uuid4().hex, purpose, proof, now.astimezone(UTC), audience)


def write(
    db: Session, *, waiting: Sequence[tuple[str, Receipt]], owner_id: uuid.UUID, last: Receipt
) -> Opening:
    """Copy what the key service saw opened into the owner's chain, `last` at its end; its link.

    The caller holds the lock of her record.
    """
    for _, receipt in waiting:
        _link(db, owner_id, receipt)
    return _link(db, owner_id, last)


def write_receipts(db: Session, *, custody: Custody, limit: int) -> list[Opening]:
    """The same for everybody whose receipts wait, the oldest first; for the clock.

    What it returns is in the chain once the caller commits; then the key service may forget it.
    """
    waiting = custody.service.receipts(limit=limit)
    for owner_id in sorted({uuid.UUID(owner) for owner, _ in waiting}):
        lock_chain(db, owner_id)
    return [_link(db, uuid.UUID(owner), receipt) for owner, receipt in waiting]


def lock_chain(db: Session, owner_id: uuid.UUID) -> Record | None:
    """Her record as it is now; two openings come one after the other from here on, so that the chain has no fork."""
    return db.get(Record, owner_id, with_for_update=True, populate_existing=True)


def of_ticket(db: Session, ticket: str) -> Opening | None:
    """The link of the chain that holds a receipt."""
    return db.scalar(select(Opening).where(Opening.ticket == ticket))


def openings(db: Session, owner_id: uuid.UUID, limit: int) -> list[Opening]:
    """The last receipts of an owner's record, the newest first."""
    query = select(Opening).where(Opening.owner_id == owner_id).order_by(Opening.seq.desc())
    return list(db.scalars(query.limit(limit)))


def opened_since(db: Session, owner_id: uuid.UUID, purpose: str, since: datetime) -> int:
    """How often a record was opened for a purpose after a moment."""
    query = select(func.count()).select_from(Opening)
    mine = (Opening.owner_id == owner_id, Opening.purpose == purpose, Opening.at > since)
    return db.scalar(query.where(*mine)) or 0


def openings_whole(db: Session, owner_id: uuid.UUID) -> bool:
    """Whether the receipts of an owner still form one chain, none changed or taken out of the middle."""
    prev = GENESIS
    query = select(Opening).where(Opening.owner_id == owner_id).order_by(Opening.seq)
    for seq, opening in enumerate(db.scalars(query)):
        if opening.seq != seq or opening.prev_hash != prev or opening.hash != _hash(opening):
            return False
        prev = opening.hash
    return True


def _link(db: Session, owner_id: uuid.UUID, receipt: Receipt) -> Opening:
    return of_ticket(db, receipt.ticket) or _append(db, owner_id, receipt)


def _append(db: Session, owner_id: uuid.UUID, receipt: Receipt) -> Opening:
    last = db.scalar(select(func.max(Opening.seq)).where(Opening.owner_id == owner_id))
    prev = GENESIS if last is None else db.get_one(Opening, (owner_id, last)).hash
    opening = Opening(
        owner_id=owner_id, seq=0 if last is None else last + 1, ticket=receipt.ticket, purpose=receipt.purpose,
        session_hash=receipt.session_hash, at=receipt.at, audience=receipt.audience, prev_hash=prev,
    )  # fmt: skip
    opening.hash = _hash(opening)
    db.add(opening)
    db.flush()
    return opening


def _hash(opening: Opening) -> bytes:
    fields: list[str | bytes] = [
        opening.prev_hash, str(opening.owner_id), str(opening.seq), opening.ticket, opening.purpose,
        opening.session_hash, opening.at.isoformat(),
    ]  # fmt: skip
    if opening.audience:  # links from before there was an audience have none
        fields.append(opening.audience)
    return hashlib.sha256(join(*fields)).digest()
