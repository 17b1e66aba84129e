"""The tables of the credit record. Whoever steals them has keys wrapped by a PIN and a pepper that is not here.

What is in the open: whose record, its public key, the type, issuer and dates of each credential, when it was opened.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Row


class Sealing(StrEnum):
    """How a stored credential is sealed."""

    BOX = "box"  # delivered without the owner: to her public key
    KEY = "key"  # under her data key, since she was last here


class Record(Base):
    """One owner's record: her DID, her public key, and the private one sealed under her data key."""

    __tablename__ = "sscr_record"

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    did: Mapped[str] = mapped_column(String(100), unique=True)
    holder_public: Mapped[bytes] = mapped_column(LargeBinary(32))
    holder_seed: Mapped[bytes] = mapped_column(LargeBinary(100))
    key_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class WrapKind(StrEnum):
    """What opens a wrap."""

    PIN = "pin"


class Wrap(Base):
    """The owner's data key, wrapped by her PIN with all one needs to unwrap it but PIN and pepper."""

    __tablename__ = "sscr_wrap"

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[WrapKind] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    pepper_kid: Mapped[str] = mapped_column(String(20))
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    memory_kib: Mapped[int]
    rounds: Mapped[int]
    lanes: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary(72))


class StoredCredential(Row):
    """One credential of an owner, sealed."""

    __tablename__ = "sscr_credential"

    owner_id: Mapped[uuid.UUID] = mapped_column(index=True)
    type: Mapped[str] = mapped_column(String(40))
    issuer: Mapped[str] = mapped_column(String(300))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sealing: Mapped[Sealing]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Opening(Base):
    """The receipt of one opening; each holds the hash of the one before, so that none can be taken out unnoticed."""

    __tablename__ = "sscr_opening"

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    ticket: Mapped[str] = mapped_column(String(40), unique=True)
    purpose: Mapped[str] = mapped_column(String(80))
    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
