"""The tables of the books: one head per book, and entries that nobody can change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class Book(StrEnum):
    """The four books of the protocol."""

    PROJECT = "project"
    LOAN = "loan"
    FUNDING = "funding"
    PAYMENT = "payment"


class BookHead(Base):
    """Where a book ends: locked while an entry is appended, so that numbers have no gaps."""

    __tablename__ = "book_head"

    book: Mapped[Book] = mapped_column(primary_key=True)
    next_seq: Mapped[int] = mapped_column(default=0)
    last_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class BookEntry(Base):
    """One signed entry. `body` is canonical JSON (RFC 8785), kept byte for byte as it was signed."""

    __tablename__ = "book_entry"

    book: Mapped[Book] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[str] = mapped_column(String(64), index=True)
    body: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    created_at: Mapped[datetime]
