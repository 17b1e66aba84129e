"""The same money may be told twice: as the outcome of a prompt, and as a pay-in. A receipt is credited once.

M-PESA sends a pay-in confirmation for a paid prompt as well, and the answer to a question about a prompt names no
receipt. So a prompt without a receipt and a pay-in of the same loan, amount and minutes count as one movement; but two
equal payments look the same, so a person is asked unless a receipt or the statement tells (docs/adr/0037).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from config.limits import STATEMENT_MOST_SECONDS
from core.db import Session
from core.money import Money
from core.payments import rules
from core.payments.models import Method, Payment, PaymentKind, Voice
from core.payments.models import PaymentState as State
from core.payments.service import alert, by_key, lock, lock_loan, move, settle_alert
from core.queue import Job, enqueue

DOUBT = "same_or_second_payment"
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
    prompt_id: uuid.UUID | None = None,
) -> Payment | None:
    """Begin to ask about money somebody says she paid in; None if we know this receipt already.

    `told_at` is when we first heard of it, if that was earlier than now; `prompt_id` the prompt whose own callback
    named this receipt.
    """
    lock_loan(db, loan_id)
    key = f"{rail}:{receipt}"
    if (known := by_key(db, key)) is not None:
        told = _Told(money, loan_id, account_reference[:40], paid_at, voice)
        _heard_again(db, known, told, now)
        return None
    if not _may_carry(db, rail, receipt, loan_id, voice, now):
        return None
    payment = Payment(
        id=uuid.uuid4(), kind=PaymentKind.REPAYMENT, method=Method.PAY_IN, state=State.UNKNOWN,
        rail=rail, phone="", currency=money.currency, asked=money.minor, amount=money.minor,
        loan_id=loan_id, account_reference=account_reference[:40], idempotency_key=key,
        receipt=receipt, told_code=voice, opened_at=paid_at, ask_at=now, created_at=told_at or now,
        counted_by=prompt_id,
    )  # fmt: skip
    db.add(payment)
    db.flush()
    enqueue(db, Job.PAYMENT_ASK)
    return payment


def _may_carry(
    db: Session, rail: str, receipt: str, loan_id: uuid.UUID | None, voice: Voice, now: datetime
) -> bool:
    """Whether a new pay-in may carry this receipt: a prompt took it from a callback, and the statement knows better."""
    other = _with_receipt(db, rail, receipt)
    if other is None or loan_id in (None, other.loan_id):
        return other is None
    alert(db, other, "receipt_claimed_twice", now=now, receipt=receipt)
    if voice is not Voice.LISTED or other.method is not Method.PUSH:
        return False
    other.receipt = None
    db.flush()
    return True


@dataclass(frozen=True, slots=True)
class _Told:
    """What a voice says of a pay-in we know."""

    money: Money
    loan_id: uuid.UUID | None
    reference: str
    paid_at: datetime
    voice: Voice


def _heard_again(db: Session, known: Payment, told: _Told, now: datetime) -> None:
    """A voice worth more than the one before is followed up with a question, even after we gave up."""
    pay_in = lock(db, known.id)
    if pay_in.state in (State.UNKNOWN, State.FAILED):
        _compare(db, pay_in, told, now)
    if not told.voice.outdoes(pay_in.told_code):
        return
    pay_in.told_code = told.voice
    if pay_in.state in (State.UNKNOWN, State.FAILED):
        pay_in.missing, pay_in.ask_at = 0, now
        enqueue(db, Job.PAYMENT_ASK)
    if pay_in.state is State.FAILED:
        move(db, pay_in, State.UNKNOWN, failure=None, closed_at=None)


def _compare(db: Session, pay_in: Payment, told: _Told, now: datetime) -> None:
    """The statement is the provider's own and counts; of two callbacks that differ none does."""
    if told.voice is Voice.LISTED:
        pay_in.asked = pay_in.amount = told.money.minor
        pay_in.loan_id, pay_in.account_reference = told.loan_id, told.reference
        pay_in.opened_at = told.paid_at
        settle_alert(db, pay_in, "references_differ", now=now)
    elif told.loan_id != pay_in.loan_id and pay_in.told_code != Voice.LISTED:
        named = {"one": pay_in.account_reference, "other": told.reference}
        alert(db, pay_in, "references_differ", now=now, receipt=pay_in.receipt, **named)
        pay_in.loan_id = None  # its money waits in suspense until a person has seen whose it is


def counted(
    db: Session, payment: Payment, receipt: str | None, arrived: Money, now: datetime
) -> bool:
    """Whether this money was credited before under another payment; notes which one."""
    if payment.method is Method.PUSH:
        twin = _twin(db, payment, receipt, now)
    elif payment.method is Method.PAY_IN:
        twin = _give_receipt(db, payment, arrived, now)
    else:
        return False
    payment.counted_by = twin.id if twin is not None and twin.state in _BOOKED else None
    return payment.counted_by is not None


def _give_receipt(db: Session, pay_in: Payment, arrived: Money, now: datetime) -> Payment | None:
    named = _named_prompt(db, pay_in, arrived)
    prompt = named or _settled_prompt(db, pay_in, arrived, now)
    if prompt is not None:
        receipt, pay_in.receipt = pay_in.receipt, None
        db.flush()  # one after the other: a receipt is unique
        _learn(db, prompt, receipt, now)
    if prompt is not None and named is None:
        _doubt(db, prompt, pay_in, receipt, now)
    return prompt


def _learn(db: Session, payment: Payment, receipt: str | None, now: datetime) -> None:
    payment.receipt, payment.check_at = receipt, now
    settle_alert(db, payment, "receipt_never_told", now=now)


def _named_prompt(db: Session, pay_in: Payment, arrived: Money) -> Payment | None:
    """The prompt whose own callback told this receipt, if it still lacks one."""
    prompt = db.get(Payment, pay_in.counted_by) if pay_in.counted_by else None
    if prompt is None or prompt.state is not State.SETTLED or prompt.receipt is not None:
        return None
    return prompt if (prompt.loan_id, prompt.asked) == (pay_in.loan_id, arrived.minor) else None


def _doubt(
    db: Session, prompt: Payment, pay_in: Payment, receipt: str | None, now: datetime
) -> None:
    """One movement, or two alike? Counted once; a person looks, unless the statement answers first."""
    facts = {"receipt": receipt, "pay_in": str(pay_in.id), "amount": prompt.money.plain}
    alert(db, prompt, DOUBT, now=now, **facts)


def free_receipt(db: Session, payment: Payment, receipt: str | None) -> str | None:
    """The receipt this payment may carry; a pay-in still in doubt gives way to the prompt that is proven."""
    if payment.method is Method.PAY_IN:
        return payment.receipt
    twin = _with_receipt(db, payment.rail, receipt) if receipt else None
    if twin is None or twin.id == payment.id:
        return receipt
    if not twin.is_open or (twin.loan_id, twin.currency) != (payment.loan_id, payment.currency):
        return None
    receipt, twin.receipt = twin.receipt, None
    move(db, twin, State.SETTLED, counted_by=payment.id, ask_at=None)
    return receipt


def add_receipt(db: Session, payment: Payment, receipt: str, now: datetime) -> None:
    """A settled payment is told its receipt by a callback that came after the answer: a hint, so it is asked about."""
    settle_alert(db, payment, DOUBT, now=now)  # it says which of them was the prompt's
    other = _with_receipt(db, payment.rail, receipt)
    if other is not None and payment.counted_by is None and other.id != payment.id:
        if other.state in _BOOKED and other.counted_by is None:
            alert(db, payment, "credited_twice", now=now, receipt=receipt)
        return
    if other is None and payment.method is Method.PUSH and payment.opened_at is not None:
        open_pay_in(
            db, rail=payment.rail, receipt=receipt, money=Money(payment.currency, payment.asked),
            loan_id=payment.loan_id, account_reference=payment.account_reference,
            paid_at=payment.opened_at, now=now, prompt_id=payment.id,
        )  # fmt: skip
    elif other is None and payment.receipt is None:
        payment.check_at = (
            now  # whatever a callback calls it, the provider names it when it is asked
        )


def _twin(db: Session, prompt: Payment, receipt: str | None, now: datetime) -> Payment | None:
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
    alike = list(db.scalars(query))
    twin = next((pay_in for pay_in in alike if _is_near(pay_in, prompt)), None)
    if twin is not None:
        _doubt(db, prompt, twin, twin.receipt, now)
    elif other := next((pay_in for pay_in in alike if _is_recent(pay_in, prompt)), None):
        _maybe_twice(db, prompt, other, now)
    return twin


def _settled_prompt(db: Session, pay_in: Payment, arrived: Money, now: datetime) -> Payment | None:
    if pay_in.loan_id is None:
        return None
    query = select(Payment).where(
        Payment.method == Method.PUSH, Payment.rail == pay_in.rail, Payment.loan_id == pay_in.loan_id,
        Payment.asked == arrived.minor, Payment.state == State.SETTLED,
        Payment.receipt.is_(None), Payment.counted_by.is_(None),
    ).order_by(Payment.created_at)  # fmt: skip
    alike = list(db.scalars(query))
    twin = next((prompt for prompt in alike if _is_near(pay_in, prompt)), None)
    if twin is None and (
        other := next((prompt for prompt in alike if _is_recent(pay_in, prompt)), None)
    ):
        _maybe_twice(db, pay_in, other, now)
    return twin


def _maybe_twice(db: Session, payment: Payment, other: Payment, now: datetime) -> None:
    """Too far apart to be one movement, if the clocks are right: both count, and a person looks."""
    alert(db, payment, "maybe_counted_twice", now=now, other=str(other.id), receipt=payment.receipt)


def _is_near(pay_in: Payment, prompt: Payment) -> bool:
    assert pay_in.opened_at is not None, pay_in.id
    assert prompt.opened_at is not None, prompt.id
    return rules.is_near(pay_in.opened_at, pay_in.created_at, prompt.opened_at, prompt.clock_offset)


def _is_recent(pay_in: Payment, prompt: Payment) -> bool:
    assert prompt.opened_at is not None, prompt.id
    since = (pay_in.created_at - prompt.opened_at).total_seconds()
    return 0 <= since <= STATEMENT_MOST_SECONDS


def _with_receipt(db: Session, rail: str, receipt: str) -> Payment | None:
    return db.scalar(select(Payment).where(Payment.rail == rail, Payment.receipt == receipt))
