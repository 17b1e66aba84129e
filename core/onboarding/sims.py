"""Whether her SIM was changed lately: asked of the carrier outside any transaction, answered by a callback."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import select

from config.limits import SIM_SWAP_HOURS
from core import people
from core.db import Session
from core.onboarding.models import OPEN, Recovery, SimState


def unasked_sims(db: Session, limit: int) -> list[tuple[uuid.UUID, str]]:
    """Recoveries whose SIM nobody has asked about, with the number; from now on they count as asked."""
    query = select(Recovery).where(
        Recovery.state.in_(OPEN), Recovery.new_phone.is_(None), Recovery.sim.is_(None)
    )
    found = db.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()
    for recovery in found:
        recovery.sim = SimState.ASKED
    return [(one.id, people.get(db, one.user_id).phone) for one in found]


def note_sim_request(db: Session, *, recovery_id: uuid.UUID, request: str | None) -> None:
    """Under which name the carrier will answer; None = it did not take the question."""
    recovery = db.get_one(Recovery, recovery_id)
    recovery.sim_request = request
    if request is None:
        recovery.sim = SimState.UNKNOWN


def note_sim(db: Session, *, request: str, swapped_on: date | None, now: datetime) -> None:
    """The carrier's answer: when the SIM was last changed, None = it cannot tell. Only what it means is kept."""
    recovery = db.scalar(select(Recovery).where(Recovery.sim_request == request))
    if recovery is None:
        return
    fresh = (now - timedelta(hours=SIM_SWAP_HOURS)).date()
    if swapped_on is None:
        recovery.sim = SimState.UNKNOWN
    else:
        recovery.sim = SimState.SWAPPED if swapped_on >= fresh else SimState.SETTLED
    db.flush()
