"""Intents of payment: asked for once, claimed once, and asked about until they end."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from config.limits import (
    LIST_ROWS,
    PAYMENT_ALARM_SECONDS,
    PAYMENT_CHECK_SECONDS,
    PAYMENT_CLOCK_SECONDS,
    PAYMENT_REPEAT_SECONDS,
    SUBMITTING_SECONDS,
)
from core.db import Session, said, said_in
from core.errors import Refusal
from core.money import Money
from core.payments import postings, rules
from core.payments.models import Attention, InboxMessage, Method, Payment, PaymentKind
from core.payments.models import PaymentState as State
from core.payments.rail import Order
from core.queue import Job, enqueue
from core.refusal_codes import RefusalCode


def request(
    db: Session,
    *,
    kind: PaymentKind,
    rail: str,
    money: Money,
    phone: str,
    loan_id: uuid.UUID | None,
    account_reference: str,
    idempotency_key: str,
    now: datetime,
    not_before: datetime | None = None,
) -> Payment:
    """Ask for a payment; the same key again is the same payment. Money out is held in the ledger at once."""
    if (known := by_key(db, idempotency_key)) is not None:
        return _the_same(known, kind, money, loan_id)
    method = rules.method_of(kind)
    rules.check(rail, method, money)
    payment = Payment(
        id=uuid.uuid4(), kind=kind, method=method, state=State.READY, rail=rail, phone=phone,
        currency=money.currency, asked=money.minor, amount=money.minor, loan_id=loan_id,
        account_reference=account_reference, idempotency_key=idempotency_key,
        not_before=not_before, created_at=now,
    )  # fmt: skip
    db.add(payment)
    db.flush()
    if payment.goes_out:
        postings.hold(db, payment, now)
    enqueue(db, Job.PAYMENT_SUBMIT)
    return payment


def by_key(db: Session, idempotency_key: str) -> Payment | None:
    """The payment asked for with this key."""
    return db.scalar(select(Payment).where(Payment.idempotency_key == idempotency_key))


def of_loan(db: Session, loan_id: uuid.UUID, limit: int) -> list[Payment]:
    """The payments of a loan, newest first."""
    query = select(Payment).where(Payment.loan_id == loan_id)
    return list(db.scalars(query.order_by(Payment.created_at.desc(), Payment.id).limit(limit)))


def lock(db: Session, payment_id: uuid.UUID) -> Payment:
    """The payment as it is now, kept for this transaction together with the others of its loan."""
    lock_loan(db, db.scalar(select(Payment.loan_id).where(Payment.id == payment_id)))
    query = select(Payment).where(Payment.id == payment_id).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one()


def lock_loan(db: Session, loan_id: uuid.UUID | None) -> None:
    """One at a time over the payments of a loan, because the same money may be told of two of them."""
    if loan_id is not None:
        query = select(Payment.id).where(Payment.loan_id == loan_id).order_by(Payment.id)
        db.execute(query.with_for_update())


def move(db: Session, payment: Payment, to: State, **values: Any) -> bool:
    """Change the state if it still is what we read. A step that `rules.NEXT` does not know is a bug."""
    assert to in rules.NEXT[payment.state], (payment.id, payment.state, to)
    if "closed_at" in values:
        ended = values["closed_at"]  # None: it is open again, and no longer compared
        values["check_at"] = ended and ended + timedelta(seconds=PAYMENT_CHECK_SECONDS)
        values |= {"odd_amount": None, "odd_question": None}  # what was odd before is answered
    db.flush()
    changed = db.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.state == payment.state)
        .values(state=to, **values)
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    ).first()
    db.refresh(payment)
    return changed is not None


def claim(db: Session, *, now: datetime) -> Order | None:
    """Take the next payment that is ready, with its key fixed. Commit before you send it."""
    payment = _first(db, _sendable(now), order=Payment.created_at)
    if payment is None:
        return None
    values = _said_again(payment, now) if payment.to_repeat else _new_attempt(payment, now)
    won = move(db, payment, State.SUBMITTING, ask_at=None, missing=0, to_repeat=False, **values)
    return _order(payment) if won else None


def is_claimed(db: Session, order: Order) -> bool:
    """Whether this order is still to be sent: nobody gave it up, asked about it or said it again meanwhile."""
    same = (Payment.attempt == order.attempt, Payment.repeats == order.repeat)
    query = select(Payment.id).where(
        Payment.id == order.payment_id, Payment.state == State.SUBMITTING
    )
    return db.scalar(query.where(*same)) is not None


def _new_attempt(payment: Payment, now: datetime) -> dict[str, Any]:
    """A new attempt has a key of its own, because the one before is proven failed."""
    number = payment.attempt + 1
    told = {f"told_{what}": None for what in ("verdict", "code", "receipt", "amount")}
    key = rules.provider_key(payment.id, number)
    return {
        "attempt": number, "provider_key": key, "provider_reference": None, "opened_at": now,
        "failure": None, "asks": 0, "repeats": 0, **told,
    }  # fmt: skip


def _said_again(payment: Payment, now: datetime) -> dict[str, Any]:
    """The same attempt with the same key: whichever of the two the provider hears second it refuses."""
    return {"repeats": payment.repeats + 1, "not_before": now}


def claim_question(db: Session, *, now: datetime) -> Order | None:
    """Take the next payment whose turn to be asked about has come, and set its next turn."""
    payment = _first(db, Payment.ask_at <= now, order=Payment.ask_at)
    if payment is None:
        return None
    payment.asks += 1
    payment.ask_at = rules.next_ask(payment.asks, now)
    if payment.closed_at and now - payment.closed_at > timedelta(seconds=PAYMENT_ALARM_SECONDS):
        payment.ask_at = None  # one question is due to a contradiction so late; then a person looks
        if payment.odd_question is None:  # else an answer of the provider has to be said twice
            alert(db, payment, "contradicted_late", now=now)
    db.flush()
    return _order(payment)


def claim_check(db: Session, rail: str, *, days: int, now: datetime) -> list[Order]:
    """Take the next payment that has ended and is to be compared with its provider, and set its next turn.

    Each attempt is asked about: one that had failed may be paid after all, beside the next. Passes by what cannot be
    asked about: a prompt whose receipt nobody told, a pay-in that was never confirmed.
    """
    while (
        payment := _first(db, Payment.check_at <= now, Payment.rail == rail, order=Payment.check_at)
    ) is not None:
        payment.check_at = rules.next_check(payment, days, now)
        if rules.is_checkable(payment):
            payment.asks += 1
            db.flush()
            return [*_earlier(payment), _order(payment)]
        if rules.lacks_receipt(payment):  # nobody can ask whether it was taken back
            payment.check_at = None
            alert(db, payment, "receipt_never_told", now=now, amount=payment.money.plain)
        db.flush()
    return []


def find_ahead(db: Session, *, now: datetime) -> int:
    """Payments and callbacks that a clock gone wrong put off for longer than anything waits: their turn is now."""
    late = now + timedelta(seconds=PAYMENT_CLOCK_SECONDS)
    columns = (Payment.ask_at, Payment.not_before, Payment.opened_at)
    is_ahead = or_(*(column > late for column in columns))
    which = select(Payment.id).where(is_ahead).limit(LIST_ROWS)
    found = [
        id
        for part in (_is_open(), said(Payment.state, State.READY))
        for id in db.scalars(which.where(part))
    ]
    for payment_id in found:
        payment = lock(db, payment_id)
        for column in columns:
            at = getattr(payment, column.key)
            setattr(payment, column.key, now if at is not None and at > late else at)
    asked = update(Payment).where(Payment.ask_at > late)  # of what has ended as well
    db.execute(asked.values(ask_at=now))
    ended = update(Payment).where(Payment.check_at.is_not(None), Payment.closed_at > late)
    db.execute(ended.values(closed_at=now, check_at=now))
    unread = update(InboxMessage).where(InboxMessage.processed_at.is_(None))
    db.execute(unread.where(InboxMessage.try_at > late).values(try_at=now))
    return len(found)


def find_lost(db: Session, *, now: datetime) -> int:
    """Payments a dead worker left half sent, or not said again in time, become UNKNOWN: they are asked about."""
    lost = now - timedelta(seconds=SUBMITTING_SECONDS)
    again = or_(Payment.not_before.is_(None), Payment.not_before <= lost)  # or said again
    died = (_is_open(), Payment.state == State.SUBMITTING, Payment.opened_at <= lost, again)
    missed = (said(Payment.state, State.READY), ~_in_time(now))
    found = [
        id
        for lost_ones in (died, missed)
        for id in db.scalars(select(Payment.id).where(*lost_ones))
    ]
    for payment_id in found:
        payment = lock(db, payment_id)
        if payment.state is State.SUBMITTING or payment.to_repeat:
            move(db, payment, State.UNKNOWN, ask_at=payment.ask_at or now, to_repeat=False)
    return len(found)


def find_overdue(db: Session, *, now: datetime) -> int:
    """Payments open for too long get a row for a person; they are still asked about."""
    old = now - timedelta(seconds=PAYMENT_ALARM_SECONDS)
    known = select(Attention.payment_id).where(Attention.reason == "open_too_long")
    query = select(Payment).where(_is_open(), Payment.opened_at <= old, Payment.id.not_in(known))
    found = list(db.scalars(query.limit(LIST_ROWS)))
    for payment in found:
        alert(db, payment, "open_too_long", now=now, state=payment.state)
    return len(found)


def wake(db: Session, *, now: datetime) -> None:
    """Wake the workers for every row that waits, because a wake-up may have been lost."""
    waiting = {
        Job.PAYMENT_SUBMIT: select(Payment.id).where(_sendable(now)),
        Job.PAYMENT_ASK: select(Payment.id).where(Payment.ask_at <= now),
        Job.PAYMENT_INBOX: select(InboxMessage.id).where(
            InboxMessage.processed_at.is_(None),
            InboxMessage.set_aside_at.is_(None),
            InboxMessage.try_at <= now,
        ),
    }
    for job, query in waiting.items():
        if db.scalar(query.limit(1)) is not None:
            enqueue(db, job)


def alert(db: Session, payment: Payment, reason: str, *, now: datetime, **facts: Any) -> None:
    """Leave a row for a person; the same reason for the same payment once."""
    query = select(Attention.id).where(
        Attention.payment_id == payment.id, Attention.reason == reason
    )
    if db.scalar(query) is None:
        db.add(Attention(payment_id=payment.id, reason=reason, facts=facts, created_at=now))
        db.flush()


def attentions(db: Session, limit: int, *which: ColumnElement[bool]) -> list[Attention]:
    """What waits for a person, oldest first; of all of it, `which`."""
    query = select(Attention).where(Attention.resolved_at.is_(None), *which)
    return list(db.scalars(query.order_by(Attention.created_at).limit(limit)))


def resolve(
    db: Session, payment_id: uuid.UUID, *, now: datetime, because: str | None = None
) -> bool:
    """A person has looked at this payment, and said why it is settled; False if nothing about it waited."""
    db.flush()
    waiting = (Attention.payment_id == payment_id, Attention.resolved_at.is_(None))
    rows = list(db.scalars(select(Attention).where(*waiting)))
    for row in rows:
        row.resolved_at = now
        row.facts = {**row.facts, **({"because": because} if because else {})}
    db.flush()
    return bool(rows)


def settle_alert(db: Session, payment: Payment, reason: str, *, now: datetime) -> None:
    """Take this one row off the list: what it asked has been answered."""
    waiting = (Attention.payment_id == payment.id, Attention.resolved_at.is_(None))
    db.execute(
        update(Attention).where(*waiting, Attention.reason == reason).values(resolved_at=now)
    )


def waiting_late(db: Session, loans: Select[Any]) -> bool:
    """Whether a payout of one of these loans reached her although no loan could take it, and nobody has decided."""
    query = select(Attention.id).join(Payment, Payment.id == Attention.payment_id)
    late = (Attention.reason.in_((rules.LATE, rules.TWICE)), Attention.resolved_at.is_(None))
    hers = (Payment.kind == PaymentKind.DISBURSEMENT, Payment.loan_id.in_(loans))
    return db.scalar(query.where(*late, *hers).limit(1)) is not None


def rest_of(db: Session, payment: Payment, money: Money, *, now: datetime) -> Payment:
    """What came in with this payment beyond what was asked for, as a payment of its own; nobody is asked about it."""
    rest = Payment(
        id=uuid.uuid4(), kind=payment.kind, method=Method.PAY_IN, state=State.SETTLED_LATE, rail=payment.rail,
        phone="", currency=money.currency, asked=money.minor, amount=money.minor, loan_id=payment.loan_id,
        account_reference=payment.account_reference, idempotency_key=f"rest:{payment.id}", closed_at=now,
        told_receipt=payment.receipt, opened_at=payment.opened_at, created_at=now,
    )  # fmt: skip
    db.add(rest)
    db.flush()
    return rest


def withdraw(db: Session, payment_id: uuid.UUID, *, code: str, now: datetime) -> bool:
    """Give up a payment that is not on its way: never sent, or every attempt is proven failed. False if it may be."""
    payment = lock(db, payment_id)
    if payment.state is not State.READY or payment.to_repeat:
        return False
    move(db, payment, State.FAILED, failure=code, ask_at=None, closed_at=now)
    if payment.goes_out:
        postings.void(db, payment, now)
    return True


def resolve_failures(db: Session, payout: Payment, *, now: datetime) -> None:
    """What an earlier payout of the same loan could not bring, this one has brought."""
    same = (Payment.loan_id == payout.loan_id, Payment.kind == payout.kind)
    db.execute(
        update(Attention)
        .where(Attention.reason == "payout_failed", Attention.resolved_at.is_(None))
        .where(Attention.payment_id.in_(select(Payment.id).where(*same)))
        .values(resolved_at=now)
    )


def _is_open() -> ColumnElement[bool]:
    """Money may be moving: said in the words of the index of these rows."""
    return said_in(Payment.state, (State.SUBMITTING, State.SUBMITTED, State.UNKNOWN))


def _sendable(now: datetime) -> ColumnElement[bool]:
    due = or_(Payment.not_before.is_(None), Payment.not_before <= now)
    return and_(said(Payment.state, State.READY), due, _in_time(now))


def _in_time(now: datetime) -> ColumnElement[bool]:
    """Not a repetition, or one the provider still knows the key of."""
    limit = now - timedelta(seconds=PAYMENT_REPEAT_SECONDS)
    return or_(Payment.to_repeat.is_(False), Payment.opened_at >= limit)


def _first(db: Session, *conditions: Any, order: Any) -> Payment | None:
    query = select(Payment).where(*conditions).order_by(order).limit(1)
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return db.scalar(locked)


def _order(payment: Payment) -> Order:
    doubtful = payment.told_amount not in (None, payment.amount)  # then the receipt is asked about
    receipt = payment.receipt or (payment.told_receipt if doubtful else None)
    return Order(
        payment_id=payment.id, rail=payment.rail, attempt=payment.attempt, question=payment.asks, method=payment.method,
        money=payment.money, phone=payment.phone, reference=payment.account_reference,
        provider_key=payment.provider_key, provider_reference=payment.provider_reference,
        receipt=receipt, repeat=payment.repeats,
    )  # fmt: skip


def _earlier(payment: Payment) -> list[Order]:
    """The questions about the attempts of a payout before the present one; each has the key it was sent under."""
    if not payment.goes_out:
        return []
    order, keys = _order(payment), partial(rules.provider_key, payment.id)
    return [
        replace(
            order,
            attempt=number,
            provider_key=keys(number),
            provider_reference=None,
            receipt=None,
            repeat=0,
        )
        for number in range(1, payment.attempt)
    ]


def _the_same(
    known: Payment, kind: PaymentKind, money: Money, loan_id: uuid.UUID | None
) -> Payment:
    if (known.kind, known.currency, known.asked, known.loan_id) != (
        kind, money.currency, money.minor, loan_id,
    ):  # fmt: skip
        raise Refusal(RefusalCode.IDEMPOTENCY_KEY_REUSED, idempotency_key=known.idempotency_key)
    return known
