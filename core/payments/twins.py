"""The same money may be told twice: as the outcome of a prompt, and as a pay-in. A receipt is credited once.

M-PESA sends a pay-in confirmation for a paid prompt as well, and the answer to a question about a prompt names no
receipt. So a prompt without a receipt and a pay-in of the same loan, amount and minutes are one movement.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select

from core.db import Session
from core.money import Money
from core.payments import rules
from core.payments.models import Method, Payment, PaymentKind, Voice
from core.payments.models import PaymentState as State
from core.payments.service import alert, by_key, lock, lock_loan, move
from core.queue import Job, enqueue

_BOOKED = (State.SETTLED, State.SETTLED_LATE, State.REVERSED)


def open_pay_in(
    db: Session,
    *,
    rail: str,
    receipt: str,
    money: Money,
    loan_id: uuid.UUID | None,
    account_reference: str,
    paid_at: datetime,
    now: datetime,
    told_at: datetime | None = None,
    voice: Voice = Voice.CONFIRMED,
) -> Payment | None:
    """Begin to ask about money somebody says she paid in; None if we know this receipt already.

    `told_at` is when we first heard of it, if that was earlier than now.
    """
    lock_loan(db, loan_id)
    key = f"{rail}:{receipt}"
    if (known := by_key(db, key)) is not None:
        _heard_again(db, known, voice, now)
        return None
    if _with_receipt(db, rail, receipt):
        return None
    payment = Payment(
        id=uuid.uuid4(), kind=PaymentKind.REPAYMENT, method=Method.PAY_IN, state=State.UNKNOWN,
        rail=rail, phone="", currency=money.currency, asked=money.minor, amount=money.minor,
        loan_id=loan_id, account_reference=account_reference[:40], idempotency_key=key,
        receipt=receipt, told_code=voice, opened_at=paid_at, ask_at=now, created_at=told_at or now,
    )  # fmt: skip
    db.add(payment)
    db.flush()
    enqueue(db, Job.PAYMENT_ASK)
    return payment


def _heard_again(db: Session, known: Payment, voice: Voice, now: datetime) -> None:
    """A voice worth more than the one before is followed up with a question, even after we gave up."""
    pay_in = lock(db, known.id)
    if not voice.outdoes(pay_in.told_code):
        return
    pay_in.told_code = voice
    if pay_in.state in (State.UNKNOWN, State.FAILED):
        pay_in.missing, pay_in.ask_at = 0, now
        enqueue(db, Job.PAYMENT_ASK)
    if pay_in.state is State.FAILED:
        move(db, pay_in, State.UNKNOWN, failure=None, closed_at=None)


def counted(db: Session, payment: Payment, receipt: str | None, arrived: Money) -> bool:
    """Whether this money was credited before under another payment; notes which one."""
    if payment.method is Method.PUSH:
        twin = _twin(db, payment, receipt)
    elif payment.method is Method.PAY_IN:
        twin = _give_receipt(db, payment, arrived)
    else:
        return False
    if twin is None or twin.state not in _BOOKED:
        return False
    payment.counted_by = twin.id
    return True


def _give_receipt(db: Session, pay_in: Payment, arrived: Money) -> Payment | None:
    prompt = _settled_prompt(db, pay_in, arrived)
    if prompt is not None:
        receipt, pay_in.receipt = pay_in.receipt, None
        db.flush()  # one after the other: a receipt is unique
        prompt.receipt = receipt
    return prompt


def free_receipt(db: Session, payment: Payment, receipt: str | None) -> str | None:
    """The receipt this payment may carry; a pay-in still in doubt gives way to the prompt that is proven."""
    if payment.method is Method.PAY_IN:
        return payment.receipt
    twin = _twin(db, payment, receipt)
    if twin is None:
        return receipt
    if not twin.is_open:
        return None
    receipt, twin.receipt = twin.receipt, None
    move(db, twin, State.SETTLED, counted_by=payment.id, ask_at=None)
    return receipt


def add_receipt(db: Session, payment: Payment, receipt: str, now: datetime) -> None:
    """A settled payment learns its receipt from a callback that came after the answer."""
    other = _with_receipt(db, payment.rail, receipt)
    if payment.receipt is None and payment.counted_by is None and other is None:
        payment.receipt = receipt
    elif other not in (None, payment) and payment.counted_by is None:
        alert(db, payment, "credited_twice", now=now, receipt=receipt)


def _twin(db: Session, prompt: Payment, receipt: str | None) -> Payment | None:
    if receipt and (found := _with_receipt(db, prompt.rail, receipt)):
        return None if found.id == prompt.id else found
    if receipt or prompt.method is not Method.PUSH:
        return None
    taken = select(Payment.counted_by).where(Payment.counted_by.is_not(None))
    query = select(Payment).where(
        Payment.method == Method.PAY_IN, Payment.rail == prompt.rail, Payment.amount == prompt.asked,
        Payment.loan_id == prompt.loan_id, Payment.state == State.SETTLED,
        Payment.counted_by.is_(None), Payment.id.not_in(taken),
    ).order_by(Payment.created_at)  # fmt: skip
    return _near(list(db.scalars(query)), prompt)


def _near(pay_ins: list[Payment], prompt: Payment) -> Payment | None:
    return next((pay_in for pay_in in pay_ins if _is_twin(pay_in, prompt)), None)


def _is_twin(pay_in: Payment, prompt: Payment) -> bool:
    assert pay_in.opened_at is not None, pay_in.id
    assert prompt.opened_at is not None, prompt.id
    return rules.is_twin_of(pay_in.opened_at, pay_in.created_at, prompt.opened_at)


def _settled_prompt(db: Session, pay_in: Payment, arrived: Money) -> Payment | None:
    if pay_in.loan_id is None:
        return None
    query = select(Payment).where(
        Payment.method == Method.PUSH, Payment.rail == pay_in.rail, Payment.loan_id == pay_in.loan_id,
        Payment.asked == arrived.minor, Payment.state == State.SETTLED,
        Payment.receipt.is_(None), Payment.counted_by.is_(None),
    ).order_by(Payment.created_at)  # fmt: skip
    return next((prompt for prompt in db.scalars(query) if _is_twin(pay_in, prompt)), None)


def _with_receipt(db: Session, rail: str, receipt: str) -> Payment | None:
    return db.scalar(select(Payment).where(Payment.rail == rail, Payment.receipt == receipt))
