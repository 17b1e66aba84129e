"""Reminders: whose instalment has a reminder today, found over the due dates; at most one text a day for a loan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from config.limits import DAY_REMINDERS, REMINDER_CATCH_UP_DAYS, REMINDER_DAYS
from core.db import Session
from core.lending.day_changes import states_of
from core.lending.models import Instalment, Loan
from core.lending.notices import paybill, tell
from core.lending.state import InstalmentState, LoanState, LoanStatus
from core.messaging import Template
from core.people import Organisation


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


def due_dates(today: date, done: date | None) -> set[date]:
    """The due dates that have a reminder on a day after `done`, and not too long ago."""
    missed = REMINDER_CATCH_UP_DAYS if done is None else (today - done).days - 1
    days = [today - timedelta(days=n) for n in range(min(missed, REMINDER_CATCH_UP_DAYS) + 1)]
    return {day - timedelta(days=step) for day in days for step in REMINDER_DAYS}


def remind(db: Session, zone: str, today: date, done: date | None, *, now: datetime) -> int:
    """Remind a few more of those whose reminders are due; how many loans were looked at, 0 when all were."""
    loans = _find(db, zone, today, done)
    states = states_of(db, loans, lambda loan: max(today, loan.as_of))
    for loan in loans:
        loan.reminded_on = today
        _tell(db, loan, states[loan.id], today, now)
    db.flush()
    return len(loans)


def _find(db: Session, zone: str, today: date, done: date | None) -> list[Loan]:
    due = select(Instalment.loan_id).where(
        Instalment.due_on.in_(due_dates(today, done)),
        Instalment.principal + Instalment.interest + Instalment.fee + Instalment.penalty
        > Instalment.principal_paid
        + Instalment.interest_paid
        + Instalment.fee_paid
        + Instalment.penalty_paid,
    )
    there = select(Organisation.id).where(Organisation.timezone == zone)
    query = select(Loan).where(
        Loan.id.in_(due), Loan.status == LoanStatus.DISBURSED, Loan.organisation_id.in_(there),
        or_(Loan.reminded_on.is_(None), Loan.reminded_on < today),
    )  # fmt: skip
    locked = query.limit(DAY_REMINDERS).with_for_update(skip_locked=True, key_share=True)
    return list(db.scalars(locked.execution_options(populate_existing=True)))


def _tell(db: Session, loan: Loan, state: LoanState, today: date, now: datetime) -> None:
    """At most one reminder a day: what is due by then, or the instalment that is coming."""
    found = due_reminder(state.unpaid, today)
    if found is None:
        return
    amount = min(state.payoff, state.due_now or found.row.outstanding)
    key = f"{loan.id}:{found.row.due_on.isoformat()}:{found.step}"
    tell(
        db, loan, _template(found.row.due_on, today), key, now, amount=loan.money(amount),
        due=found.row.due_on, days=abs((today - found.row.due_on).days), paybill=paybill(db),
    )  # fmt: skip


def _template(due_on: date, today: date) -> Template:
    if due_on == today:
        return Template.REMINDER_TODAY
    return Template.REMINDER_BEFORE if today < due_on else Template.REMINDER_AFTER
