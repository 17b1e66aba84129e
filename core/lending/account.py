"""The account of one loan: lock it, record an event, refold it, and post to the ledger what the event changed.

The journal entry of an event is the difference between the stored figures and the refold. Ledger, stored figures and
events therefore cannot drift apart, also when an event is back-dated or taken back.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Unpack

from sqlalchemy import delete, insert, select

from core import books, clock, ledger, people
from core.books import Book
from core.db import Session
from core.ledger import Account, Line
from core.lending import day_figures, movements
from core.lending.details import Details, from_json, to_json
from core.lending.models import Instalment, Loan, LoanEvent
from core.lending.state import Event, EventKind, LoanState, fold
from core.lending.state.history import Told
from core.refusal_codes import RefusalCode


def lock(db: Session, loan_id: uuid.UUID) -> Loan:
    """The loan as it is now, kept for this transaction. Whoever locks more than one does so before any book entry."""
    query = select(Loan).where(Loan.id == loan_id).with_for_update(key_share=True)
    return db.scalars(query.execution_options(populate_existing=True)).one()


def lock_own(db: Session, organisation_id: uuid.UUID, loan_id: uuid.UUID) -> Loan:
    """The same for the desk of an organisation. Refuses loan_unknown, of a loan that another has lent too."""
    people.own(db.get(Loan, loan_id), organisation_id, RefusalCode.LOAN_UNKNOWN)
    return lock(db, loan_id)


def today(db: Session, loan: Loan, now: datetime) -> date:
    """The day on the wall calendar of the organisation that lent; never before the figures stored."""
    zone = people.organisation(db, loan.organisation_id).timezone
    return max(clock.local_day(now, zone), loan.as_of)


def events(db: Session, loan_id: uuid.UUID) -> list[Event]:
    """Everything that happened to a loan, as it was told."""
    return events_of(db, [loan_id])[loan_id]


def events_of(db: Session, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[Event]]:
    """The same of many loans in one query; its columns alone, for a loan that is paid daily has hundreds."""
    told = LoanEvent
    query = select(
        told.loan_id, told.number, told.kind, told.on, told.amount, told.reverses, told.details
    )
    found: defaultdict[uuid.UUID, list[Event]] = defaultdict(list)
    for loan_id, *columns, details in db.execute(
        query.where(told.loan_id.in_(ids)).order_by(told.number)
    ):
        found[loan_id].append(Event(*columns, **from_json(details)))
    return found


def told(db: Session, loan: Loan) -> list[Told]:
    """Every event with the day it was told; of one written before that was kept, the day its row was written."""
    zone = people.organisation(db, loan.organisation_id).timezone
    rows = db.scalars(
        select(LoanEvent).where(LoanEvent.loan_id == loan.id).order_by(LoanEvent.number)
    )
    return [
        Told(row.event, row.told_on or max(row.on, clock.local_day(row.created_at, zone)))
        for row in rows
    ]


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
    idempotency_key: str | None = None,
    by_id: uuid.UUID | None = None,
    reason: str = "",
    at: datetime | None = None,
    today: date | None = None,
    **details: Unpack[Details],
) -> None:
    """Append an event to a locked loan; `book` then refolds it. `today`: when it is told, where that is not `on`."""
    event = LoanEvent(
        loan_id=loan.id, number=loan.events, kind=kind, on=on, amount=amount, payment_id=payment_id,
        reverses=reverses, idempotency_key=idempotency_key, by_id=by_id, reason=reason,
        details=to_json(details), created_at=at, told_on=today or max(on, loan.as_of),
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
    covered = _covered(db, loan, after)
    moved = [*lines, *movements.difference(loan, after, covered)]
    if any(line.money for line in moved):
        entry = ledger.post(db, kind=kind, reference=reference, lines=moved, now=now)
        assert entry is not None, f"{kind} {reference} was booked before, but its event was not"
    loan.provision_used += covered
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


def _covered(db: Session, loan: Loan, after: LoanState) -> int:
    """How much of the principal given up the provision of the project bears: as far as there is one."""
    lost = after.principal_written_off - loan.principal_written_off
    if lost <= 0:  # the debt stands again: what it took from the provision goes back first
        return max(lost, -loan.provision_used)
    held = ledger.balance(db, Account.LOAN_LOSS_PROVISION, loan.currency, loan.project_id)
    return min(lost, max(0, -held.minor))


def show(loan: Loan, after: LoanState) -> None:
    """Let the columns of a loan say its state; its instalments are rows of their own."""
    shown = {**movements.figures(after), **day_figures.figures(loan.terms, after)}
    for name, value in shown.items():
        setattr(loan, name, value)
    loan.set_aside_on = loan.set_aside_why = None


def _store(db: Session, loan: Loan, after: LoanState) -> None:
    show(loan, after)
    db.flush()
    db.execute(delete(Instalment).where(Instalment.loan_id == loan.id))
    if after.rows:
        db.execute(insert(Instalment), [Instalment.values(loan.id, row) for row in after.rows])
