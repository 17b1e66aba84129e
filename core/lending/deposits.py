"""A risk deposit goes back to the member it belongs to: its project has closed, or she gave her loan back at once.

It becomes credit of her loan, and credit travels to her phone as it always does; what M-PESA cannot carry stays credit.
One loan per transaction; what a deposit holds is asked of the ledger, so that doing it twice returns it once.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from config.limits import DEPOSIT_CATCH_UP_DAYS
from core.books import Book
from core.db import Session
from core.ledger import Account, debit
from core.lending import account, closing, community, groups, ladder, projects, recoveries
from core.lending.models import Loan, Project, ProjectStatus
from core.lending.notices import support, tell
from core.lending.state import EventKind, LoanStatus, PaymentType
from core.messaging import Template
from core.money import Money


def return_next(db: Session, *, now: datetime) -> bool:
    """Return one deposit that is free; False if there is none. Finds each project once, until a late one comes back."""
    waits = (Project.status == ProjectStatus.CLOSED, Project.settled_on.is_(None))
    project_id = db.scalar(select(Project.id).where(*waits).order_by(Project.id).limit(1))
    if project_id is None:
        return _return_withdrawn(db, now)
    free = _first_free(db, project_id)
    if free is not None:
        return_deposit(db, loan_id=free, now=now)
    else:
        _settle(db, project_id, now)
    return True


def return_deposit(db: Session, *, loan_id: uuid.UUID, now: datetime) -> Money:
    """Make what the deposit of a loan holds her credit and send it to her; what it was."""
    loan = account.lock(db, loan_id)
    if loan.group_id is not None:
        groups.lock(db, loan.group_id)
    found = community.held(db, loan.currency, Loan.id == loan.id)
    amount = loan.money(found.get(loan.id, 0))
    if amount:
        on, key = account.today(db, loan, now), f"{loan.id}:{loan.events}"
        account.record(
            db, loan, EventKind.REPAID, on, amount=amount.minor, payment_type=PaymentType.DEPOSIT
        )
        lines = [debit(Account.RISK_DEPOSITS, amount, loan.id)]
        account.book(
            db, loan, kind="loan.deposit_returned", reference=key, on=on, now=now, lines=lines
        )
        account.note(db, Book.LOAN, loan, "loan.deposit_returned", key, now, amount=amount.minor)
        if closing.return_credit(db, loan, now, template=Template.DEPOSIT_RETURNED) is None:
            tell(
                db, loan, Template.DEPOSIT_KEPT, key, now, amount=amount, support=support(db, loan)
            )  # fmt: skip
    return amount


def _first_free(db: Session, project_id: uuid.UUID) -> uuid.UUID | None:
    project = projects.get(db, project_id)
    return next(iter(community.held(db, project.currency, Loan.project_id == project_id)), None)


def _settle(db: Session, project_id: uuid.UUID, now: datetime) -> None:
    """Nothing is held any more; asked again under the lock, so that what comes in meanwhile is not forgotten."""
    losers = recoveries.lock_losers(db, project_id)
    project = projects.lock(db, project_id)
    if recoveries.share(db, project, losers, now):
        return
    if _first_free(db, project_id) is None:
        project.settled_on = now.date()
        db.flush()


def _return_withdrawn(db: Session, now: datetime) -> bool:
    """A loan given back within its cooling-off days leaves no deposit behind."""
    since = now.date() - timedelta(days=DEPOSIT_CATCH_UP_DAYS)
    ended = (Loan.group_id.is_not(None), Loan.status == LoanStatus.REPAID, Loan.closed_on >= since)
    for loan in db.scalars(select(Loan).where(*ended).order_by(Loan.id)):
        if ladder.is_withdrawn(loan) and community.held(db, loan.currency, Loan.id == loan.id):
            return_deposit(db, loan_id=loan.id, now=now)
            return True
    return False
