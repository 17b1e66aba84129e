"""What a borrower may always ask, free: where her loan stands, what is due next, what ends it today."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from core import people
from core.db import Session
from core.lending import account, codes
from core.lending.models import Loan
from core.lending.projects import OPEN
from core.lending.state import InstalmentState, LoanStatus
from core.money import Money
from core.refusal_codes import RefusalCode


@dataclass(frozen=True, slots=True)
class Standing:
    """A loan on one day. `next_due` is what is due by now, or the next instalment; paid early, `payoff` may be less."""

    outstanding: Money
    payoff: Money
    due_now: Money
    next_due_on: date | None
    next_due: Money
    days_late: int
    paid: Money
    total: Money
    credit: Money


def get(db: Session, loan_id: uuid.UUID) -> Loan:
    """The loan with this id; an unknown id is a bug."""
    return db.get_one(Loan, loan_id)


def find(db: Session, *, organisation_id: uuid.UUID, code: str) -> Loan:
    """The loan of an organisation with this code, however it is typed. Refuses loan_unknown."""
    return people.own(
        loan_for_reference(db, code), organisation_id, RefusalCode.LOAN_UNKNOWN, loan=code
    )


def newest(
    db: Session, *, organisation_id: uuid.UUID, limit: int, status: LoanStatus | None = None
) -> list[Loan]:
    """The loans of an organisation, the newest first."""
    query = select(Loan).where(Loan.organisation_id == organisation_id)
    if status is not None:
        query = query.where(Loan.status == status)
    return list(db.scalars(query.order_by(Loan.created_at.desc(), Loan.code.desc()).limit(limit)))


def today(db: Session, loan_id: uuid.UUID, *, now: datetime) -> date:
    """The day it is where the loan was given."""
    return account.today(db, get(db, loan_id), now)


def standing(db: Session, loan_id: uuid.UUID, *, on: date) -> Standing:
    """Where a loan stands at the end of a day."""
    loan = get(db, loan_id)
    now = account.state(db, loan, on)
    total = now.paid + now.outstanding if now.rows else loan.commitment_amount
    step = loan.terms.step
    row, amount = now.next_asked(step) or (None, 0)
    return Standing(
        outstanding=loan.money(now.outstanding), payoff=loan.payable(now.payoff),
        due_now=loan.payable(now.due_now if now.due_now >= step else 0), next_due=loan.payable(amount),
        next_due_on=row.due_on if row else None, days_late=now.days_late,
        paid=loan.money(now.paid), total=loan.money(total), credit=loan.money(now.credit),
    )  # fmt: skip


def payoff(db: Session, loan_id: uuid.UUID, *, on: date) -> Money:
    """What ends the loan if it is paid on this day: the principal left and interest to that day only."""
    loan = get(db, loan_id)
    return loan.payable(account.state(db, loan, on).payoff)


def may_give_back(db: Session, loan_id: uuid.UUID, *, on: date) -> date | None:
    """Until when she may give the loan back for what she got, at no cost; None where she may not."""
    loan = get(db, loan_id)
    days = loan.terms.cooling_off_days
    if loan.status is not LoanStatus.DISBURSED or loan.disbursed_on is None or not days:
        return None
    until = loan.disbursed_on + timedelta(days=days)
    return until if on <= until else None


def is_first(db: Session, user_id: uuid.UUID) -> bool:
    """Whether she never had a loan that reached her."""
    had = select(Loan.id).where(Loan.user_id == user_id, Loan.disbursed_on.is_not(None))
    return db.scalar(had.limit(1)) is None


def instalments(db: Session, loan_id: uuid.UUID, *, on: date) -> tuple[InstalmentState, ...]:
    """The schedule with what is paid of it."""
    return account.state(db, get(db, loan_id), on).rows


def open_loan(db: Session, user_id: uuid.UUID) -> Loan | None:
    """Her loan that is running or on its way; one whose money failed to reach her does not count."""
    query = select(Loan).where(Loan.user_id == user_id, Loan.status.in_(OPEN))
    found = db.scalars(query.order_by(Loan.created_at.desc(), Loan.id))
    return next((loan for loan in found if not loan.may_be_cancelled), None)


def loans_of(db: Session, user_id: uuid.UUID, limit: int) -> list[Loan]:
    """Her loans, the newest first."""
    query = select(Loan).where(Loan.user_id == user_id)
    return list(db.scalars(query.order_by(Loan.created_at.desc(), Loan.id).limit(limit)))


def loan_for_reference(db: Session, reference: str) -> Loan | None:
    """The loan a person meant who paid in with this reference; None if the code has a mistake or is nobody's."""
    code = codes.parse(reference)
    return None if code is None else db.scalar(select(Loan).where(Loan.code == code))
