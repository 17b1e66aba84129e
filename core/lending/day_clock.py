"""Whether the day end may believe the clock: what it does, a default above all, cannot be slept over.

A clock is believed while it goes on from where it was last seen, and while it stays with the clock of the database
(another machine's, where that is PostgreSQL). A jump of more than 36 hours is either a node that stood still for days,
or a wrong clock; which of them, no machine can know. So the day end waits, says so, and a person decides: `confirm`
lets it catch up, `day_undo` takes back what a wrong clock has done. See docs/adr/0028.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import DateTime, func, select

from config.limits import DAY_JUMP_HOURS
from core import clock
from core.db import Session, is_sqlite
from core.errors import Refusal
from core.lending.models import LendingClock
from core.payments import Method, Payment
from core.people import Organisation
from core.refusal_codes import RefusalCode

JUMP = timedelta(hours=DAY_JUMP_HOURS)
_STEP = timedelta(minutes=1)  # how exactly it is kept when we last looked
_NAME = "day"
JUMPED, WENT_BACK, DATABASE = "jumped", "went_back", "database"


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known of the time: our clock, when we last believed it, and the clocks of database and provider.

    `last_payment` is the provider's own time of the latest pay-in.
    """

    clock: datetime
    last_run: datetime | None
    database: datetime | None
    last_payment: datetime | None
    doubt: str | None
    since: datetime | None


def database_now(db: Session) -> datetime | None:
    """The clock of the database, where it may be another machine's."""
    return None if is_sqlite(db) else db.scalar(select(func.now(type_=DateTime(timezone=True))))


def is_believed(db: Session, *, now: datetime, database: datetime | None = None) -> bool:
    """Whether the work of the day may go by this clock; the first look believes it. Kept until a person has decided."""
    mark = _mark(db, now, database)
    doubt = _doubt(mark, now, database)
    if doubt != mark.doubt:
        mark.doubt, mark.doubted_at = doubt, now if doubt else None
    if doubt is None and now - mark.seen_at > _STEP:
        mark.seen_at = now
    return doubt is None


def confirm(db: Session, *, day: date, now: datetime, database: datetime | None = None) -> None:
    """A person has looked at a calendar: this is today. The day end goes on, and makes up what was missed.

    Refuses day_is_another(today) where the clock of this node says another day.
    """
    check_today(db, day, now)
    mark = _mark(db, now, database)
    mark.seen_at, mark.apart = now, _apart(now, database)
    mark.doubt = mark.doubted_at = None


def check_today(db: Session, day: date, now: datetime) -> None:
    """Refuse a day that is today nowhere where we lend: then the clock of the machine is to be set first."""
    zones = db.scalars(select(Organisation.timezone).distinct())
    days = sorted({clock.local_day(now, zone) for zone in zones} or {now.date()})
    if day not in days:
        raise Refusal(RefusalCode.DAY_IS_ANOTHER, today=days[-1])


def witnesses(db: Session, *, now: datetime, database: datetime | None = None) -> Witnesses:
    """What a person wants to know before she decides."""
    mark = db.get(LendingClock, _NAME)
    paid = db.scalar(select(func.max(Payment.opened_at)).where(Payment.method == Method.PAY_IN))
    return Witnesses(
        clock=now, last_run=mark.seen_at if mark else None, database=database, last_payment=paid,
        doubt=mark.doubt if mark else None, since=mark.doubted_at if mark else None,
    )  # fmt: skip


def _mark(db: Session, now: datetime, database: datetime | None) -> LendingClock:
    query = select(LendingClock).where(LendingClock.name == _NAME).with_for_update()
    mark = db.scalar(query.execution_options(populate_existing=True))
    if mark is None:
        mark = LendingClock(name=_NAME, seen_at=now, apart=_apart(now, database), doubt=None)
        db.add(mark)
        db.flush()
    return mark


def _doubt(mark: LendingClock, now: datetime, database: datetime | None) -> str | None:
    if now - mark.seen_at > JUMP:
        return JUMPED
    if mark.seen_at - now > JUMP:
        return WENT_BACK
    apart = _apart(now, database)
    if (
        apart is not None
        and mark.apart is not None
        and abs(apart - mark.apart) > JUMP.total_seconds()
    ):
        return DATABASE  # step by step, each too small to be seen
    return None


def _apart(now: datetime, database: datetime | None) -> int | None:
    return None if database is None else int((now - database).total_seconds())
