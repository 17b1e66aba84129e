"""The day of the book: interest that falls due is booked, loans too long late are in default, people are reminded.

Each part looks at a loan once a day and remembers the day in its row, so it may run at any time, be interrupted, and
catch up. A loan is found by what is stored, set-based; only the loans that are found are refolded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select

from config.limits import REMINDER_CATCH_UP_DAYS, REMINDER_DAYS, REMINDER_HOURS
from core import clock
from core.books import Book
from core.db import Session
from core.lending import account
from core.lending.models import Loan
from core.lending.notices import paybill, support, tell
from core.lending.state import EventKind, InstalmentState, LoanState, LoanStatus
from core.messaging import Template
from core.people import Organisation


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder: which instalment, and which of the days around its due date it is for."""

    row: InstalmentState
    step: int


def run_day(db: Session, *, now: datetime, limit: int) -> int:
    """Do what today still asks of at most `limit` loans; returns how many were looked at.

    Takes all its locks before it writes to a book, as everybody does who touches more than one loan.
    """
    done = 0
    for zone in db.scalars(
        select(Organisation.timezone).distinct().order_by(Organisation.timezone)
    ):
        today = clock.local_day(now, zone)
        late = _find(db, zone, _day_is_open(today), limit - done)
        room = limit - done - len(late) if _is_hour(now, zone) else 0
        remind = _find(db, zone, _reminder_is_open(today), room)
        done += _each(db, late, today, now, _close_day) + _each(db, remind, today, now, _remind)
    return done


def due_reminder(rows: Iterable[InstalmentState], today: date) -> Reminder | None:
    """What a person is to be reminded of today: the oldest instalment that has a reminder not too old to be sent."""
    for row in rows:
        days = (today - row.due_on).days
        passed = [step for step in REMINDER_DAYS if step <= days]
        if passed and days - passed[-1] <= REMINDER_CATCH_UP_DAYS:
            return Reminder(row, passed[-1])
    return None


def _find(db: Session, zone: str, wanted: ColumnElement[bool], limit: int) -> list[Loan]:
    if limit <= 0:
        return []
    there = select(Organisation.id).where(Organisation.timezone == zone)
    query = select(Loan).where(
        Loan.status == LoanStatus.DISBURSED, Loan.organisation_id.in_(there), wanted
    )
    locked = query.order_by(Loan.id).limit(limit).with_for_update(skip_locked=True)
    return list(db.scalars(locked.execution_options(populate_existing=True)))


def _day_is_open(today: date) -> ColumnElement[bool]:
    return and_(Loan.day_done < today, Loan.next_due_on <= today)


def _reminder_is_open(today: date) -> ColumnElement[bool]:
    soon = today + timedelta(days=-min(REMINDER_DAYS))
    return and_(or_(Loan.reminded_on.is_(None), Loan.reminded_on < today), Loan.next_due_on <= soon)


def _is_hour(now: datetime, zone: str) -> bool:
    first, end = REMINDER_HOURS
    return first <= now.astimezone(ZoneInfo(zone)).hour < end


Step = Callable[[Session, Loan, LoanState, datetime], None]


def _each(db: Session, loans: list[Loan], today: date, now: datetime, step: Step) -> int:
    for loan in loans:
        step(db, loan, account.state(db, loan, max(today, loan.as_of)), now)
    db.flush()
    return len(loans)


def _close_day(db: Session, loan: Loan, state: LoanState, now: datetime) -> None:
    """Book the interest that fell due; after the days of the agreement, the loan is in default."""
    is_default = state.days_late > loan.terms.default_after_days
    if is_default:
        account.record(db, loan, EventKind.DEFAULTED, state.on)
    reference = f"{loan.id}:{state.on.isoformat()}"
    account.book(db, loan, kind="loan.day", reference=reference, on=state.on, now=now)
    loan.day_done = state.on
    if is_default:
        _note_default(db, loan, state, now)


def _note_default(db: Session, loan: Loan, state: LoanState, now: datetime) -> None:
    account.note(
        db, Book.LOAN, loan, "loan.defaulted", f"{loan.id}:{loan.events}", now, status=loan.status,
        outstanding=state.outstanding, days_late=state.days_late,
    )  # fmt: skip
    tell(
        db, loan, Template.DEFAULTED, f"{loan.id}:{loan.events}", now,
        outstanding=loan.money(state.outstanding), support=support(db, loan),
    )  # fmt: skip


def _remind(db: Session, loan: Loan, state: LoanState, now: datetime) -> None:
    """At most one reminder a day: what is due by then, or the instalment that is coming."""
    loan.reminded_on = state.on
    found = due_reminder(state.unpaid, state.on)
    if found is None:
        return
    amount = min(state.payoff, state.due_now or found.row.outstanding)
    key = f"{loan.id}:{found.row.due_on.isoformat()}:{found.step}"
    tell(
        db, loan, _template(found.row.due_on, state.on), key, now, amount=loan.money(amount),
        due=found.row.due_on, days=abs((state.on - found.row.due_on).days), paybill=paybill(db),
    )  # fmt: skip


def _template(due_on: date, today: date) -> Template:
    if due_on == today:
        return Template.REMINDER_TODAY
    return Template.REMINDER_BEFORE if today < due_on else Template.REMINDER_AFTER
