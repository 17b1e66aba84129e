"""The tables of the credit record. Whoever steals them has keys wrapped by a PIN and a pepper that is not here.

What is in the open: whose record, its public key, the type, issuer and dates of each credential, when it was opened.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary, String, UniqueConstraint, true
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
    NEXT = "next"  # the PIN she wants from now on; it opens a fresh key pair and nothing of the record yet


class Wrap(Base):
    """The owner's data key, wrapped by her PIN with all one needs to unwrap it but PIN and pepper.

    With a `public` key the wrap holds its private half, and the data key is in the `box` sealed to it: so a PIN can be
    chosen in one turn and be given the record in a later one, without being kept in between (docs/adr/0005).
    """

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
    public: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    box: Mapped[bytes | None] = mapped_column(LargeBinary(80))


class Guardian(Row):
    """Somebody who can help an owner to a new PIN: her share opens a wrap of the data key, together with the pepper.

    The share is sealed to the guardian's own record: only her PIN reads it, and it tells her nothing of the owner's.
    """

    __tablename__ = "sscr_guardian"
    __table_args__ = (UniqueConstraint("owner_id", "guardian_id"),)

    owner_id: Mapped[uuid.UUID] = mapped_column(index=True)
    guardian_id: Mapped[uuid.UUID] = mapped_column(index=True)
    epoch: Mapped[int]
    pepper_kid: Mapped[str] = mapped_column(String(20))
    share: Mapped[bytes] = mapped_column(LargeBinary(80))
    sealed: Mapped[bytes] = mapped_column(LargeBinary(72))
    # False until she has said that the initials are of whom she means; till then it helps nobody.
    is_confirmed: Mapped[bool] = mapped_column(default=True, server_default=true())


class Consent(Row):
    """Her yes to one verifier for one purpose; the signed receipt of it is sealed, and only she can read it."""

    __tablename__ = "sscr_consent"

    owner_id: Mapped[uuid.UUID] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(8))
    verifier: Mapped[str] = mapped_column(String(300))
    verifier_name: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str] = mapped_column(String(80))
    ticket: Mapped[str] = mapped_column(String(40), index=True)
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    # What was asked (type and path of each claim, never an answer), so that she reads it without her PIN.
    asked: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


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


class WalletKey(Base):
    """A key of her own wallet, by its thumbprint: a credential of ours was made out to it when she left custody."""

    __tablename__ = "sscr_wallet_key"

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    thumbprint: Mapped[str] = mapped_column(String(43), primary_key=True)
    bound_at: Mapped[datetime]


class Owed(Base):
    """A credential of ours that her own wallet is to get, and whether it was offered and taken; never what it says."""

    __tablename__ = "sscr_owed"

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(40), primary_key=True)
    reference: Mapped[str] = mapped_column(String(120), primary_key=True)
    noted_at: Mapped[datetime]
    offered_at: Mapped[datetime | None] = mapped_column(index=True)  # when the offer was made
    taken_at: Mapped[datetime | None]


class Opening(Base):
    """The receipt of one opening; each holds the hash of the one before, so that none can be taken out unnoticed."""

    __tablename__ = "sscr_opening"

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    ticket: Mapped[str] = mapped_column(String(40), unique=True)
    purpose: Mapped[str] = mapped_column(String(80))
    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    audience: Mapped[str] = mapped_column(String(300), default="", server_default="")
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Shredding(Base):
    """That the wraps of an owner up to `epoch` are destroyed, until the key service has confirmed it."""

    __tablename__ = "sscr_shredding"

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    epoch: Mapped[int]
