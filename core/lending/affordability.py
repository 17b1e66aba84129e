"""A loan must fit what comes in: what it asks for in a month is at most a share of her monthly income.

What it asks for in a month is everything she pays, spread evenly from the first day to the last; a loan shorter than
a month asks for all of it in one. The share is an option of the project (`affordability`); without it nothing is asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from config.limits import INCOME_DAYS, INCOME_MOST
from core import clock, people
from core.db import Session
from core.errors import Refusal
from core.lending.care import DeclaredIncome
from core.lending.ladder import is_withdrawn
from core.lending.models import Loan, Project
from core.lending.state import LoanStatus
from core.money import CURRENCIES, Money
from core.refusal_codes import RefusalCode

MONTH_DAYS = 30
Dues = Sequence[tuple[date, Money]]
ENDED = (LoanStatus.REPAID, LoanStatus.WRITTEN_OFF)


def declare_income(db: Session, *, user_id: uuid.UUID, monthly: Money, now: datetime) -> None:
    """Write down what she says comes in in a month; the newest word counts. Refuses amount_unreadable."""
    if not 0 < monthly.minor <= INCOME_MOST:
        raise Refusal(RefusalCode.AMOUNT_UNREADABLE)
    found = _declared(db, user_id)
    today = _today(db, user_id, now)
    if found is None:
        db.add(DeclaredIncome(user_id=user_id, monthly=monthly.minor, on=today, created_at=now))
    else:
        found.monthly, found.on = monthly.minor, today
    db.flush()


def income(db: Session, user_id: uuid.UUID, *, now: datetime) -> int | None:
    """Her monthly income in minor units, if she said it not too long ago."""
    found = _declared(db, user_id)
    oldest = _today(db, user_id, now) - timedelta(days=INCOME_DAYS)
    return found.monthly if found is not None and found.on >= oldest else None


def begin(db: Session, *, project_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> bool:
    """Whether her income must be asked before an amount is. Refuses loan_pause(until)."""
    project = db.get_one(Project, project_id)
    check_pause(db, project, user_id=user_id, today=_today(db, user_id, now))
    return project.affordability is not None and income(db, user_id, now=now) is None


def burden(dues: Dues, begins_on: date) -> int:
    """What a loan asks for in a month, in minor units, rounded up."""
    if not dues:
        return 0
    days = max(MONTH_DAYS, (max(on for on, _ in dues) - begins_on).days)
    return -(-sum(money.minor for _, money in dues) * MONTH_DAYS // days)


def check_affordable(
    db: Session, project: Project, *, user_id: uuid.UUID, amount: Money,
    dues: Dues, now: datetime,
) -> None:  # fmt: skip
    """Refuse income_unknown, not_affordable(most) with what fits her for this time, nothing_affordable."""
    if project.affordability is None:
        return
    monthly = income(db, user_id, now=now)
    if monthly is None:
        raise Refusal(RefusalCode.INCOME_UNKNOWN)
    room = int(monthly * project.affordability / 100)
    asked = burden(dues, _today(db, user_id, now))
    if asked > room:
        step = CURRENCIES[amount.currency].step
        fits = amount.minor * room // asked // step * step
        if fits < project.loan_min_amount:
            raise Refusal(RefusalCode.NOTHING_AFFORDABLE)
        raise Refusal(RefusalCode.NOT_AFFORDABLE, most=Money(amount.currency, fits))


def check_part(
    db: Session, project: Project, *, user_id: uuid.UUID, part: Money, before: Dues, after: Dues, now: datetime
) -> None:  # fmt: skip
    """The same of a later part of a loan: it is divided over fewer payments, so a month may ask for more than agreed.

    The income she said last counts, however old: nobody asks her here. Refuses not_affordable(most) and
    nothing_affordable.
    """
    found = _declared(db, user_id)
    if project.affordability is None or found is None:
        return
    today, room = _today(db, user_id, now), int(found.monthly * project.affordability / 100)
    asked, less = burden(after, today), burden(before, today)
    if asked <= room:
        return
    step = CURRENCIES[part.currency].step
    most = part.minor * max(0, room - less) // (asked - less) // step * step
    if not most:
        raise Refusal(RefusalCode.NOTHING_AFFORDABLE)
    raise Refusal(RefusalCode.NOT_AFFORDABLE, most=Money(part.currency, most))


def check_pause(db: Session, project: Project, *, user_id: uuid.UUID, today: date) -> None:
    """Refuse loan_pause(until) so soon after her last loan that she cannot have got her breath back."""
    query = select(Loan).where(Loan.user_id == user_id, Loan.status.in_(ENDED))
    closed = [
        loan.closed_on for loan in db.scalars(query) if loan.closed_on and not is_withdrawn(loan)
    ]
    if closed and today < (until := max(closed) + timedelta(days=project.pause_days)):
        raise Refusal(RefusalCode.LOAN_PAUSE, until=until)


def _declared(db: Session, user_id: uuid.UUID) -> DeclaredIncome | None:
    return db.scalar(select(DeclaredIncome).where(DeclaredIncome.user_id == user_id))


def _today(db: Session, user_id: uuid.UUID, now: datetime) -> date:
    organisation = people.organisation(db, people.get(db, user_id).organisation_id)
    return clock.local_day(now, organisation.timezone)
