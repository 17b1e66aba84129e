"""The provider's own list of pay-ins: what it names and we never heard of is asked about like any pay-in.

Callbacks are told once and may be lost; the statement is read every minute, with an overlap, and finds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.exc import IntegrityError

from config.limits import (
    LEDGER_CHUNK_ROWS,
    STATEMENT_DELAY_SECONDS,
    STATEMENT_MOST_SECONDS,
    STATEMENT_OVERLAP_SECONDS,
)
from core.db import Session
from core.payments import twins
from core.payments.inbox import FindLoan
from core.payments.models import Method, Payment, StatementMark, Voice
from core.payments.models import PaymentState as State
from core.payments.rail import Message


def window(db: Session, rail: str, *, now: datetime) -> tuple[datetime, datetime]:
    """From when until when to read: from where we came to, a little before it, and never too far back."""
    known = db.get(StatementMark, rail)
    oldest = now - timedelta(seconds=STATEMENT_MOST_SECONDS)
    since = known.read_until - timedelta(seconds=STATEMENT_OVERLAP_SECONDS) if known else oldest
    return max(since, oldest), now - timedelta(seconds=STATEMENT_DELAY_SECONDS)


def unheard(db: Session, rail: str, lines: Sequence[Message]) -> list[Message]:
    """The lines that say more than we know."""
    known: set[str | None] = set()
    for receipts in _receipts(lines):
        query = select(Payment.receipt).where(Payment.rail == rail, Payment.receipt.in_(receipts))
        known.update(db.scalars(query.where(not_(_IN_DOUBT))))
    return [line for line in lines if line.answer.receipt not in known]


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


def mark(db: Session, rail: str, until: datetime) -> None:
    """Remember how far the statement has been read."""
    known = db.get(StatementMark, rail, with_for_update=True)
    if known is not None:
        known.read_until = max(known.read_until, until)
        return
    try:
        with db.begin_nested():
            db.add(StatementMark(rail=rail, read_until=until))
    except IntegrityError:  # another worker was faster, and read as far
        return


_IN_DOUBT = and_(
    Payment.method == Method.PAY_IN,
    Payment.state.in_((State.UNKNOWN, State.FAILED)),
    or_(Payment.told_code.is_(None), Payment.told_code != Voice.LISTED.value),
)


def _receipts(lines: Sequence[Message]) -> Iterator[list[str | None]]:
    for start in range(0, len(lines), LEDGER_CHUNK_ROWS):
        yield [line.answer.receipt for line in lines[start : start + LEDGER_CHUNK_ROWS]]
