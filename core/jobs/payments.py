"""Drains the rows of payments: claim in one transaction, speak to the provider in none, write down in another.

Every function may run twice or in parallel. Whatever ends a payment tells lending in the same transaction.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from config.limits import DRAIN_ROWS
from core import lending
from core.db import Session
from core.errors import Refusal
from core.node import Node
from core.payments import Payment, service
from core.payments import inbox as messages
from core.payments.outcome import Change, cannot_undo, record
from core.payments.rail import Answer, Order, Verdict


def submit(node: Node) -> int:
    """Send what is ready. A worker that dies here leaves a row to be asked about, never to be sent again."""
    for done in range(DRAIN_ROWS):
        with node.sessions.begin() as db:
            order = service.claim(db, now=node.clock())
        if order is None:
            return done
        _write_down(node, order, node.rails[order.rail].submit(order))
    return DRAIN_ROWS


def ask(node: Node) -> int:
    """Ask about the open payments whose turn has come; some answers come later, as callbacks."""
    for done in range(DRAIN_ROWS):
        with node.sessions.begin() as db:
            order = service.claim_question(db, now=node.clock())
        if order is None:
            return done
        answer = node.rails[order.rail].ask(order)
        if answer is not None:
            _write_down(node, order, answer)
    return DRAIN_ROWS


def inbox(node: Node) -> int:
    """Understand what providers told us."""
    for done in range(DRAIN_ROWS):
        with node.sessions.begin() as db:
            message_id = messages.claim(db, now=node.clock())
        if message_id is None:
            return done
        _understand(node, message_id)
    return DRAIN_ROWS


def sweep(node: Node) -> int:
    """Find what was lost: payments left half sent, wake-ups that never came, and what is open for too long."""
    with node.sessions.begin() as db:
        now = node.clock()
        found = service.find_lost(db, now=now) + service.find_overdue(db, now=now)
        service.wake(db, now=now)
    return found


def decide(node: Node, payment_id: uuid.UUID, *, paid: bool, receipt: str | None) -> None:
    """What a person saw in the provider's own portal, where no question of ours is answered."""
    answer = (
        Answer(Verdict.PAID, receipt=receipt) if paid else Answer(Verdict.FAILED, code="refused")
    )
    with node.sessions.begin() as db:
        payment, now = service.lock(db, payment_id), node.clock()
        change = record(db, payment_id=payment_id, attempt=payment.attempt, answer=answer, now=now)
        service.resolve(db, payment_id, now=now)
        _tell(db, payment_id, change, node)


def _write_down(node: Node, order: Order, answer: Answer) -> None:
    with node.sessions.begin() as db:
        change = record(
            db, payment_id=order.payment_id, attempt=order.attempt, answer=answer, now=node.clock()
        )
        _tell(db, order.payment_id, change, node)


def _understand(node: Node, message_id: uuid.UUID) -> None:
    with node.sessions.begin() as db:
        event = messages.understand(
            db, message_id, rails=node.rails, find_loan=_loan_id, now=node.clock()
        )
        if event is not None:
            _tell(db, event.payment_id, event.change, node)


def _tell(db: Session, payment_id: uuid.UUID, change: Change | None, node: Node) -> None:
    if change is None:
        return
    payment, now = db.get_one(Payment, payment_id), node.clock()
    if change is Change.SETTLED:
        lending.payment_settled(db, payment=payment, now=now)
    elif change is Change.FAILED:
        lending.payment_failed(db, payment=payment, now=now)
    else:
        _take_back(db, payment, now)


def _take_back(db: Session, payment: Payment, now: datetime) -> None:
    try:
        with db.begin_nested():
            lending.payment_reversed(db, payment=payment, now=now)
    except Refusal as refusal:
        cannot_undo(db, payment, code=refusal.code, now=now)


def _loan_id(db: Session, reference: str) -> uuid.UUID | None:
    loan = lending.loan_for_reference(db, reference)
    return loan.id if loan else None
