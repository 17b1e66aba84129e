"""Who is who: organisations, their users, and the invitations that make a user of a person."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import NAME_CHARACTERS, ORGANISATION_NAME_CHARACTERS
from core.db import Row


class Role(StrEnum):
    """What a user may do."""

    OPERATOR = "operator"
    ADMIN = "admin"
    AGENT = "agent"
    INVESTOR = "investor"
    BORROWER = "borrower"


class UserState(StrEnum):
    """INVITED until the person registers; an admin may block and unblock."""

    INVITED = "invited"
    ACTIVE = "active"
    BLOCKED = "blocked"


class Organisation(Row):
    """An originator (or investor organisation) that this node serves."""

    __tablename__ = "organisation"

    name: Mapped[str] = mapped_column(String(ORGANISATION_NAME_CHARACTERS), unique=True)
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(40))
    support_phone: Mapped[str] = mapped_column(String(16))


class User(Row):
    """A person the node knows by her phone number."""

    __tablename__ = "user_account"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[Role]
    state: Mapped[UserState]
    phone: Mapped[str] = mapped_column(String(16), unique=True)
    language: Mapped[str] = mapped_column(String(2))
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    seen_at: Mapped[datetime | None]  # when this number last dialled, texted or paid


class Invitation(Row):
    """A one-time code sent to a phone; only a keyed hash of it is kept, and wrong guesses are counted."""

    __tablename__ = "invitation"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    invited_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("user_account.id")
    )  # None: the desk's command line
    failure_told_at: Mapped[datetime | None]  # when somebody was told that the text did not arrive


class RefusedNumber(Row):
    """Somebody asked for a number that is with this node already; which one is not kept, only who asked and when."""

    __tablename__ = "refused_number"
    __table_args__ = (Index(None, "organisation_id", "by_id", "created_at"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    by_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("user_account.id")
    )  # None: the desk's command line


class AttestedFact(Row):
    """What the organisation confirms about a person, sealed (core.people.facts) until she asks for a credential."""

    __tablename__ = "attested_fact"
    __table_args__ = (UniqueConstraint("user_id", "type"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    type: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    attested_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
