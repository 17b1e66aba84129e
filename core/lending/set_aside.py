"""A loan that cannot be read stops nobody else: it is set aside for the day, told, and tried again with the next day.

The caller (an entrance) does the trying, one loan a transaction: what broke is rolled back with its loan alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from config.limits import DAY_CHANGES, DAY_REMINDERS, LIST_ROWS
from core import clock
from core.db import Session
from core.lending import account, day_accrual, day_changes, day_dues, day_reminders
from core.lending.day import begin_next, day_end
from core.lending.models import LendingDay, Loan
from core.lending.owned import Owner
from core.people import Organisation


@dataclass(frozen=True, slots=True)
class Broken:
    """The piece of the work that broke: of which day, whether it was being closed, and the loans it was about."""

    zone: str
    day: date
    is_closing: bool
    loans: Sequence[uuid.UUID]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A loan that waits for a person: its code, since when, and the kind of error."""

    code: str
    on: date | None
    why: str | None


def find_broken(db: Session, *, now: datetime) -> list[Broken]:
    """The loans that the day end works on now, zone by zone: among them is the one that breaks it."""
    found = []
    zones = db.scalars(select(Organisation.timezone).distinct().order_by(Organisation.timezone))
    for zone in zones.all():
        mark, today = db.get(LendingDay, zone), clock.local_day(now, zone)
        if mark is None:
            continue
        begin_next(mark, today)
        if mark.is_done:
            ids = day_reminders.candidates(db, mark, today, DAY_REMINDERS)
        else:
            piece = day_accrual.piece(db, zone, mark.day, mark.position)
            ids = list(day_accrual.loans_that_change(db, piece, DAY_CHANGES))
        found.append(Broken(zone, mark.day, not mark.is_done, ids))
    return found


def try_alone(db: Session, broken: Broken, loan_id: uuid.UUID, *, now: datetime) -> None:
    """What the day asks of this one loan; raises whatever it raises."""
    if not broken.is_closing:
        loan = account.lock(db, loan_id)
        account.state(db, loan, max(broken.day, loan.as_of))
        return
    at = day_end(broken.zone, broken.day, now)
    left = day_dues.pass_due_dates(db, [loan_id], broken.day, at=at)
    day_changes.apply(db, left, broken.day, at=at, now=now)


def set_aside(db: Session, broken: Broken, loan_id: uuid.UUID, why: str) -> None:
    """Let the day go on without it. Only columns are written: the rest may not be readable."""
    values = {"set_aside_on": broken.day, "set_aside_why": why[:80]}
    db.execute(update(Loan).where(Loan.id == loan_id).values(**values))


def waiting(db: Session, *, owner: Owner = None, limit: int = LIST_ROWS) -> list[SetAside]:
    """The loans that were set aside and not brought to a day since, the longest first."""
    query = select(Loan.code, Loan.set_aside_on, Loan.set_aside_why)
    query = query.where(Loan.set_aside_on.is_not(None)).order_by(Loan.set_aside_on, Loan.code)
    if owner is not None:
        query = query.where(Loan.organisation_id == owner)
    return [SetAside(*row) for row in db.execute(query.limit(limit))]
