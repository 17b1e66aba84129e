"""The account of one loan: lock it, record an event, refold it, and post to the ledger what the event changed.

The journal entry of an event is the difference between the stored figures and the refold. Ledger, stored figures and
events therefore cannot drift apart, also when an event is back-dated or taken back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import delete, insert, select

from core import books, clock, ledger, people
from core.books import Book
from core.db import Session
from core.ledger import Account, Line, credit, debit
from core.lending.models import Instalment, Loan, LoanEvent
from core.lending.state import Event, EventKind, LoanState, fold


def lock(db: Session, loan_id: uuid.UUID) -> Loan:
    """The loan as it is now, kept for this transaction. Whoever locks more than one does so before any book entry."""
    query = select(Loan).where(Loan.id == loan_id).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one()


def today(db: Session, loan: Loan, now: datetime) -> date:
    """The day on the wall calendar of the organisation that lent; never before the figures stored."""
    zone = people.organisation(db, loan.organisation_id).timezone
    return max(clock.local_day(now, zone), loan.as_of)


def events(db: Session, loan_id: uuid.UUID) -> list[Event]:
    """Everything that happened to a loan, as it was told."""
    query = select(LoanEvent).where(LoanEvent.loan_id == loan_id).order_by(LoanEvent.number)
    return [row.event for row in db.scalars(query)]


def state(db: Session, loan: Loan, on: date) -> LoanState:
    """The loan on a day, refolded from its events."""
    return fold(loan.terms, events(db, loan.id), on)


def record(
    db: Session,
    loan: Loan,
    kind: EventKind,
    on: date,
    *,
    amount: int = 0,
    payment_id: uuid.UUID | None = None,
    reverses: int | None = None,
) -> None:
    """Append an event to a locked loan; `book` then refolds it."""
    event = LoanEvent(
        loan_id=loan.id, number=loan.events, kind=kind, on=on, amount=amount,
        payment_id=payment_id, reverses=reverses,
    )  # fmt: skip
    db.add(event)
    loan.events += 1
    db.flush()


def is_recorded(db: Session, payment_id: uuid.UUID, kind: EventKind) -> bool:
    """Whether this payment has had this effect before."""
    query = select(LoanEvent.id).where(LoanEvent.payment_id == payment_id, LoanEvent.kind == kind)
    return db.scalar(query) is not None


def book(
    db: Session,
    loan: Loan,
    *,
    kind: str,
    reference: str,
    on: date,
    now: datetime,
    lines: Sequence[Line] = (),
) -> LoanState:
    """Bring a locked loan to day `on`: refold, post the difference together with `lines`, store the figures."""
    after = state(db, loan, on)
    moved = [*lines, *_difference(loan, after)]
    if any(line.money for line in moved):
        entry = ledger.post(db, kind=kind, reference=reference, lines=moved, now=now)
        assert entry is not None, f"{kind} {reference} was booked before, but its event was not"
    _store(db, loan, after)
    return after


def note(
    db: Session, to: Book, loan: Loan, kind: str, event_id: str, now: datetime, **facts: int | str
) -> None:
    """Append what happened to a book: keys, amounts, dates and states, and nothing of the person."""
    body = {
        "loan": str(loan.id),
        "project": str(loan.project_id),
        "currency": loan.currency,
        **facts,
    }
    books.append(
        db, to, kind=kind, entity_id=loan.id, event_id=f"{kind}:{event_id}", body=body, now=now
    )


def _difference(loan: Loan, after: LoanState) -> Iterable[Line]:
    """What must be posted so that the ledger shows `after`."""
    earned = loan.money(after.interest_earned - loan.interest_earned)
    yield debit(Account.INTEREST_RECEIVABLE, earned, loan.id)
    yield credit(Account.INTEREST_INCOME, earned, loan.id)
    paid = loan.money(after.interest_paid - loan.interest_paid)
    yield credit(Account.INTEREST_RECEIVABLE, paid, loan.id)
    principal = loan.money(after.principal_outstanding - loan.principal_outstanding)
    yield debit(Account.LOAN_PORTFOLIO, principal, loan.id)
    yield credit(Account.BORROWER_CREDIT, loan.money(after.credit - loan.credit), loan.id)
    owed = loan.money(after.cash_back_owed - loan.cash_back_owed)
    yield credit(Account.CASH_BACK_PAYABLE, owed, loan.id)


def _store(db: Session, loan: Loan, after: LoanState) -> None:
    figures = (
        "status", "disbursed_on", "closed_on", "principal_outstanding", "interest_earned", "interest_paid",
        "outstanding", "credit", "returning", "cash_back_owed",
    )  # fmt: skip
    for name in figures:
        setattr(loan, name, getattr(after, name))
    loan.as_of, loan.repaid_amount = after.on, after.paid
    loan.next_due_on = after.unpaid[0].due_on if after.unpaid else None
    db.flush()
    db.execute(delete(Instalment).where(Instalment.loan_id == loan.id))
    if after.rows:
        db.execute(insert(Instalment), [{"loan_id": loan.id, **asdict(row)} for row in after.rows])
