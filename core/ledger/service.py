"""The only writer of the ledger: post an entry, reverse an entry, ask for a balance."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from core.db import Session
from core.errors import Refusal
from core.ledger.chart import Account
from core.ledger.models import JournalEntry, Posting
from core.money import Money


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be made; a debit is positive, a credit negative."""

    account: Account
    money: Money
    subject_id: uuid.UUID | None = None


def debit(account: Account, money: Money, subject_id: uuid.UUID | None = None) -> Line:
    return Line(account, money, subject_id)


def credit(account: Account, money: Money, subject_id: uuid.UUID | None = None) -> Line:
    return Line(account, -money, subject_id)


def post(
    db: Session, *, kind: str, reference: str, lines: Sequence[Line], now: datetime
) -> JournalEntry | None:
    """Write one journal entry; None if this kind and reference were booked before (then nothing is written).

    Lines of zero are left out. Unbalanced lines are a bug here and are refused by the database as well.
    """
    if find(db, kind=kind, reference=reference) is not None:
        return None
    return _write(db, kind, reference, lines, now, reverses_id=None)


def reverse(db: Session, *, entry: JournalEntry, reference: str, now: datetime) -> JournalEntry:
    """Undo an entry by its mirror image; an entry can be reversed once."""
    if db.scalar(select(JournalEntry.id).where(JournalEntry.reverses_id == entry.id)) is not None:
        raise Refusal("entry_already_reversed")
    lines = [
        Line(posting.account, Money(posting.currency, -posting.amount), posting.subject_id)
        for posting in postings(db, entry.id)
    ]
    return _write(db, f"{entry.kind}.reversal", reference, lines, now, reverses_id=entry.id)


def find(db: Session, *, kind: str, reference: str) -> JournalEntry | None:
    """The journal entry of this kind and reference, if it was booked."""
    return db.scalar(
        select(JournalEntry).where(JournalEntry.kind == kind, JournalEntry.reference == reference)
    )


def postings(db: Session, entry_id: uuid.UUID) -> list[Posting]:
    """The lines of an entry in their order."""
    query = select(Posting).where(Posting.entry_id == entry_id).order_by(Posting.line)
    return list(db.scalars(query))


def balance(
    db: Session, account: Account, currency: str, subject_id: uuid.UUID | None = None
) -> Money:
    """The sum of an account, or of one subject in it; debits are positive."""
    query = select(func.coalesce(func.sum(Posting.amount), 0)).where(
        Posting.account == account, Posting.currency == currency
    )
    if subject_id is not None:
        query = query.where(Posting.subject_id == subject_id)
    return Money(currency, int(db.scalar(query) or 0))


def balances(db: Session) -> dict[tuple[Account, str], Money]:
    """The trial balance: every account and currency with its sum; all of one currency add up to zero."""
    query = select(Posting.account, Posting.currency, func.sum(Posting.amount)).group_by(
        Posting.account, Posting.currency
    )
    return {(account, code): Money(code, int(total)) for account, code, total in db.execute(query)}


def _write(
    db: Session,
    kind: str,
    reference: str,
    lines: Sequence[Line],
    now: datetime,
    reverses_id: uuid.UUID | None,
) -> JournalEntry:
    written = [line for line in lines if line.money]
    _assert_balanced(written)
    entry = JournalEntry(
        id=uuid.uuid4(), kind=kind, reference=reference, value_at=now, reverses_id=reverses_id
    )
    db.execute(insert(Posting), [_row(entry.id, k, line) for k, line in enumerate(written)])
    db.add(entry)  # the seal: from here on the database lets nothing be added or changed
    db.flush()
    return entry


def _row(entry_id: uuid.UUID, number: int, line: Line) -> dict[str, object]:
    return {
        "entry_id": entry_id,
        "line": number,
        "account": line.account,
        "subject_id": line.subject_id,
        "currency": line.money.currency,
        "amount": line.money.minor,
    }


def _assert_balanced(lines: Sequence[Line]) -> None:
    sums: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.money.currency] += line.money.minor
    assert len(lines) > 1, "an entry has two lines at least"
    assert not any(sums.values()), f"unbalanced: {dict(sums)}"
