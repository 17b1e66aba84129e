"""Take back what the day end did by a wrong clock: loans come back to today, and no default of a day to come stands.

Nothing is erased: the default stays among the events with the one that takes it back, the books get an entry of today
with the difference, she gets a text. A loan to which something else happened on a day to come (a payment told without
its provider's time) is left and named: a person looks at it.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import and_, exists, false, or_, select

from core import clock, people
from core.books import Book
from core.db import Session
from core.lending import account, day_clock
from core.lending.models import LendingDay, Loan, LoanEvent
from core.lending.notices import support, tell
from core.lending.state import EventKind, LoanStatus
from core.messaging import Template
from core.people import Organisation

REASON = "The clock of the node was wrong."


def begin(db: Session, *, day: date, now: datetime, database: datetime | None = None) -> None:
    """Let the day end stand at today, as a person says it is. Refuses day_is_another."""
    day_clock.confirm(db, day=day, now=now, database=database)
    for mark in db.scalars(select(LendingDay).with_for_update()):
        today = clock.local_day(now, mark.zone)
        if mark.day > today:
            mark.day, mark.position, mark.is_done = today, 0, False
        mark.reminded_on = min(mark.reminded_on or today, today)
        mark.noticed_on = min(mark.noticed_on or today, today)


def next_loan(db: Session, *, now: datetime, after: uuid.UUID | None = None) -> uuid.UUID | None:
    """A loan whose figures are of a day that has not come; give the one before to go on behind it."""
    zones = db.execute(select(Organisation.id, Organisation.timezone)).all()
    ahead = [
        and_(Loan.organisation_id == id, Loan.as_of > clock.local_day(now, zone))
        for id, zone in zones
    ]
    query = select(Loan.id).where(or_(false(), *ahead))
    if after is not None:
        query = query.where(Loan.id > after)
    return db.scalar(query.order_by(Loan.id).limit(1))


def bring_back(db: Session, *, loan_id: uuid.UUID, now: datetime) -> str | None:
    """Bring one loan back to today; its code if it cannot be, because more than a default happened after today."""
    loan = account.lock(db, loan_id)
    today = clock.local_day(now, people.organisation(db, loan.organisation_id).timezone)
    if loan.as_of <= today:
        return None
    mine = LoanEvent.loan_id == loan.id
    later = list(db.scalars(select(LoanEvent).where(mine, LoanEvent.on > today)))
    if any(event.kind is not EventKind.DEFAULTED for event in later):
        return loan.code
    _take_back(db, loan, later, today, now)
    return None


def _take_back(db: Session, loan: Loan, later: list[LoanEvent], today: date, now: datetime) -> None:
    undone = exists().where(LoanEvent.loan_id == loan.id, LoanEvent.kind == EventKind.REVERSED)
    for event in later:
        if not db.scalar(select(undone.where(LoanEvent.reverses == event.number))):
            account.record(
                db,
                loan,
                EventKind.REVERSED,
                today,
                reverses=event.number,
                reason=REASON,
                at=now,
                today=today,
            )
    was_in_default, key = (
        loan.status is LoanStatus.DEFAULTED,
        f"{loan.id}:{loan.as_of}:{loan.events}",
    )
    loan.reminded_on = min(loan.reminded_on or today, today)
    after = account.book(db, loan, kind="loan.clock_corrected", reference=key, on=today, now=now)
    if later:
        account.note(
            db, Book.LOAN, loan, "loan.default_reversed", key, now, status=loan.status,
            on=today.isoformat(), outstanding=after.outstanding,
        )  # fmt: skip
    if was_in_default and loan.status is not LoanStatus.DEFAULTED:
        tell(
            db, loan, Template.CORRECTED, key, now, support=support(db, loan),
            outstanding=loan.money(after.outstanding),
        )  # fmt: skip
