"""Our clock was ahead, and has come back: what it put off, or thought was long over, has its turn again.

A provider may take a payment back for weeks, and it is compared ever less often until then (`rules.next_check`). A
clock that was months ahead for a minute has ended that for all of them, so the latest instant seen is kept
(docs/adr/0038).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from config.limits import PAYMENT_CLOCK_SECONDS
from core.db import Session
from core.payments.models import Payment, PaymentClock

_NAME = "ours"
_STEP = timedelta(minutes=1)  # how exactly it is kept when we last looked
_AHEAD = timedelta(seconds=PAYMENT_CLOCK_SECONDS)


def look(db: Session, *, days: int, now: datetime) -> bool:
    """Whether our clock has come back from the future; `days` is for how long a provider may take payments back."""
    mark = db.get(PaymentClock, _NAME, with_for_update=True)
    if mark is None:
        _begin(db, now)
        return False
    has_come_back = mark.seen_at - now > _AHEAD
    if has_come_back:
        _compare_again(db, days, now)
    if has_come_back or now - mark.seen_at > _STEP:
        mark.seen_at = now
    return has_come_back


def _begin(db: Session, now: datetime) -> None:
    try:
        with db.begin_nested():
            db.add(PaymentClock(name=_NAME, seen_at=now))
    except IntegrityError:  # another worker was faster
        return


def _compare_again(db: Session, days: int, now: datetime) -> None:
    """Each payment that ended not too long ago is compared once more, and goes on from there as it would have."""
    ended = update(Payment).where(Payment.closed_at > now)
    db.execute(ended.values(closed_at=now))
    is_far = or_(Payment.check_at.is_(None), Payment.check_at > now)
    recent = update(Payment).where(Payment.closed_at > now - timedelta(days=days), is_far)
    db.execute(recent.values(check_at=now))
