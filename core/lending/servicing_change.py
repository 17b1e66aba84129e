"""One change of a loan by the staff: checked, recorded with who and why, booked, noted; told twice it is done once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict, Unpack

from sqlalchemy import select

from config.limits import REASON_CHARACTERS
from core import people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.lending import account, attesting, closing
from core.lending.details import Details, to_json
from core.lending.models import Loan, LoanEvent
from core.lending.notices import support, tell
from core.lending.state import Event, EventKind, LoanState, LoanStatus, check, fold
from core.messaging import Template
from core.money import Money
from core.people import Role
from core.refusal_codes import RefusalCode

STAFF = (Role.OPERATOR, Role.ADMIN, Role.AGENT)


class Order(TypedDict):
    """What every change is asked with: for which organisation, of which of its loans.

    `by` is the user who does it; None is the operator at the command line.
    """

    organisation_id: uuid.UUID
    loan_id: uuid.UUID
    idempotency_key: str
    by: uuid.UUID | None
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What was done. `is_new` is false where the same order had been carried out before."""

    loan: Loan
    event: Event
    before: LoanState
    after: LoanState
    is_new: bool

    @property
    def outstanding(self) -> Money:
        """What is left to pay by the schedule."""
        return self.loan.money(self.after.outstanding)

    @property
    def key(self) -> str:
        """Names the event in texts, books and ledger."""
        return f"{self.loan.id}:{self.event.number}"


def change(
    db: Session,
    order: Order,
    kind: EventKind,
    *,
    amount: Money | None = None,
    on: date | None = None,
    reverses: int | None = None,
    **details: Unpack[Details],
) -> Change:
    """Carry out an order on its value date, by default today.

    Refuses loan_unknown, idempotency_key_reused, not_staff, reason_missing, day_not_possible, and what `check` of the
    fold refuses.
    """
    loan = locked(db, order)
    today = account.today(db, loan, order["now"])
    minor = _minor(loan, amount)
    if (known := known_event(db, order["idempotency_key"])) is not None:
        asked = (loan.id, kind, minor, reverses, to_json(details))
        if asked != (known.loan_id, known.kind, known.amount, known.reverses, known.details):
            raise Refusal(RefusalCode.IDEMPOTENCY_KEY_REUSED)
        state = account.state(db, loan, today)
        return Change(loan, known.event, state, state, is_new=False)
    _check_order(db, loan, order)
    event = Event(loan.events, kind, _day(loan, on, today), minor, reverses, **details)
    known_so_far = account.events(db, loan.id)
    check(loan.terms, known_so_far, event)
    before = fold(loan.terms, known_so_far, today)
    account.record(
        db, loan, kind, event.on, amount=minor, reverses=reverses, idempotency_key=order["idempotency_key"],
        by_id=order["by"], reason=order["reason"].strip(), at=order["now"], today=today,
        **details,
    )  # fmt: skip
    return _carried_out(db, loan, event, before, order)


def locked(db: Session, order: Order) -> Loan:
    """The loan of an order, kept for this transaction. Refuses loan_unknown."""
    return account.lock_own(db, order["organisation_id"], order["loan_id"])


def told(db: Session, done: Change, template: Template, order: Order, **facts: object) -> Change:
    """She hears of a change once, and whom to ask about it."""
    if done.is_new:
        number = support(db, done.loan)
        tell(db, done.loan, template, done.key, order["now"], support=number, **facts)
    return done


def is_known(db: Session, order: Order) -> bool:
    """Whether this order was carried out before; then its rules were met then."""
    return known_event(db, order["idempotency_key"]) is not None


def _carried_out(db: Session, loan: Loan, event: Event, before: LoanState, order: Order) -> Change:
    now, reference = order["now"], f"{loan.id}:{event.number}"
    after = account.book(
        db, loan, kind=f"loan.{event.kind}", reference=reference, on=before.on, now=now
    )
    done = Change(loan, event, before, after, is_new=True)
    account.note(
        db, Book.LOAN, loan, f"loan.{event.kind}", done.key, now, status=loan.status, amount=event.amount,
        on=event.on.isoformat(), by=str(order["by"] or "operator"), outstanding=after.outstanding,
    )  # fmt: skip
    was_repaid = before.status is LoanStatus.REPAID
    if loan.status is LoanStatus.REPAID and not was_repaid:
        closing.finish(db, loan, after, None, now)
        closing.return_credit(db, loan, now)
    elif was_repaid and loan.status is not LoanStatus.REPAID:
        attesting.take_back(db, loan, now)
    return done


def known_event(db: Session, key: str) -> LoanEvent | None:
    """The event this order was carried out with before."""
    return db.scalar(select(LoanEvent).where(LoanEvent.idempotency_key == key))


def _minor(loan: Loan, amount: Money | None) -> int:
    if amount is None:
        return 0
    if amount.currency != loan.currency or amount.minor <= 0:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE, step=loan.money(loan.terms.step))
    return amount.minor


def _check_order(db: Session, loan: Loan, order: Order) -> None:
    if not 1 <= len(order["reason"].strip()) <= REASON_CHARACTERS:
        raise Refusal(RefusalCode.REASON_MISSING, characters_at_most=REASON_CHARACTERS)
    if order["by"] is None:
        return
    user = people.get(db, order["by"])
    is_ours = user.role is Role.OPERATOR or user.organisation_id == loan.organisation_id
    if user.role not in STAFF or not is_ours:
        raise Refusal(RefusalCode.NOT_STAFF)


def _day(loan: Loan, on: date | None, today: date) -> date:
    """A change happens after the money was paid out, and never in the future."""
    first = loan.disbursed_on
    if first is None:
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)
    if on is not None and not first <= on <= today:
        raise Refusal(RefusalCode.DAY_NOT_POSSIBLE, first=first, last=today)
    return on or today
