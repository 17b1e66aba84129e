"""Whether her SIM was changed lately: asked of the carrier outside any transaction, answered by a callback.

It decides how long a guardian waits, and whether a record that leaves goes on. Only what an answer means is kept.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from config.limits import (
    RECOVERY_HOURS,
    SIM_ASK_AGAIN_SECONDS,
    SIM_ASK_HOURS,
    SIM_SWAP_HOURS,
    SIM_UNKNOWN_HOURS,
)
from core import people, sscr
from core.db import Session
from core.messaging import Template
from core.onboarding import wallets
from core.onboarding.models import OPEN, OfferKind, Recovery, RecoveryState, SimState, WalletOffer
from core.onboarding.texts import text

SWAP = timedelta(hours=SIM_SWAP_HOURS)
BY = "her carrier: a new SIM"


def unasked_sims(db: Session, limit: int, *, now: datetime) -> list[tuple[uuid.UUID, str]]:
    """Whose SIM nobody has asked about, or nobody has answered, with the number; from now on they count as asked."""
    waiting = (Recovery, Recovery.state.in_(OPEN))
    leaving = (WalletOffer, and_(*wallets.live(now), WalletOffer.kind == OfferKind.RECORD))
    found: list[Recovery | WalletOffer] = []
    for table, is_open in (waiting, leaving):
        query = select(table).where(is_open, _is_unanswered(table, now)).limit(limit)
        found += db.scalars(query.with_for_update(skip_locked=True))
    for one in found:
        one.sim, one.sim_asked_at = SimState.ASKED, now
    return [(one.id, people.get(db, one.user_id).phone) for one in found]


def note_sim_request(db: Session, *, asked_for: uuid.UUID, request: str | None) -> None:
    """Under which name the carrier will answer; None = it did not take the question."""
    one = db.get(Recovery, asked_for) or db.get_one(WalletOffer, asked_for)
    one.sim_request = request
    one.sim = SimState.ASKED if request else SimState.UNKNOWN


def note_sim(db: Session, *, request: str, swapped_on: date | None, now: datetime) -> None:
    """The carrier's answer: when the SIM was last changed, None = it cannot tell."""
    state = _state(swapped_on, now)
    recovery = db.scalar(select(Recovery).where(Recovery.sim_request == request).with_for_update())
    if recovery is not None:
        recovery.sim = state
        if recovery.state is RecoveryState.CHOSEN and state is not SimState.UNKNOWN:
            set_times(db, recovery, now)
    offer = db.scalar(select(WalletOffer).where(WalletOffer.sim_request == request))
    if offer is not None:
        _note_offer(db, offer, state, now)
    db.flush()


def set_times(db: Session, recovery: Recovery, now: datetime) -> None:
    """From when on a guardian may help, and when time alone is enough.

    Where nobody vouches for her SIM the number of before has a day to say no; where it was changed lately, three days,
    and then her guardians get their time before her record is given up. With no record here it is the number only.
    """
    fresh = _is_fresh(db, recovery, now)
    is_here = sscr.record_of(db, recovery.user_id) is not None
    if is_here:
        helps = now + (SWAP if fresh else _wait(recovery, now))
        recovery.helps_at = helps if fresh else min(recovery.helps_at or helps, helps)
    recovery.ready_at = recovery.ready_at or now + timedelta(hours=RECOVERY_HOURS)
    if fresh and (not is_here or sscr.guardians_of(db, recovery.user_id)):
        recovery.ready_at = now + SWAP + timedelta(hours=RECOVERY_HOURS)


def _wait(recovery: Recovery, now: datetime) -> timedelta:
    """None where a carrier has just vouched for her SIM; for the number of before it says nothing of a new one."""
    day = timedelta(hours=SIM_UNKNOWN_HOURS)
    is_new = recovery.new_phone is None and recovery.created_at > now - day
    return timedelta(0) if is_new and recovery.sim is SimState.SETTLED else day


def _is_fresh(db: Session, recovery: Recovery, now: datetime) -> bool:
    """Whether her SIM was changed lately, also by what was said before she began again; a later word counts more."""
    if recovery.sim is SimState.SETTLED:
        return False
    since = now - SWAP
    return any(
        db.scalar(
            select(table.id)
            .where(table.user_id == recovery.user_id, table.sim == SimState.SWAPPED)
            .where(table.created_at > since)
            .limit(1)
        )
        for table in (Recovery, WalletOffer)
    )


def _is_unanswered(table: type[Recovery | WalletOffer], now: datetime) -> ColumnElement[bool]:
    lost = now - timedelta(seconds=SIM_ASK_AGAIN_SECONDS)
    asked_long_ago = and_(table.sim == SimState.ASKED, table.sim_asked_at < lost)
    is_new = table.created_at > now - timedelta(hours=SIM_ASK_HOURS)
    return and_(is_new, or_(table.sim.is_(None), asked_long_ago))


def _state(swapped_on: date | None, now: datetime) -> SimState:
    if swapped_on is None:
        return SimState.UNKNOWN
    fresh = (now - SWAP).date()
    return SimState.SWAPPED if swapped_on >= fresh else SimState.SETTLED


def _note_offer(db: Session, offer: WalletOffer, state: SimState, now: datetime) -> None:
    """A record does not leave by a SIM that may be a thief's; only what her wallet said it has is hers."""
    offer.sim = state
    if state is SimState.SWAPPED and offer.sealed is not None and offer.left_at is None:
        wallets.end_offers(db, offer.user_id, by=BY, now=now)
        text(db, people.get(db, offer.user_id), Template.WALLET_STOPPED, now)
