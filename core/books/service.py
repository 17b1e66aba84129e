"""Append an entry to a book in the transaction of the event itself, and verify a book without trusting anyone.

hash = BLAKE2b-256(previous hash || body), signature = Ed25519 of the hash by the node's book key, which the session
carries (`db.info["book_key"]`, put there by `core.node`), because every session of a node writes the same books.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import rfc8785
from nacl.encoding import RawEncoder
from nacl.exceptions import BadSignatureError
from nacl.hash import blake2b
from nacl.signing import SigningKey, VerifyKey
from sqlalchemy import select

from config.limits import LIST_ROWS
from core.books.models import Book, BookEntry, BookHead
from core.db import Session

GENESIS = bytes(32)


def append(
    db: Session,
    book: Book,
    *,
    kind: str,
    entity_id: uuid.UUID,
    event_id: str,
    body: Mapping[str, Any],
    now: datetime,
) -> BookEntry | None:
    """Append one entry; None if this `event_id` was appended before. Amounts in `body` are integers in minor units."""
    if db.scalar(select(BookEntry.seq).where(BookEntry.event_id == event_id)) is not None:
        return None
    key: SigningKey = db.info["book_key"]
    top = _lock_head(db, book)
    text = _canonical({"kind": kind, "entity": str(entity_id), "at": now.isoformat(), **body})
    digest = _hash(top.last_hash, text)
    entry = BookEntry(
        book=book, seq=top.next_seq, event_id=event_id, kind=kind, entity_id=str(entity_id), body=text,
        prev_hash=top.last_hash, hash=digest, signature=key.sign(digest).signature, created_at=now,
    )  # fmt: skip
    db.add(entry)
    top.next_seq, top.last_hash = top.next_seq + 1, digest
    db.flush()
    return entry


def head(db: Session, book: Book) -> tuple[int, bytes]:
    """How many entries a book has, and the hash of the last one."""
    found = db.get(BookHead, book)
    return (found.next_seq, found.last_hash) if found else (0, GENESIS)


def entries(
    db: Session, book: Book, *, start: int = 0, limit: int = LIST_ROWS, entity_id: str | None = None
) -> list[BookEntry]:
    """Entries of a book in order, from number `start` on, of one entity if asked."""
    query = select(BookEntry).where(BookEntry.book == book, BookEntry.seq >= start)
    if entity_id is not None:
        query = query.where(BookEntry.entity_id == entity_id)
    return list(db.scalars(query.order_by(BookEntry.seq).limit(limit)))


def verify(
    chain: Iterable[BookEntry], *keys: VerifyKey, prev: bytes = GENESIS, seq: int = 0
) -> bool:
    """Whether these entries follow each other without a gap from `prev`, and one of `keys` signed each of them.

    A node whose book key was rotated has several.
    """
    for entry in chain:
        if entry.seq != seq or entry.prev_hash != prev or entry.hash != _hash(prev, entry.body):
            return False
        if not any(_signed(entry, key) for key in keys):
            return False
        prev, seq = entry.hash, seq + 1
    return True


def _signed(entry: BookEntry, key: VerifyKey) -> bool:
    try:
        key.verify(entry.hash, entry.signature)
    except BadSignatureError:
        return False
    return True


def _lock_head(db: Session, book: Book) -> BookHead:
    found = db.get(BookHead, book, with_for_update=True)
    if (
        found is None
    ):  # the migration makes the four heads; a fresh book of a later version is made here
        found = BookHead(book=book, next_seq=0, last_hash=GENESIS)
        db.add(found)
        db.flush()
    return found


def _canonical(body: Mapping[str, Any]) -> str:
    return rfc8785.dumps(dict(body)).decode()


def _hash(prev: bytes, body: str) -> bytes:
    return blake2b(prev + body.encode(), digest_size=32, encoder=RawEncoder)
