"""Keep one row per USSD session, however often the carrier tells us that it is over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.db import Session, delete_some
from core.ussd.models import UssdSession


@dataclass(frozen=True, slots=True)
class Trace:
    """Our own half of a session: who, since when, and how far she came."""

    user_id: uuid.UUID | None
    language: str
    started_at: datetime
    screen: str
    turns: int


def record_session(
    db: Session,
    *,
    session_id: str,
    gateway: str,
    service_code: str,
    network: str,
    status: str,
    cost: str,
    duration_ms: int | None,
    hops: int | None,
    journey: str,
    error: str,
    trace: Trace | None,
    now: datetime,
) -> bool:
    """Join what the carrier says of a session to our trace of it; False if it was told before."""
    if db.scalar(select(UssdSession.id).where(UssdSession.session_id == session_id)):
        return False
    row = UssdSession(
        session_id=session_id, gateway=gateway, service_code=service_code, network=network, status=status, cost=cost,
        duration_ms=duration_ms, hops=hops, journey=journey, error=error, created_at=now,
        user_id=trace and trace.user_id, language=trace and trace.language, screen=trace and trace.screen,
        started_at=trace and trace.started_at, turns=trace and trace.turns,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:  # told twice at once
        return False
    return True


def forget_sessions(db: Session, before: datetime, limit: int) -> int:
    """Delete the rows of sessions that ended before then."""
    return delete_some(db, UssdSession, UssdSession.created_at < before, limit=limit)


def forget_person(db: Session, user_id: uuid.UUID) -> None:
    """Nobody can tell any more which sessions were hers."""
    db.execute(update(UssdSession).where(UssdSession.user_id == user_id).values(user_id=None))
