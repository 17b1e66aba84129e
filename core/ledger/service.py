"""The only writer of the ledger: post an entry, reverse an entry, ask for a balance."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Uuid, bindparam, func, select, text

from core import clock
from core.db import Instant, Session, is_sqlite
from core.errors import Refusal
from core.ledger.chart import Account
from core.ledger.models import JournalEntry, Posting
from core.money import Money
from core.refusal_codes import RefusalCode

_HEADER = ("id", "kind", "reference", "value_at", "reverses_id", "created_at")
_TYPES = (
    bindparam("id", type_=Uuid()),
    bindparam("value_at", type_=Instant()),
    bindparam("reverses_id", type_=Uuid()),
    bindparam("created_at", type_=Instant()),
)
_POST_POSTGRES = text(
    "SELECT ledger_post(:id, :kind, :reference, :value_at, :reverses_id, :created_at, CAST(:lines AS jsonb))"
).bindparams(*_TYPES)
_POST_SQLITE = text(
    "INSERT INTO ledger_post (id, kind, reference, value_at, reverses_id, created_at, lines) "
    "VALUES (:id, :kind, :reference, :value_at, :reverses_id, :created_at, :lines) "
    "RETURNING EXISTS (SELECT 1 FROM ledger_journal_entry AS entry WHERE entry.id = :id)"
).bindparams(*_TYPES)


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
    return _write(db, kind, reference, lines, now, reverses_id=None)


def reverse(db: Session, *, entry: JournalEntry, reference: str, now: datetime) -> JournalEntry:
    """Undo an entry by its mirror image; an entry can be reversed once."""
    lines = [
        Line(posting.account, Money(posting.currency, -posting.amount), posting.subject_id)
        for posting in postings(db, entry.id)
    ]
    mirror = None
    if not _is_reversed(db, entry.id):
        mirror = _write(db, f"{entry.kind}.reversal", reference, lines, now, reverses_id=entry.id)
    if mirror is None:
        assert _is_reversed(db, entry.id), f"{reference} reversed another entry before"
        raise Refusal(RefusalCode.ENTRY_ALREADY_REVERSED)
    return mirror


def _is_reversed(db: Session, entry_id: uuid.UUID) -> bool:
    query = select(JournalEntry.id).where(JournalEntry.reverses_id == entry_id)
    return db.scalar(query) is not None


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


def by_subject(
    db: Session, account: Account, currency: str, subjects: Select[Any]
) -> dict[uuid.UUID, Money]:
    """What an account holds of each of these subjects, those with nothing left out; debits are positive."""
    total = func.sum(Posting.amount)
    query = select(Posting.subject_id, total).where(
        Posting.account == account, Posting.currency == currency, Posting.subject_id.in_(subjects)
    )
    found = db.execute(query.group_by(Posting.subject_id).having(total != 0))
    return {subject: Money(currency, int(sum_)) for subject, sum_ in found if subject is not None}


def by_kinds(
    db: Session,
    kinds: Collection[str],
    accounts: Collection[Account],
    currency: str,
    subjects: Select[Any],
) -> dict[tuple[Account, uuid.UUID], int]:
    """What entries of these kinds moved on each account and subject, in minor units; debits are positive."""
    total = func.sum(Posting.amount)
    entries = select(JournalEntry.id).where(JournalEntry.kind.in_(kinds))
    query = select(Posting.account, Posting.subject_id, total).where(
        Posting.account.in_(accounts), Posting.currency == currency,
        Posting.subject_id.in_(subjects), Posting.entry_id.in_(entries),
    )  # fmt: skip
    keys = (Posting.account, Posting.subject_id)
    found = db.execute(query.group_by(*keys).having(total != 0).order_by(*keys))
    return {
        (account, subject): int(sum_) for account, subject, sum_ in found if subject is not None
    }


def net(db: Session, accounts: Collection[Account], currency: str, subjects: Select[Any]) -> Money:
    """The sum of these accounts over these subjects; debits are positive."""
    query = select(func.coalesce(func.sum(Posting.amount), 0)).where(
        Posting.account.in_(accounts),
        Posting.currency == currency,
        Posting.subject_id.in_(subjects),
    )
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
) -> JournalEntry | None:
    written = [line for line in lines if line.money]
    _assert_balanced(written)
    entry = JournalEntry(
        id=uuid.uuid4(), kind=kind, reference=reference, value_at=now, reverses_id=reverses_id,
        created_at=clock.now(),
    )  # fmt: skip
    values = {name: getattr(entry, name) for name in _HEADER}
    statement = _POST_SQLITE if is_sqlite(db) else _POST_POSTGRES
    lines_text = json.dumps([_row(line) for line in written])
    posted = db.connection().execute(statement, {**values, "lines": lines_text}).scalar_one()
    return entry if posted else None


def _row(line: Line) -> tuple[str, str | None, str, int]:
    subject = line.subject_id.hex if line.subject_id else None
    return line.account, subject, line.money.currency, line.money.minor


def _assert_balanced(lines: Sequence[Line]) -> None:
    sums: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.money.currency] += line.money.minor
    assert len(lines) > 1, "an entry has two lines at least"
    assert not any(sums.values()), f"unbalanced: {dict(sums)}"
