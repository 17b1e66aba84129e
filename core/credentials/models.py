"""The tables of issuer and verifier: nonces, what we issued and its status, whom we believe and what they say."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import DID_CHARACTERS, REASON_CHARACTERS, URI_CHARACTERS
from core.db.base import Base, Row


class CredentialNonce(Base):
    """A nonce that was answered."""

    __tablename__ = "credential_nonce"

    nonce: Mapped[str] = mapped_column(String(200), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(index=True)


class StatusValue(StrEnum):
    """What a status list says of a credential of ours. REVOKED is for ever, SUSPENDED is not."""

    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


class StatusList(Base):
    """One published list: both formats are written from the entries that name its number."""

    __tablename__ = "status_list"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    opened_at: Mapped[datetime]


class StatusEntry(Base):
    """A place in a list, given away once. Without a credential it is a decoy: nobody can count from outside."""

    __tablename__ = "status_entry"
    __table_args__ = (
        Index("ix_status_entry_owner", "owner_id", "type", "reference"),
        Index("ix_status_entry_value", "list_number", "value"),
    )

    list_number: Mapped[int] = mapped_column(ForeignKey("status_list.number"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    credential_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    owner_id: Mapped[uuid.UUID | None]
    type: Mapped[str] = mapped_column(String(40), default="")
    reference: Mapped[str] = mapped_column(String(120), default="")  # what it is about, e.g. a loan
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    value: Mapped[StatusValue] = mapped_column(default=StatusValue.VALID)


class StatusChange(Row):
    """Who changed the status of a credential, when and why; written once."""

    __tablename__ = "status_change"

    credential_id: Mapped[uuid.UUID] = mapped_column(index=True)
    value: Mapped[StatusValue]
    reason: Mapped[str] = mapped_column(String(REASON_CHARACTERS))
    by: Mapped[str] = mapped_column("changed_by", String(DID_CHARACTERS))  # a DID or a name
    at: Mapped[datetime]


class StatusCached(Base):
    """A status list of somebody else, checked when it was fetched; `good_until` is the last moment it is believed.

    Its issuer is part of its name: whoever else names the same address gets no answer from it, and blocks nobody's.
    """

    __tablename__ = "status_cached"

    uri: Mapped[str] = mapped_column(String(URI_CHARACTERS), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(DID_CHARACTERS), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True, default="")
    kind: Mapped[str] = mapped_column(String(20))
    bits: Mapped[int] = mapped_column(default=0)
    packed: Mapped[bytes | None] = mapped_column(LargeBinary)  # zlib, as many bits per entry
    good_until: Mapped[datetime | None]
    fetch_at: Mapped[datetime] = mapped_column(index=True)  # when it is looked for next
    problem: Mapped[str] = mapped_column(String(40), default="")


class KnownIssuer(Base):
    """Somebody whose credentials this node believes; `hosts` are the only ones it is ever asked at."""

    __tablename__ = "known_issuer"

    did: Mapped[str] = mapped_column(String(DID_CHARACTERS), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    hosts: Mapped[list[Any]]
    keys: Mapped[list[Any]]
    types: Mapped[list[Any]]  # what it may send for our people through the API; empty: nothing
    added_at: Mapped[datetime]
    fetch_at: Mapped[datetime | None] = mapped_column(index=True)  # None: its keys are its name
    problem: Mapped[str] = mapped_column(String(40), default="")


class DidLogEntry(Base):
    """One line of the did:webvh log of this node, exactly as it is published; written once."""

    __tablename__ = "did_log"

    url: Mapped[str] = mapped_column(String(URI_CHARACTERS), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)
