"""What providers tell us: kept once, answered at once, understood later, and believed only after a question.

A callback names people. Its raw body lives until it is understood (minutes); identifiers, code and amount remain.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config.limits import STATEMENT_MOST_SECONDS
from core.db import Session
from core.payments import callback_body, rules, twins
from core.payments.contradictions import Change, earlier_attempt
from core.payments.models import InboxMessage, Method, Payment, Topic, Voice
from core.payments.models import PaymentState as State
from core.payments.outcome import record
from core.payments.rail import Answer, Message, Rail, Verdict
from core.payments.service import lock, move
from core.payments.tokens import Address
from core.queue import Job, enqueue

TAKEN_BACK = -1  # in place of an amount
_BOOKED = (State.SETTLED, State.SETTLED_LATE)
_VOICES = {Topic.PAY_IN: Voice.CONFIRMED, Topic.ANNOUNCED: Voice.ANNOUNCED}
FindLoan = Callable[[Session, str], uuid.UUID | None]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """A payment that has just ended, and how."""

    payment_id: uuid.UUID
    change: Change


def store(
    db: Session,
    *,
    provider: str,
    topic: Topic,
    event_key: str,
    raw: bytes,
    now: datetime,
    address: Address | None = None,
) -> bool:
    """Keep a callback; False if it was told before (then nothing is written)."""
    message = InboxMessage(
        provider=provider, topic=topic, event_key=event_key, raw=raw,
        try_at=rules.when_to_read(topic, now), created_at=now,
    )  # fmt: skip
    if address is not None:
        message.payment_id, message.attempt = address.payment_id, address.attempt
        message.question = address.question
        message.event_key = f"{address}:{event_key}"
    try:
        with db.begin_nested():
            db.add(message)
    except IntegrityError:
        return False
    enqueue(db, Job.PAYMENT_INBOX)
    return True


def claim(db: Session, *, now: datetime) -> uuid.UUID | None:
    """Take the next message; if its worker dies it is taken again later. Commit before you read it."""
    query = select(InboxMessage).where(
        InboxMessage.processed_at.is_(None),
        InboxMessage.set_aside_at.is_(None),
        InboxMessage.try_at <= now,
    )
    first = query.order_by(InboxMessage.try_at).limit(1)
    message = db.scalar(first.with_for_update(skip_locked=True))
    if message is None:
        return None
    message.try_at = rules.next_ask(message.tries, now)
    message.tries += 1
    return message.id


def understand(
    db: Session,
    message_id: uuid.UUID,
    *,
    rails: Mapping[str, Rail],
    find_loan: FindLoan,
    now: datetime,
) -> Event | None:
    """Do what one message asks for, once; the payment that ended by it, if any."""
    query = select(InboxMessage).where(InboxMessage.id == message_id).with_for_update()
    row = db.scalars(query.execution_options(populate_existing=True)).one()
    if row.processed_at is not None:
        return None
    if row.payment_id is None or db.get(Payment, row.payment_id) is not None:
        event = _act(db, row, rails[row.provider], find_loan, now)
    else:  # the database was restored from a copy older than this payment
        log.error("callback for a payment that is not here", payment=str(row.payment_id))
        event = None
    row.processed_at, row.raw = now, None
    return event


def _act(
    db: Session, row: InboxMessage, rail: Rail, find_loan: FindLoan, now: datetime
) -> Event | None:
    if row.topic is Topic.LATE:
        _queue_timed_out(db, row, now)
        return None
    message = rail.read(row.topic, callback_body.parse(row.raw or b""))
    row.facts = _facts(message)
    if row.topic in _VOICES:
        _paid_in(db, row, message, find_loan, now)
        return None
    if row.topic is Topic.RESULT:
        _hint(db, row, message, now)
        return None
    return _answer(db, row, message.answer, now)


def _answer(db: Session, row: InboxMessage, answer: Answer, now: datetime) -> Event | None:
    assert row.payment_id is not None, row.id
    payment = lock(db, row.payment_id)
    if not _answers(payment, answer):
        log.warning("answer names another receipt", payment=str(row.payment_id))
        return None
    if not _is_expected(payment, answer) and not _agrees(payment, answer, row.question):
        payment.ask_at = rules.next_ask(0, now)  # time for the true answer to come first
        return None
    change = record(db, payment_id=row.payment_id, attempt=row.attempt, answer=answer, now=now)
    return Event(row.payment_id, change) if change else None


def _answers(payment: Payment, answer: Answer) -> bool:
    """Whether an answer is about what we asked: where we asked by receipt, that receipt and its amount."""
    if payment.method is Method.PAYOUT or answer.verdict is not Verdict.PAID:
        return True
    asked_with = payment.receipt or payment.told_receipt
    return answer.amount is not None and answer.receipt in (None, asked_with)


def _is_expected(payment: Payment, answer: Answer) -> bool:
    """Whether one answer is enough: it ends a payment as we asked for it, or tells what we have booked.

    What was asked for is known from us or from the statement, never from a callback; and what contradicts an end has
    to be said twice.
    """
    if _contradicts(payment, answer):
        return False
    if answer.verdict is not Verdict.PAID or answer.amount is None:
        return True
    if payment.state in _BOOKED:
        return answer.amount.minor == payment.amount == payment.asked
    is_hint = payment.method is Method.PAY_IN and payment.told_code != Voice.LISTED
    return not is_hint and answer.amount.minor == payment.asked


def _contradicts(payment: Payment, answer: Answer) -> bool:
    if answer.verdict is Verdict.PAID:
        return payment.state is State.FAILED
    return answer.verdict is Verdict.REVERSED and payment.state in _BOOKED


def _agrees(payment: Payment, answer: Answer, question: int) -> bool:
    """Whether the answer to another question told the same: one alone may be forged."""
    told = TAKEN_BACK if answer.verdict is Verdict.REVERSED else 0
    told = answer.amount.minor if answer.amount and not told else told
    odd, payment.odd_amount = payment.odd_amount, told
    before, payment.odd_question = payment.odd_question, question
    return odd == told and before != question


def _queue_timed_out(db: Session, row: InboxMessage, now: datetime) -> None:
    """The provider's own queue was slow: nothing is known, so ask."""
    assert row.payment_id is not None, row.id
    payment = lock(db, row.payment_id)
    if row.attempt != payment.attempt:
        return
    payment.told_verdict = payment.told_verdict or Verdict.PENDING.value  # it has the order
    if payment.state in (State.SUBMITTING, State.SUBMITTED) or payment.to_repeat:
        move(db, payment, State.UNKNOWN, ask_at=now, to_repeat=False)
        enqueue(db, Job.PAYMENT_ASK)


def _paid_in(
    db: Session, row: InboxMessage, message: Message, find_loan: FindLoan, now: datetime
) -> None:
    answer = message.answer
    assert answer.receipt is not None
    assert answer.amount is not None
    twins.open_pay_in(
        db, rail=row.provider, receipt=answer.receipt, money=answer.amount,
        loan_id=find_loan(db, message.account_reference), account_reference=message.account_reference,
        paid_at=_paid_at(message, row), told_at=row.created_at, now=now,
        voice=_VOICES[row.topic],
    )  # fmt: skip


def _paid_at(message: Message, row: InboxMessage) -> datetime:
    """When she paid, as a callback has it: a hint as well, so no earlier than anything is told of."""
    oldest = row.created_at - timedelta(seconds=STATEMENT_MOST_SECONDS)
    return max(message.paid_at or row.created_at, oldest)


def _hint(db: Session, row: InboxMessage, message: Message, now: datetime) -> None:
    """A callback about a payment is never believed, only followed up with a question."""
    assert row.payment_id is not None, row.id
    payment, answer = lock(db, row.payment_id), message.answer
    if row.attempt != payment.attempt:
        earlier_attempt(db, payment, row.attempt, answer, now)
        return
    if not _names(db, payment, message):
        log.warning("callback names another order", payment=str(payment.id))
        return
    if payment.state is State.SETTLED and answer.verdict is Verdict.PAID:
        if answer.receipt:
            twins.add_receipt(db, payment, answer.receipt, now)
        return
    _note(payment, answer)
    if payment.to_repeat:  # somebody has it after all
        move(db, payment, State.UNKNOWN, to_repeat=False)
    if _is_news(payment, answer):
        payment.ask_at = now
        enqueue(db, Job.PAYMENT_ASK)
    if payment.state is State.READY:  # a failed attempt is said to be paid: ask before trying again
        payment.not_before = max(payment.not_before or now, rules.prompt_end(now))


def _names(db: Session, payment: Payment, message: Message) -> bool:
    if payment.method is Method.PAYOUT:
        return message.provider_key in (None, payment.provider_key)
    reference = message.answer.reference
    if payment.provider_reference and payment.state is not State.UNKNOWN:
        return reference == payment.provider_reference
    others = (Payment.provider_reference == reference, Payment.id != payment.id)
    return db.scalar(select(Payment.id).where(*others)) is None


def _note(payment: Payment, answer: Answer) -> None:
    if payment.provider_reference is None or payment.state is State.UNKNOWN:
        payment.provider_reference = answer.reference  # its acknowledgement was lost
    payment.told_verdict, payment.told_code = answer.verdict.value, answer.code or None
    payment.told_receipt = answer.receipt
    payment.told_amount = answer.amount.minor if answer.amount else None


def _is_news(payment: Payment, answer: Answer) -> bool:
    if payment.state in (State.FAILED, State.READY):
        return answer.verdict is Verdict.PAID
    return payment.is_open or payment.state is State.SETTLED


def _facts(message: Message) -> dict[str, Any]:
    answer = message.answer
    return {
        "verdict": answer.verdict.value,
        "code": answer.code,
        "receipt": answer.receipt,
        "amount": answer.amount.minor if answer.amount else None,
        "account": message.account_reference[:40],
    }
