"""The jobs of payments: the desk does the work, and lending is told in the same transaction what it means."""

from __future__ import annotations

import uuid
from datetime import datetime

from core import lending, people
from core.db import Session
from core.errors import Refusal
from core.node import Node
from core.payments import Method, Payment
from core.payments.contradictions import Change, cannot_place, cannot_undo
from core.payments.desk import Desk


def submit(node: Node) -> int:
    """Send the payments that are ready."""
    return desk(node).submit()


def ask(node: Node) -> int:
    """Ask about the payments whose turn has come."""
    return desk(node).ask()


def inbox(node: Node) -> int:
    """Understand the callbacks that came in."""
    return desk(node).inbox()


def statement(node: Node) -> int:
    """Find the pay-ins whose every callback was lost."""
    return desk(node).statement()


def sweep(node: Node) -> int:
    """Find the payments, questions and callbacks that were lost on the way."""
    return desk(node).sweep()


def desk(node: Node) -> Desk:
    """The payment desk of this node."""
    return Desk(node.sessions, node.rails, node.clock, tell, loan_id)


def tell(db: Session, payment: Payment, change: Change, now: datetime) -> None:
    """Tell lending what became of a payment, in the transaction in which it did."""
    if change in (Change.SETTLED, Change.SETTLED_LATE):
        _place(db, payment, change, now)
        _note_in_use(db, payment, now)
    elif change is Change.FAILED:
        lending.payment_failed(db, payment=payment, now=now)
    else:
        _take_back(db, payment, now)


def _place(db: Session, payment: Payment, change: Change, now: datetime) -> None:
    late = change is Change.SETTLED_LATE
    settled = lending.payment_settled_late if late else lending.payment_settled
    try:
        with db.begin_nested():
            settled(db, payment=payment, now=now)
    except Refusal as refusal:
        cannot_place(db, payment, code=refusal.code, now=now)
        lending.tell_twice(db, payment, now)


def _note_in_use(db: Session, payment: Payment, now: datetime) -> None:
    """Whoever paid a prompt has the phone; of a pay-in the provider masks the number."""
    user = people.by_phone(db, payment.phone) if payment.method is Method.PUSH else None
    if user is not None:
        people.note_in_use(user, now)


def _take_back(db: Session, payment: Payment, now: datetime) -> None:
    try:
        with db.begin_nested():
            lending.payment_reversed(db, payment=payment, now=now)
    except Refusal as refusal:
        cannot_undo(db, payment, code=refusal.code, now=now)


def loan_id(db: Session, reference: str) -> uuid.UUID | None:
    """The loan somebody meant who paid in with this reference."""
    loan = lending.loan_for_reference(db, reference)
    return loan.id if loan else None
