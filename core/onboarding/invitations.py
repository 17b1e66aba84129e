"""Who was invited and has not come, what became of the text with the code, and taking an invitation back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from config.limits import CODE_TRIES
from core import people
from core.db import Session
from core.errors import Refusal
from core.messaging import Message, MessageState, Template
from core.messaging.models import LOST
from core.onboarding.texts import text
from core.people import AttestedFact, Invitation, Role, User, UserState
from core.refusal_codes import RefusalCode
from core.words import mark, words

INVITATION = Template.INVITATION
ADMINS_TOLD = 3  # where nobody in particular invited her
_NOT_DELIVERED = mark("the network did not deliver it")
_NO_NUMBER = mark("no phone has this number")
_UNWANTED = mark("this phone takes no texts from us")
REASONS = {
    **dict.fromkeys(("phone_invalid", "phone_unsupported", "no_route"), _NO_NUMBER),
    **dict.fromkeys(("phone_unknown", "phone_inactive", "phone_suspended"), _NO_NUMBER),
    **dict.fromkeys(("opted_out", "do_not_disturb"), _UNWANTED),
}


@dataclass(frozen=True, slots=True)
class Invited:
    """One person who has not registered. `text` is what the carrier said of the last text, with its reason."""

    user: User
    invited_at: datetime
    expires_at: datetime
    code_is_void: bool  # expired, or guessed too often
    text: MessageState | None
    failure: str

    @property
    def has_failed(self) -> bool:
        """Whether she cannot have read the code: invite her again, or look at the number."""
        return self.text in LOST


def invitations(
    db: Session, *, organisation_id: uuid.UUID, limit: int, now: datetime, failed: bool = False
) -> list[Invited]:
    """Who of an organisation was invited and has not come, the newest first; `failed`: whose text did not arrive."""
    query = (
        select(User, Invitation, Message)
        .join(Invitation, Invitation.user_id == User.id)
        .outerjoin(
            Message,
            and_(Message.user_id == User.id, _is_last(Message, Message.template == INVITATION)),
        )
        .where(User.organisation_id == organisation_id, User.state == UserState.INVITED)
        .where(_is_last(Invitation))
    )
    if failed:
        query = query.where(Message.state.in_(LOST))
    found = db.execute(query.order_by(Invitation.created_at.desc(), User.id).limit(limit)).all()
    return [_invited(user, invitation, text, now) for user, invitation, text in found]


def tell_failed(db: Session, *, now: datetime, limit: int) -> int:
    """Text whoever invited a person, else the admins, that the code did not arrive; once each, how many there were."""
    query = (
        select(User, Invitation, Message)
        .join(Invitation, Invitation.user_id == User.id)
        .join(
            Message,
            and_(Message.user_id == User.id, _is_last(Message, Message.template == INVITATION)),
        )
        .where(User.state == UserState.INVITED, Message.state.in_(LOST), _is_last(Invitation))
        .where(Invitation.failure_told_at.is_(None))
        .limit(limit)
        .with_for_update(of=Invitation, skip_locked=True)
    )
    found = db.execute(query).all()
    for user, invitation, message in found:
        invitation.failure_told_at = now
        for one in _inviting(db, user, invitation):
            _tell_failed(db, one, user, message, now)
    return len(found)


def _inviting(db: Session, user: User, invitation: Invitation) -> list[User]:
    active = select(User).where(User.state == UserState.ACTIVE)
    if invitation.invited_by is not None:
        return list(db.scalars(active.where(User.id == invitation.invited_by)))
    admins = active.where(User.organisation_id == user.organisation_id, User.role == Role.ADMIN)
    return list(db.scalars(admins.order_by(User.created_at).limit(ADMINS_TOLD)))


def _tell_failed(db: Session, to: User, user: User, message: Message, now: datetime) -> None:
    why = words(to.language).say(REASONS.get(message.failure or "", _NOT_DELIVERED))
    key = f"{Template.INVITATION_FAILED}:{message.id}:{to.id}"
    text(
        db, to, Template.INVITATION_FAILED, now, about=user.id, event_key=key,
        name=f"{user.given_name} {user.family_name}".strip(), phone=user.phone, reason=why,
    )  # fmt: skip


def _is_last(table: Any, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row is the last of its person."""
    other = aliased(table)
    theirs = [other.template == INVITATION] if which else []
    last = select(func.max(other.created_at)).where(other.user_id == User.id, *theirs)
    mine: ColumnElement[bool] = table.created_at == last.correlate(User).scalar_subquery()
    return and_(mine, *which)


def _invited(user: User, invitation: Invitation, text: Message | None, now: datetime) -> Invited:
    is_over = invitation.expires_at <= now or invitation.tries >= CODE_TRIES
    return Invited(
        user, invitation.created_at, invitation.expires_at, is_over or invitation.used_at is not None,
        text.state if text else None, (text.failure if text else None) or "",
    )  # fmt: skip


def withdraw(db: Session, *, organisation_id: uuid.UUID, user_id: uuid.UUID) -> str:
    """Forget somebody who was invited by mistake and never came: the code is void, the number free for others.

    Returns the number. Refuses user_unknown, user_not_invited, last_admin, and user_has_history where anything is
    known of her beyond the invitation.
    """
    user = people.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    if user.state is not UserState.INVITED:
        raise Refusal(RefusalCode.USER_NOT_INVITED)
    if user.role is Role.ADMIN:
        people.check_other_admin(db, user)
    phone = user.phone
    try:
        with db.begin_nested():
            for table in (Invitation, AttestedFact):
                db.execute(delete(table).where(table.user_id == user_id))
            db.delete(user)
            db.flush()
    except IntegrityError:  # a loan, a record, a group: the database knows who names her
        raise Refusal(RefusalCode.USER_HAS_HISTORY) from None
    return phone
