"""The wall between organisations of one node: what belongs to another is not there, whoever asks and however.

Every service of the desk is told for which organisation it works and finds its rows through here.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import func, select

from config.limits import REFUSED_NUMBERS_PER_DAY
from core.db import Session
from core.errors import Refusal
from core.people.models import Organisation, RefusedNumber, Role, User, UserState
from core.people.phones import normalise
from core.refusal_codes import RefusalCode


class Owned(Protocol):
    """A row of one organisation."""

    organisation_id: Any


Found = TypeVar("Found", bound=Owned)


def own(found: Found | None, organisation_id: uuid.UUID, code: RefusalCode, **facts: Any) -> Found:
    """The row, if there is one and it is theirs; else the refusal `code`, the same for both."""
    if found is None or found.organisation_id != organisation_id:
        raise Refusal(code, **facts)
    return found


def member(db: Session, *, organisation_id: uuid.UUID, phone: str) -> User:
    """The person of an organisation with this number, however it is written. Refuses user_unknown, phone_unreadable."""
    country = db.get_one(Organisation, organisation_id).country
    number = normalise(phone, country)
    found = db.scalar(select(User).where(User.phone == number))
    return own(found, organisation_id, RefusalCode.USER_UNKNOWN, phone=number)


def check_may_invite(
    db: Session, *, organisation_id: uuid.UUID, by: uuid.UUID | None, now: datetime
) -> None:
    """Who was told too often that a number is with us already learns nothing of any other today.

    Refuses invitations_paused. Else numbers could be tried one after the other: whose customer is she?
    """
    mine = (
        RefusedNumber.organisation_id == organisation_id,
        RefusedNumber.by_id.is_not_distinct_from(by),
    )
    lately = RefusedNumber.created_at > now - timedelta(days=1)
    if (db.scalar(select(func.count()).where(*mine, lately)) or 0) >= REFUSED_NUMBERS_PER_DAY:
        raise Refusal(RefusalCode.INVITATIONS_PAUSED)


def note_refused_number(
    db: Session, *, organisation_id: uuid.UUID, by: uuid.UUID | None, now: datetime
) -> None:
    """Count that somebody was told so; in a transaction after the one that the refusal ended."""
    db.add(RefusedNumber(organisation_id=organisation_id, by_id=by, created_at=now))
    db.flush()


def members(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    limit: int,
    role: Role | None = None,
    state: UserState | None = None,
) -> list[User]:
    """The people of an organisation, the newest first."""
    query = select(User).where(User.organisation_id == organisation_id)
    if role is not None:
        query = query.where(User.role == role)
    if state is not None:
        query = query.where(User.state == state)
    return list(db.scalars(query.order_by(User.created_at.desc(), User.id).limit(limit)))


def member_by_id(db: Session, *, organisation_id: uuid.UUID, user_id: uuid.UUID) -> User:
    """The same by her id. Refuses user_unknown."""
    return own(db.get(User, user_id), organisation_id, RefusalCode.USER_UNKNOWN)
