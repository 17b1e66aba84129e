"""Reminders: whose instalment has a reminder today, found over the due dates; at most one text a day for a loan.

They are written a piece at a time, each in a few statements. The stored rows say what a text asks for, for the day end
has brought them to today. Only where ending the loan today may cost less than that is the loan refolded.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Table, and_, or_, select, update

from config.limits import DAY_REMINDERS, REMINDER_CATCH_UP_DAYS, REMINDER_DAYS
from core import messaging
from core.db import Session, among
from core.lending.day_changes import states_of
from core.lending.models import Instalment, LendingDay, Loan
from core.lending.notices import paybill
from core.lending.state import InstalmentState, LoanStatus
from core.messaging import Letter, Template
from core.money import CURRENCIES, Money
from core.people import Organisation, User

_LOAN = cast(Table, Loan.__table__)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder: which instalment, and which of the days around its due date it is for."""

    row: InstalmentState
    step: int


def due_reminder(rows: Iterable[InstalmentState], today: date) -> Reminder | None:
    """What a person is to be reminded of today: the oldest instalment that has a reminder not too old to be sent."""
    for row in rows:
        days = (today - row.due_on).days
        passed = [step for step in REMINDER_DAYS if step <= days]
        if passed and days - passed[-1] <= REMINDER_CATCH_UP_DAYS:
            return Reminder(row, passed[-1])
    return None


def due_dates(today: date, done: date | None) -> list[date]:
    """The due dates that have a reminder on a day after `done`, and not too long ago."""
    missed = REMINDER_CATCH_UP_DAYS if done is None else (today - done).days - 1
    days = [today - timedelta(days=n) for n in range(min(missed, REMINDER_CATCH_UP_DAYS) + 1)]
    return sorted({day - timedelta(days=step) for day in days for step in REMINDER_DAYS})


def remind(db: Session, mark: LendingDay, today: date, *, now: datetime) -> int:
    """Remind a few more of those whose reminders are due; how many loans were looked at, 0 when all were.

    One due date after the other, and at the end all of them again, for loans that somebody held.
    """
    dates = due_dates(today, mark.reminded_on)
    while mark.position <= len(dates):
        if loans := _find(db, mark.zone, dates[mark.position :][:1] or dates, today):
            messaging.send_many(db, list(_letters(db, loans, today)), now=now)
            looked_at = among(db, _LOAN.c.id, [loan.id for loan in loans])
            db.execute(update(_LOAN).where(looked_at).values(reminded_on=today))
            return len(loans)
        mark.position += 1
    return 0


def candidates(db: Session, mark: LendingDay, today: date, limit: int) -> list[uuid.UUID]:
    """The loans that the next piece of reminders is about."""
    dates = due_dates(today, mark.reminded_on)
    query = select(Loan.id).where(
        *_asked_today(mark.zone, dates[mark.position :][:1] or dates, today)
    )
    return list(db.scalars(query.limit(limit)))


def _find(db: Session, zone: str, dates: Sequence[date], today: date) -> Sequence[Row[Any]]:
    """Some of the loans with an unpaid instalment of these dates, locked, with what a text needs to know."""
    query = select(
        Loan.id, Loan.code, Loan.currency, Loan.as_of, Loan.disbursed_on, Loan.principal_outstanding,
        Loan.interest_waived, Loan.agreed["cooling_off_days"].as_integer().label("cooling_off"),
        User.id.label("user_id"), User.phone, User.language,
    ).join(User, User.id == Loan.user_id)  # fmt: skip
    query = query.where(*_asked_today(zone, dates, today))
    locked = query.limit(DAY_REMINDERS).with_for_update(of=Loan, skip_locked=True, key_share=True)
    return db.execute(locked).all()


def _asked_today(zone: str, dates: Sequence[date], today: date) -> tuple[ColumnElement[bool], ...]:
    due = select(Instalment.loan_id).where(Instalment.due_on.in_(dates), _is_unpaid())
    there = select(Organisation.id).where(Organisation.timezone == zone)
    is_given_time = and_(Loan.paused_from <= today, Loan.paused_until >= today)
    return (
        Loan.id.in_(due), Loan.status == LoanStatus.DISBURSED, Loan.organisation_id.in_(there),
        or_(Loan.reminded_on.is_(None), Loan.reminded_on < today),
        or_(Loan.paused_from.is_(None), ~is_given_time),  # who is late by no day is not told that she is
        or_(Loan.set_aside_on.is_(None), Loan.set_aside_on < today),
    )  # fmt: skip


def _is_unpaid() -> ColumnElement[bool]:
    one = Instalment
    paid = one.principal_paid + one.interest_paid + one.fee_paid + one.penalty_paid
    return one.principal + one.interest + one.fee + one.penalty > paid


def _letters(db: Session, loans: Sequence[Row[Any]], today: date) -> Iterator[Letter]:
    """At most one reminder a day: what is due by then, or the instalment that is coming."""
    asked = _asked(db, loans, today)
    where = paybill(db)
    for loan in loans:
        if loan.id not in asked:
            continue
        found, amount = asked[loan.id]
        due, template = found.row.due_on, _template(found.row.due_on, today)
        facts = {
            "code": loan.code, "amount": Money(loan.currency, amount), "due": due, "paybill": where,
        }  # fmt: skip
        key = f"{template}:{loan.id}:{due.isoformat()}:{found.step}"
        yield Letter(loan.phone, loan.user_id, loan.language, template, facts, key)


def _asked(
    db: Session, loans: Sequence[Row[Any]], today: date
) -> dict[uuid.UUID, tuple[Reminder, int]]:
    """What each is reminded of and of how much, where there is anything: by the stored rows, or else by the fold."""
    rows = _rows(db, [loan.id for loan in loans], today)
    plain = [loan for loan in loans if _rows_say_all(loan, rows[loan.id], today)]
    asked = {loan.id: _by_rows(loan.currency, rows[loan.id], today) for loan in plain}
    others = [loan.id for loan in loans if loan.id not in asked]
    asked |= _by_fold(db, others, today)
    return {loan_id: found for loan_id, found in asked.items() if found is not None}


def _rows(
    db: Session, ids: Sequence[uuid.UUID], today: date
) -> Mapping[uuid.UUID, list[InstalmentState]]:
    """The rows of each loan that a reminder may be about, and those of which interest was paid ahead."""
    last = today - timedelta(days=min(REMINDER_DAYS))
    asks = and_(_is_unpaid(), Instalment.due_on <= last)
    ahead = and_(Instalment.due_on > today, Instalment.interest_paid > 0)
    query = select(Instalment.loan_id, *(getattr(Instalment, name) for name in _NAMES))
    found: defaultdict[uuid.UUID, list[InstalmentState]] = defaultdict(list)
    for loan_id, *values in db.execute(
        query.where(among(db, Instalment.loan_id, ids), or_(asks, ahead)).order_by(
            Instalment.loan_id, Instalment.number
        )
    ):
        found[loan_id].append(InstalmentState(*values))
    return found


_NAMES = InstalmentState.__slots__


def _rows_say_all(loan: Row[Any], rows: Sequence[InstalmentState], today: date) -> bool:
    """Whether to end the loan today surely costs no less than its rows ask for.

    It costs the principal and the interest and charges that are due, less what was paid ahead or let go.
    """
    cools = loan.cooling_off and loan.disbursed_on + timedelta(days=loan.cooling_off) >= today
    ahead = loan.interest_waived or any(row.interest_paid for row in rows if row.due_on > today)
    if loan.as_of != today or cools or ahead:
        return False
    found = _by_rows(loan.currency, rows, today)
    return found is None or found[0].row.due_on <= today or found[1] <= loan.principal_outstanding


def _by_rows(
    currency: str, rows: Iterable[InstalmentState], today: date
) -> tuple[Reminder, int] | None:
    unpaid = [row for row in rows if row.outstanding]
    found = due_reminder(_payable(unpaid, currency), today)
    if found is None:
        return None
    due_now = sum(row.outstanding for row in unpaid if row.due_on <= today)
    return found, due_now or found.row.outstanding


def _payable(rows: Iterable[InstalmentState], currency: str) -> list[InstalmentState]:
    """The rows worth a text: nobody is reminded of what no rail carries."""
    step = CURRENCIES[currency].step
    return [row for row in rows if row.outstanding >= step]


def _by_fold(
    db: Session, ids: Sequence[uuid.UUID], today: date
) -> dict[uuid.UUID, tuple[Reminder, int] | None]:
    if not ids:
        return {}
    query = select(Loan).where(among(db, Loan.id, ids)).execution_options(populate_existing=True)
    asked = {}
    loans = db.scalars(query).all()
    states = states_of(db, loans, lambda loan: max(today, loan.as_of))
    for loan in loans:
        state = states[loan.id]
        found = due_reminder(_payable(state.unpaid, loan.currency), today)
        amount = min(state.payoff, state.due_now or found.row.outstanding) if found else 0
        asked[loan.id] = (found, amount) if found else None
    return asked


def _template(due_on: date, today: date) -> Template:
    if due_on == today:
        return Template.REMINDER_TODAY
    return Template.REMINDER_BEFORE if today < due_on else Template.REMINDER_AFTER
