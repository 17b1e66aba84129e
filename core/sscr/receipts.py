"""Every opening of a record leaves a receipt in a chain of hashes, which its owner can read and nobody can edit.

The key service remembers an opening in its own file before the caller may use it; from there it is copied into the
chain. So a receipt is written even if the transaction that opened the record was rolled back: at the next opening, or
when the clock calls `write_receipts`.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from config.limits import RECEIPT_KEPT_SECONDS
from core.db import Session
from core.keys import Receipt, join
from core.sscr.custody import Custody
from core.sscr.models import Opening, Record

GENESIS = bytes(32)


def new_receipt(custody: Custody, *, purpose: str, session_id: str, now: datetime) -> Receipt:
    """The receipt of one opening."""
    return Receipt(uuid.uuid4().hex, purpose, custody.session_hash(session_id), now.astimezone(UTC))


def write(db: Session, *, custody: Custody, owner_id: uuid.UUID, now: datetime) -> None:
    """Copy what the key service saw opened into the owner's chain. The caller holds the lock of her record."""
    for receipt in custody.service.receipts(str(owner_id)):
        if of_ticket(db, receipt.ticket) is None:
            _append(db, owner_id, receipt)
        elif receipt.at < now - timedelta(seconds=RECEIPT_KEPT_SECONDS):
            custody.service.forget(receipt.ticket)


def write_receipts(db: Session, *, custody: Custody, now: datetime, limit: int) -> int:
    """The same for everybody whose receipts wait, at most `limit` owners; for the clock."""
    owners = [uuid.UUID(owner) for owner in custody.service.owners(limit)]
    for owner_id in sorted(owners):
        db.get(Record, owner_id, with_for_update=True)
        write(db, custody=custody, owner_id=owner_id, now=now)
    return len(owners)


def of_ticket(db: Session, ticket: str) -> Opening | None:
    """The link of the chain that holds a receipt."""
    return db.scalar(select(Opening).where(Opening.ticket == ticket))


def openings(db: Session, owner_id: uuid.UUID, limit: int) -> list[Opening]:
    """The last receipts of an owner's record, the newest first."""
    query = select(Opening).where(Opening.owner_id == owner_id).order_by(Opening.seq.desc())
    return list(db.scalars(query.limit(limit)))


def openings_whole(db: Session, owner_id: uuid.UUID) -> bool:
    """Whether the receipts of an owner still form one chain, none changed or taken out of the middle."""
    prev = GENESIS
    query = select(Opening).where(Opening.owner_id == owner_id).order_by(Opening.seq)
    for seq, opening in enumerate(db.scalars(query)):
        if opening.seq != seq or opening.prev_hash != prev or opening.hash != _hash(opening):
            return False
        prev = opening.hash
    return True


def _append(db: Session, owner_id: uuid.UUID, receipt: Receipt) -> None:
    last = db.scalar(select(func.max(Opening.seq)).where(Opening.owner_id == owner_id))
    prev = GENESIS if last is None else db.get_one(Opening, (owner_id, last)).hash
    opening = Opening(
        owner_id=owner_id, seq=0 if last is None else last + 1, ticket=receipt.ticket, purpose=receipt.purpose,
        session_hash=receipt.session_hash, at=receipt.at, prev_hash=prev,
    )  # fmt: skip
    opening.hash = _hash(opening)
    db.add(opening)
    db.flush()


def _hash(opening: Opening) -> bytes:
    content = join(
        opening.prev_hash, str(opening.owner_id), str(opening.seq), opening.ticket, opening.purpose,
        opening.session_hash, opening.at.isoformat(),
    )  # fmt: skip
    return hashlib.sha256(content).digest()
