"""A loan whose money did not reach her is given up, and stands again if the money came after all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.books import Book
from core.db import Session
from core.lending import account, community
from core.lending.models import Loan, LoanEvent
from core.lending.state import EventKind, LoanStatus


def cancel(db: Session, loan: Loan, now: datetime) -> None:
    """Give up a locked loan: she owes nothing for it."""
    on, key = account.today(db, loan, now), _key(loan)
    account.record(db, loan, EventKind.CANCELLED, on)
    account.book(db, loan, kind="loan.cancellation", reference=key, on=on, now=now)
    assert loan.status is LoanStatus.CANCELLED
    account.note(db, Book.LOAN, loan, "loan.cancelled", key, now, status=loan.status)


def revive(db: Session, loan: Loan, now: datetime) -> None:
    """The cancellation of a locked loan never was: the terms she agreed to hold again."""
    query = select(LoanEvent.number).where(
        LoanEvent.loan_id == loan.id, LoanEvent.kind == EventKind.CANCELLED
    )
    number = db.scalars(query.order_by(LoanEvent.number.desc())).first()
    on, key = account.today(db, loan, now), _key(loan)
    account.record(db, loan, EventKind.REVERSED, on, reverses=number)
    account.book(db, loan, kind="loan.revival", reference=key, on=on, now=now)
    account.note(db, Book.LOAN, loan, "loan.revived", key, now, status=loan.status)
    community.wake(db, loan)


def _key(loan: Loan) -> str:
    """A loan may be given up more than once."""
    return f"{loan.id}:{loan.events}"
