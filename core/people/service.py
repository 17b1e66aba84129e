"""Set up an organisation, invite people, check their codes, block and unblock them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, update

from config.limits import (
    CODE_DIGITS,
    CODE_TRIES,
    INVITATION_DAYS,
    NAME_CHARACTERS,
    NUMBER_DAYS,
    NUMBER_SEEN_HOURS,
    ORGANISATION_NAME_CHARACTERS,
)
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.money import CURRENCIES
from core.people import walls
from core.people.models import Invitation, Organisation, Role, User, UserState
from core.refusal_codes import RefusalCode
from core.words import LANGUAGES


class CodeCheck(Enum):
    """What became of a typed one-time code. A wrong guess is counted in the row, so the caller commits."""

    RIGHT = auto()
    WRONG = auto()
    VOID = auto()  # used, expired, or guessed too often: ask for a new invitation


def create_organisation(
    db: Session, *, name: str, country: str, currency: str, timezone: str, support_phone: str
) -> Organisation:
    """Set up an organisation; refuses a name that is taken and a place we cannot serve."""
    if currency not in CURRENCIES:
        raise Refusal(RefusalCode.CURRENCY_UNKNOWN, currency=currency)
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Refusal(RefusalCode.TIMEZONE_UNKNOWN, timezone=timezone) from None
    name = _name("name", name, ORGANISATION_NAME_CHARACTERS)
    if db.scalar(select(Organisation.id).where(Organisation.name == name)):
        raise Refusal(RefusalCode.ORGANISATION_NAME_TAKEN, name=name)
    made = Organisation(
        name=name,
        country=country,
        currency=currency,
        timezone=timezone,
        support_phone=support_phone,
    )
    db.add(made)
    db.flush()
    return made


def invite(
    db: Session,
    *,
    keyring: Keyring,
    organisation_id: uuid.UUID,
    role: Role,
    phone: str,
    language: str,
    given_name: str,
    family_name: str,
    now: datetime,
    by: uuid.UUID | None = None,
) -> tuple[User, str]:
    """Invite a person; again, while she has not come: then under the name and for the role that are said now.

    Returns the user and the one-time code to be sent to her phone. Refuses phone_already_registered, the same words
    for whom this organisation knows and for whom another one does; and last_admin.
    """
    if language not in LANGUAGES:
        raise Refusal(RefusalCode.LANGUAGE_UNKNOWN, language=language)
    given = _name("given_name", given_name, NAME_CHARACTERS)
    family = _name("family_name", family_name, NAME_CHARACTERS)
    user = by_phone(db, phone)
    if user is None:
        user = User(
            organisation_id=organisation_id, role=role, state=UserState.INVITED, phone=phone, language=language,
            given_name=given, family_name=family,
        )  # fmt: skip
        db.add(user)
        db.flush()
    elif user.state is not UserState.INVITED or user.organisation_id != organisation_id:
        raise Refusal(RefusalCode.PHONE_ALREADY_REGISTERED)
    if user.role is Role.ADMIN and role is not Role.ADMIN:
        check_other_admin(db, user)
    user.role, user.language, user.given_name, user.family_name = role, language, given, family
    return user, _fresh_code(db, keyring, user.id, now, by)


def check_code(
    db: Session, *, keyring: Keyring, user_id: uuid.UUID, code: str, now: datetime
) -> CodeCheck:
    """Compare a typed code with the open invitation; the guess is counted before it is compared."""
    counted = db.execute(
        update(Invitation)
        .where(
            Invitation.user_id == user_id,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
            Invitation.tries < CODE_TRIES,
        )
        .values(tries=Invitation.tries + 1)
        .returning(Invitation.id, Invitation.code_hash, Invitation.tries)
    ).first()
    if counted is None:
        return CodeCheck.VOID
    if hmac.compare_digest(counted.code_hash, _hash(keyring, user_id, code)):
        db.execute(update(Invitation).where(Invitation.id == counted.id).values(tries=0))
        return CodeCheck.RIGHT
    return CodeCheck.WRONG if counted.tries < CODE_TRIES else CodeCheck.VOID


def activate(db: Session, *, user_id: uuid.UUID, now: datetime) -> User:
    """Make an invited person an active user; her invitation is used up."""
    user = get(db, user_id)
    if user.state is not UserState.INVITED:
        raise Refusal(RefusalCode.PHONE_ALREADY_REGISTERED)
    user.state, user.seen_at = UserState.ACTIVE, now
    _close_invitations(db, user_id, now)
    return user


def block(db: Session, *, organisation_id: uuid.UUID, user_id: uuid.UUID) -> User:
    """Shut a person of an organisation out until she is unblocked. Refuses user_unknown."""
    user = walls.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    user.state = UserState.BLOCKED
    return user


def unblock(
    db: Session, *, organisation_id: uuid.UUID, user_id: uuid.UUID, registered: bool
) -> User:
    """Let a person in again; `registered` says whether she has a record, or must still take up her invitation.

    Refuses user_unknown, user_not_blocked.
    """
    user = walls.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    if user.state is not UserState.BLOCKED:
        raise Refusal(RefusalCode.USER_NOT_BLOCKED)
    user.state = UserState.ACTIVE if registered else UserState.INVITED
    return user


def set_language(db: Session, *, user_id: uuid.UUID, language: str) -> None:
    if language not in LANGUAGES:
        raise Refusal(RefusalCode.LANGUAGE_UNKNOWN, language=language)
    get(db, user_id).language = language


def note_seen(db: Session, *, user_id: uuid.UUID, now: datetime) -> None:
    """Her number is in use, and hers."""
    get(db, user_id).seen_at = now


def note_in_use(user: User, now: datetime) -> None:
    """Her number dialled, texted or paid; after a long silence that is no sign of hers, for it may be a stranger."""
    noted_lately = _last_seen(user) > now - timedelta(hours=NUMBER_SEEN_HOURS)
    if not noted_lately and not is_number_quiet(user, now):
        user.seen_at = now


def is_number_quiet(user: User, now: datetime) -> bool:
    """Whether her number was silent for so long that the carrier may have given it to somebody else."""
    return _last_seen(user) <= now - timedelta(days=NUMBER_DAYS)


def change_phone(db: Session, *, user_id: uuid.UUID, phone: str, now: datetime) -> User:
    """Give a person another number. Refuses one that somebody has."""
    if by_phone(db, phone) is not None:
        raise Refusal(RefusalCode.PHONE_ALREADY_REGISTERED)
    user = get(db, user_id)
    user.phone, user.seen_at = phone, now
    db.flush()
    return user


def find(db: Session, user_id: uuid.UUID) -> User | None:
    """The user with this id, if there is one."""
    return db.get(User, user_id)


def by_phone(db: Session, phone: str) -> User | None:
    """The user with this number (E.164), whatever her state."""
    return db.scalar(select(User).where(User.phone == phone))


def get(db: Session, user_id: uuid.UUID) -> User:
    """The user with this id; an unknown id is a bug."""
    return db.get_one(User, user_id)


def organisation(db: Session, organisation_id: uuid.UUID) -> Organisation:
    """The organisation with this id; an unknown id is a bug."""
    return db.get_one(Organisation, organisation_id)


def organisations(db: Session, *, limit: int) -> list[Organisation]:
    """The organisations of this node by name."""
    return list(db.scalars(select(Organisation).order_by(Organisation.name).limit(limit)))


def _last_seen(user: User) -> datetime:
    return user.seen_at or user.created_at


def _name(field: str, text: str, most: int) -> str:
    """The name without spaces around it; refuses one that no page, text or row can carry."""
    name = text.strip()
    if not 1 <= len(name) <= most or not name.isprintable():
        raise Refusal(RefusalCode.NAME_UNUSABLE, field=field, characters_at_most=most)
    return name


def check_other_admin(db: Session, user: User) -> None:
    """An organisation keeps an admin: the last one is not made something else."""
    others = select(User.id).where(
        User.organisation_id == user.organisation_id, User.role == Role.ADMIN, User.id != user.id
    )
    if db.scalar(others.limit(1)) is None:
        raise Refusal(RefusalCode.LAST_ADMIN)


def _fresh_code(
    db: Session, keyring: Keyring, user_id: uuid.UUID, now: datetime, by: uuid.UUID | None
) -> str:
    _close_invitations(db, user_id, now)  # an older code is void from now on
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    expires = now + timedelta(days=INVITATION_DAYS)
    db.add(
        Invitation(
            user_id=user_id,
            code_hash=_hash(keyring, user_id, code),
            expires_at=expires,
            invited_by=by,
        )
    )
    db.flush()
    return code


def _close_invitations(db: Session, user_id: uuid.UUID, now: datetime) -> None:
    db.execute(
        update(Invitation)
        .where(Invitation.user_id == user_id, Invitation.used_at.is_(None))
        .values(used_at=now)
    )


def _hash(keyring: Keyring, user_id: uuid.UUID, code: str) -> bytes:
    key = keyring.derive("people/code")
    return hmac.new(key, user_id.bytes + code.encode(), hashlib.sha256).digest()
