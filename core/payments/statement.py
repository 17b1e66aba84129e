"""The provider's own list of pay-ins, compared with ours both ways: receipts, amounts and whose they are.

Callbacks are told once, may be lost and may be forged; the statement is read every minute, with an overlap. What it
names and we never heard of is asked about like any pay-in; what it tells otherwise than we have booked is corrected;
what we have booked and it does not list is asked about.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from config.limits import (
    LEDGER_CHUNK_ROWS,
    LIST_ROWS,
    PAY_IN_MATCH_SECONDS,
    STATEMENT_DELAY_SECONDS,
    STATEMENT_MOST_SECONDS,
    STATEMENT_OVERLAP_SECONDS,
)
from core.db import Session
from core.payments import contradictions, twins
from core.payments.contradictions import Change
from core.payments.inbox import FindLoan
from core.payments.models import Attention, Method, Payment, StatementMark, Voice
from core.payments.models import PaymentState as State
from core.payments.rail import Message
from core.payments.service import alert, lock, settle_alert

DIFFERS = "statement_differs"
SETTLED = (State.SETTLED, State.SETTLED_LATE)


@dataclass(frozen=True, slots=True)
class Window:
    """The time a statement was asked for, on the provider's clock."""

    since: datetime
    until: datetime


def window(db: Session, rail: str, *, now: datetime) -> Window:
    """From when until when to read: from where we came to, a little before it, and never too far back.

    `now` is the provider's clock. A mark that lies ahead of it was set by a wrong one, and does not count.
    """
    until = now - timedelta(seconds=STATEMENT_DELAY_SECONDS)
    oldest, known = now - timedelta(seconds=STATEMENT_MOST_SECONDS), db.get(StatementMark, rail)
    if known is None or known.read_until > now:
        return Window(oldest, until)
    since = known.read_until - timedelta(seconds=STATEMENT_OVERLAP_SECONDS)
    return Window(max(since, oldest), until)


def unheard(db: Session, rail: str, lines: Sequence[Message]) -> list[Message]:
    """The lines that say more than we know."""
    known: set[str | None] = set()
    for receipts in _receipts(lines):
        query = select(Payment.receipt).where(Payment.rail == rail, Payment.receipt.in_(receipts))
        known.update(db.scalars(query.where(not_(_IN_DOUBT))))
    return [line for line in lines if line.answer.receipt not in known]


def contradicted(
    db: Session, rail: str, lines: Sequence[Message], find_loan: FindLoan
) -> list[tuple[uuid.UUID, Message]]:
    """The settled payments of which the statement tells another amount, or another loan."""
    told, found = {line.answer.receipt: line for line in lines}, []
    for receipts in _receipts(lines):
        query = select(Payment).where(Payment.rail == rail, Payment.receipt.in_(receipts))
        for payment in db.scalars(query.where(Payment.state.in_(SETTLED))):
            line = told[payment.receipt]
            if _differs(db, payment, line, find_loan):
                found.append((payment.id, line))
    return found


def correct(
    db: Session, payment_id: uuid.UUID, line: Message, *, find_loan: FindLoan, now: datetime
) -> Change | None:
    """Object to what was booked: a person is told, and a pay-in is begun anew as the statement has it."""
    payment = lock(db, payment_id)
    if payment.state not in SETTLED or payment.receipt != line.answer.receipt:
        return None
    assert line.answer.amount is not None
    facts = {
        "receipt": payment.receipt,
        "listed": line.answer.amount.plain,
        "booked": payment.money.plain,
    }
    change: Change | None = None
    if payment.method is Method.PAY_IN:
        alert(db, payment, DIFFERS, now=now, reference=line.account_reference[:40], **facts)
        change = contradictions.taken_back(db, payment, now, because=DIFFERS)
        payment.idempotency_key = f"{payment.idempotency_key}:{payment.id}"
        payment.receipt = None
        db.flush()
    elif not _is_of_another(
        db, payment, line, find_loan
    ):  # else `open_line` takes the receipt from it
        alert(db, payment, DIFFERS, now=now, **facts)
    open_line(db, payment.rail, line, find_loan=find_loan, now=now)
    return change


def open_line(db: Session, rail: str, line: Message, *, find_loan: FindLoan, now: datetime) -> bool:
    """Begin to ask about the pay-in of a line; whether we had never heard of it."""
    assert line.answer.receipt is not None
    assert line.answer.amount is not None
    opened = twins.open_pay_in(
        db, rail=rail, receipt=line.answer.receipt, money=line.answer.amount,
        loan_id=find_loan(db, line.account_reference), account_reference=line.account_reference,
        paid_at=min(line.paid_at or now, now), now=now, voice=Voice.LISTED,
    )  # fmt: skip
    return opened is not None


def ask_unlisted(
    db: Session, rail: str, lines: Sequence[Message], read: Window, *, now: datetime
) -> int:
    """Have what we booked in this time, and the statement does not list, asked about once; how many there were."""
    listed, margin = (
        {line.answer.receipt for line in lines},
        timedelta(seconds=PAY_IN_MATCH_SECONDS),
    )
    booked = select(Payment.id, Payment.receipt).where(
        Payment.rail == rail, Payment.state.in_(SETTLED), Payment.method != Method.PAYOUT,
        Payment.receipt.is_not(None), Payment.missing == 0,
        Payment.opened_at.between(read.since + margin, read.until - margin),
    )  # fmt: skip
    absent = [found for found, receipt in db.execute(booked) if receipt not in listed][:LIST_ROWS]
    asked = update(Payment).where(Payment.id.in_(absent), Payment.state.in_(SETTLED))
    db.execute(asked.values(missing=1, check_at=now))
    return len(absent)


def settle_doubts(db: Session, rail: str, read: Window, *, now: datetime) -> None:
    """Two movements alike would both have been listed by now: what was counted once was one."""
    seconds = PAY_IN_MATCH_SECONDS + STATEMENT_OVERLAP_SECONDS
    newest = read.until - timedelta(seconds=seconds)
    oldest = read.until - timedelta(seconds=STATEMENT_MOST_SECONDS)
    open_doubt = (Attention.reason == twins.DOUBT, Attention.resolved_at.is_(None))
    query = select(Payment).join(Attention, Attention.payment_id == Payment.id).where(*open_doubt)
    settled = query.where(Payment.rail == rail, Payment.opened_at.between(oldest, newest))
    for prompt in db.scalars(settled.limit(LIST_ROWS)):
        settle_alert(db, prompt, twins.DOUBT, now=now)


def mark(db: Session, rail: str, read: Window) -> None:
    """Remember how far the statement has been read; a mark from a clock that was ahead is put right."""
    known = db.get(StatementMark, rail, with_for_update=True)
    if known is not None:
        is_wrong = known.read_until - read.until > timedelta(seconds=STATEMENT_OVERLAP_SECONDS)
        known.read_until = read.until if is_wrong else max(known.read_until, read.until)
        return
    try:
        with db.begin_nested():
            db.add(StatementMark(rail=rail, read_until=read.until))
    except IntegrityError:  # another worker was faster, and read as far
        return


def _differs(db: Session, payment: Payment, line: Message, find_loan: FindLoan) -> bool:
    assert line.answer.amount is not None
    if _is_of_another(db, payment, line, find_loan):
        return True
    return contradictions.differs(db, payment, line.answer.amount)


def _is_of_another(db: Session, payment: Payment, line: Message, find_loan: FindLoan) -> bool:
    if line.account_reference.strip().upper() == payment.account_reference.strip().upper():
        return False
    loan_id = find_loan(db, line.account_reference)
    return loan_id is not None and loan_id != payment.loan_id


_IN_DOUBT = and_(
    Payment.method == Method.PAY_IN,
    Payment.state.in_((State.UNKNOWN, State.FAILED)),
    or_(Payment.told_code.is_(None), Payment.told_code != Voice.LISTED.value),
)


def _receipts(lines: Sequence[Message]) -> Iterator[list[str | None]]:
    for start in range(0, len(lines), LEDGER_CHUNK_ROWS):
        yield [line.answer.receipt for line in lines[start : start + LEDGER_CHUNK_ROWS]]
