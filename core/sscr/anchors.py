"""Each opening leaves a line in a public book as well, so that the end of an owner's chain cannot be cut off unnoticed.

A line names nobody: owner, number and link are hashed with a key of the node, and no two lines of a person look alike.
Whoever takes out an opening has to take its line out of a book that is signed, chained and copied elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from datetime import datetime

from config.limits import LIST_ROWS
from core import books
from core.books import Book
from core.db import Session
from core.keys import join, jose
from core.sscr.custody import Custody
from core.sscr.models import Opening
from core.sscr.receipts import openings

KIND = "record.opening"


def anchor(db: Session, *, custody: Custody, opened: Sequence[Opening], now: datetime) -> None:
    """Put the lines of these openings into the book; each is put there once."""
    for one in opened:
        name = _name(custody, one.owner_id, one.seq)
        books.append(
            db, Book.PROJECT, kind=KIND, entity_id=name, event_id=f"{KIND}:{name}", now=now,
            body={"line": _line(custody, one)},
        )  # fmt: skip


def agrees_with_book(db: Session, *, custody: Custody, owner_id: uuid.UUID) -> bool:
    """Whether the book knows the last openings of an owner as they stand here, and none after them.

    One the book does not know yet is younger than the last sweep, or older than these lines.
    """
    last = openings(db, owner_id, limit=LIST_ROWS)
    following = last[0].seq + 1 if last else 0
    if _found(db, custody, owner_id, following) is not None:
        return False
    told = [(one, _found(db, custody, owner_id, one.seq)) for one in last]
    return all(line in (None, _line(custody, one)) for one, line in told)


def _found(db: Session, custody: Custody, owner_id: uuid.UUID, seq: int) -> str | None:
    """The line of one opening in the book."""
    name = _name(custody, owner_id, seq)
    entries = books.entries(db, Book.PROJECT, entity_id=str(name), limit=1)
    return str(jose.loads(entries[0].body.encode())["line"]) if entries else None


def _name(custody: Custody, owner_id: uuid.UUID, seq: int) -> uuid.UUID:
    return uuid.UUID(bytes=_keyed(custody, "name", str(owner_id), str(seq))[:16])


def _line(custody: Custody, one: Opening) -> str:
    return jose.b64u(_keyed(custody, "line", str(one.owner_id), str(one.seq), one.hash))


def _keyed(custody: Custody, *fields: str | bytes) -> bytes:
    key = custody.keyring.derive("sscr/openings in a book")
    return hmac.digest(key, join(*fields), hashlib.sha256)
