"""The day end: interest is earned, instalments fall due, loans too long late are in default, people are reminded.

It goes over the table of loans piece by piece, each piece a short transaction of its own. How far it has come is one
row a time zone, moved in the same transaction, so it may be killed anywhere, run twice and be called as often as one
likes. A loan remembers the day its figures stand for (`as_of`): whatever brought it there, no day is booked twice. Days
that were missed are done one after the other, each with its own entries in the journal, dated at its end.

It never waits for a loan that somebody else has locked: it passes over, and comes back when all else is done. So it may
lock many loans in any order, as long as it takes them before it writes to a book, as everybody does.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.limits import DAY_CATCH_UP_DAYS, DAY_CHANGES, DAY_NOTICES, REMINDER_HOURS
from core import clock
from core.db import Session
from core.lending import bureau, day_accrual, day_changes, day_dues, day_reminders
from core.lending.models import LendingDay
from core.people import Organisation

A_DAY = timedelta(days=1)


def run_day(db: Session, *, now: datetime, limit: int) -> int:
    """Do what the day still asks, piece by piece, until so many loans were looked at; 0 when nothing is left to do."""
    done = 0
    for zone in db.scalars(
        select(Organisation.timezone).distinct().order_by(Organisation.timezone)
    ).all():
        while done < limit and (worked := _work(db, zone, now)):
            done += worked
    return done


def _work(db: Session, zone: str, now: datetime) -> int:
    """One piece: of a day not yet closed, else of the reminders, if it is their hour."""
    today = clock.local_day(now, zone)
    mark = _mark(db, zone, today)
    if mark is None:
        return 0
    begin_next(mark, today)
    if not mark.is_done:
        return _close(db, mark, now)
    return _write(db, mark, today, now) if _is_hour(now, zone) else 0


def begin_next(mark: LendingDay, today: date) -> None:
    """Once a day is closed the next one begins, if it has come."""
    if mark.is_done and mark.day < today:
        mark.day = max(mark.day + A_DAY, today - timedelta(days=DAY_CATCH_UP_DAYS))
        mark.position, mark.is_done = 0, False


def _mark(db: Session, zone: str, today: date) -> LendingDay | None:
    """How far this zone has come, locked; None while another worker has it."""
    query = select(LendingDay).where(LendingDay.zone == zone)
    if db.scalar(query) is None:
        db.add(LendingDay(zone=zone, day=today, position=0, is_done=False))
        db.flush()
    locked = query.with_for_update(skip_locked=True)
    return db.scalar(locked.execution_options(populate_existing=True))


def _close(db: Session, mark: LendingDay, now: datetime) -> int:
    """A piece of closing the day of the mark: the loans that only move on, and those that change."""
    piece = day_accrual.piece(db, mark.zone, mark.day, mark.position)
    at = day_end(mark.zone, mark.day, now)
    changing = day_accrual.loans_that_change(db, piece, DAY_CHANGES)
    moved = day_accrual.move(db, piece, at=at)
    others = day_dues.pass_due_dates(db, changing, mark.day, at=at)
    day_changes.apply(db, others, mark.day, at=at, now=now)
    if len(changing) < DAY_CHANGES:
        mark.position = piece.ends
    worked = moved + len(changing)
    if mark.position < day_accrual.table_end(db):
        return worked or 1
    mark.position, mark.is_done = 0, not day_accrual.is_left(db, piece)
    return worked or int(mark.is_done)  # 0: what is left is held by others; later


def _write(db: Session, mark: LendingDay, today: date, now: datetime) -> int:
    """A few texts: first the reminders, then the notices that a bureau may hear of a loan."""
    if mark.reminded_on is None or mark.reminded_on < today:
        if found := day_reminders.remind(db, mark, today, now=now):
            return found
        mark.reminded_on, mark.position = today, 0
    if mark.noticed_on is None or mark.noticed_on < today:
        if found := bureau.give_notices(
            db, zone=mark.zone, today=today, now=now, limit=DAY_NOTICES
        ):
            return found
        mark.noticed_on = today
    return 0


def day_end(zone: str, day: date, now: datetime) -> datetime:
    """The instant the entries of a day carry: its last second, or now while it lasts."""
    midnight = datetime.combine(day + A_DAY, time(), ZoneInfo(zone))
    return min(now, midnight - timedelta(seconds=1))


def _is_hour(now: datetime, zone: str) -> bool:
    first, end = REMINDER_HOURS
    return first <= now.astimezone(ZoneInfo(zone)).hour < end
