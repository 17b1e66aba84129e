"""Finding her guardians, and asking them: told at once that she asked, and again when the moment has come to help."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from sqlalchemy import select

from config.limits import GUARDIAN_LOOKUPS_PER_DAY
from core import people, sscr
from core.db import Session
from core.errors import Refusal
from core.messaging import Template
from core.onboarding.models import Recovery, RecoveryState
from core.onboarding.texts import GUARDIANS, text
from core.people import User
from core.refusal_codes import RefusalCode


def waiting_for(db: Session, guardian_id: uuid.UUID) -> list[Recovery]:
    """Who hopes for this guardian's help, now or from `helps_at` on."""
    query = select(Recovery).where(
        Recovery.state == RecoveryState.CHOSEN,
        Recovery.user_id.in_(sscr.guarded_by(db, guardian_id)),
    )
    return list(db.scalars(query.order_by(Recovery.created_at)))


def ask_guardians(db: Session, *, service_code: str, now: datetime, limit: int) -> int:
    """Text the guardians of everybody whom they may help from now on; how many people these are."""
    query = select(Recovery).where(
        Recovery.state == RecoveryState.CHOSEN, Recovery.helps_at <= now, Recovery.helpers_asked_at.is_(None)
    )  # fmt: skip
    found = db.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()
    for recovery in found:
        ask(db, recovery, service_code, now)
    return len(found)


def ask(db: Session, recovery: Recovery, service_code: str, now: datetime) -> None:
    """Text her guardians how to help, or from when on they can."""
    assert recovery.helps_at is not None
    name = full_name(people.get(db, recovery.user_id))
    may = recovery.helps_at <= now
    for guardian_id in sscr.guardians_of(db, recovery.user_id):
        guardian = people.get(db, guardian_id)
        if may:
            text(
                db, guardian, Template.RECOVERY_HELP, now, about=recovery.user_id, name=name,
                service_code=service_code,
            )  # fmt: skip
        else:
            text(
                db, guardian, Template.RECOVERY_SOON, now, about=recovery.user_id, name=name,
                time=_moment(db, guardian, recovery.helps_at),
            )  # fmt: skip
    if may:
        recovery.helpers_asked_at = now


def look_up(db: Session, *, owner_id: uuid.UUID, phone: str, now: datetime) -> User | None:
    """Who of her organisation has this number and a record, to be named a guardian; others are nobody.

    Each look-up opens her record before, and these openings are counted. Refuses look_ups_too_many.
    """
    day = now - timedelta(days=1)
    if sscr.opened_since(db, owner_id, GUARDIANS, day) > GUARDIAN_LOOKUPS_PER_DAY:
        raise Refusal(RefusalCode.LOOK_UPS_TOO_MANY)
    found, hers = people.by_phone(db, phone), people.get(db, owner_id).organisation_id
    if found is None or found.organisation_id != hers or found.id == owner_id:
        return None
    return found if sscr.record_of(db, found.id) else None


def full_name(user: User) -> str:
    return f"{user.given_name} {user.family_name}"


def _moment(db: Session, reader: User, instant: datetime) -> str:
    zone = ZoneInfo(people.organisation(db, reader.organisation_id).timezone)
    return format_datetime(instant.astimezone(zone), "d MMM, HH:mm", locale=reader.language)
