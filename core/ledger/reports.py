"""What an accountant asks the journal: pure queries over it, nothing stored beside it.

A debit is positive, a credit negative. Periods begin at `since` and end before `until`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from config.limits import LEDGER_CHUNK_ROWS, LIST_ROWS
from core.db import Session
from core.ledger.chart import CHART, Account
from core.ledger.models import JournalEntry, Posting
from core.money import CURRENCIES, Money

ORDER = (JournalEntry.value_at, JournalEntry.created_at, JournalEntry.id, Posting.line)


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One account of the trial balance, on the side its sum falls."""

    account: Account
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One posting, with the entry it belongs to."""

    entry_id: uuid.UUID
    at: datetime
    kind: str
    reference: str
    reverses_id: uuid.UUID | None
    account: Account
    subject_id: uuid.UUID | None
    money: Money


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One posting, with the balance of its account after it."""

    posting: JournalLine
    balance: Money


@dataclass(frozen=True, slots=True)
class AccountLedger:
    """An account in a period: what it held before, a page of what moved, and what it held at the end."""

    opening: Money
    lines: Iterator[LedgerLine]
    closing: Money


def digits(money: Money) -> str:
    """The amount with every decimal of its currency and nothing else, e.g. "-1500.00"."""
    exponent = CURRENCIES[money.currency].exponent
    return f"{Decimal(money.minor).scaleb(-exponent):.{exponent}f}"


Subjects = Select[Any]  # ids of loans, payments and projects: only entries about one of them count


def trial_balance(
    db: Session, *, until: datetime | None = None, subjects: Subjects | None = None
) -> list[TrialRow]:
    """Every account and currency that was ever used, in the order of the chart, before `until`."""
    query = select(Posting.account, Posting.currency, func.sum(Posting.amount)).where(
        *_of(subjects)
    )
    if until is not None:
        query = query.join(JournalEntry).where(JournalEntry.value_at < until)
    found = db.execute(query.group_by(Posting.account, Posting.currency))
    rows = [_trial_row(account, Money(currency, int(total))) for account, currency, total in found]
    return sorted(rows, key=lambda row: (CHART[row.account].number, row.debit.currency))


def account_ledger(
    db: Session,
    account: Account,
    currency: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    skip: int = 0,
    limit: int | None = LIST_ROWS,
    subjects: Subjects | None = None,
) -> AccountLedger:
    """The general ledger of one account; without a limit its lines are read in chunks."""
    mine = (Posting.account == account, Posting.currency == currency, *_of(subjects))
    opening = _sum(db, *mine, JournalEntry.value_at < since) if since else 0
    moved = _sum(db, *mine, *_period(since, until))
    running = opening + func.sum(Posting.amount).over(order_by=ORDER, rows=(None, 0))
    query = _lines(running).where(*mine, *_period(since, until)).offset(skip).limit(limit)
    return AccountLedger(
        Money(currency, opening), _read(db, query), Money(currency, opening + moved)
    )


def subject_ledger(
    db: Session, subject_id: uuid.UUID, *, skip: int = 0, limit: int | None = LIST_ROWS
) -> Iterator[LedgerLine]:
    """The statement of one loan (or payment): each of its postings with the balance of its account."""
    window = func.sum(Posting.amount).over(
        partition_by=(Posting.account, Posting.currency), order_by=ORDER, rows=(None, 0)
    )
    # naming the accounts, all of them, lets both databases use the index that begins with the account
    mine = (Posting.account.in_(list(Account)), Posting.subject_id == subject_id)
    return _read(db, _lines(window).where(*mine).offset(skip).limit(limit))


def journal(
    db: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    subjects: Subjects | None = None,
) -> Iterator[JournalLine]:
    """The journal in the order of time, read in chunks; the lines of an entry follow each other."""
    wanted = (*_period(since, until), *_of(subjects))
    for row in db.execute(_lines().where(*wanted), execution_options=_CHUNKED):
        yield _line(*row)


_CHUNKED = {"yield_per": LEDGER_CHUNK_ROWS}


def _of(subjects: Subjects | None) -> list[ColumnElement[bool]]:
    """Whole entries, so that what is shown balances: a line of cash often names nobody."""
    if subjects is None:
        return []
    named = aliased(Posting)
    about = select(named.entry_id).where(named.subject_id.in_(subjects))
    return [Posting.entry_id.in_(about)]


def _trial_row(account: Account, total: Money) -> TrialRow:
    nothing = Money(total.currency, 0)
    return TrialRow(account, max(total, nothing), max(-total, nothing))


def _period(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    since_is = [JournalEntry.value_at >= since] if since else []
    return since_is + ([JournalEntry.value_at < until] if until else [])


def _sum(db: Session, *conditions: ColumnElement[bool]) -> int:
    query = select(func.coalesce(func.sum(Posting.amount), 0)).join(JournalEntry)
    return int(db.scalar(query.where(*conditions)) or 0)


def _lines(*running: ColumnElement[Any]) -> Select[Any]:
    entry = (
        JournalEntry.id,
        JournalEntry.value_at,
        JournalEntry.kind,
        JournalEntry.reference,
        JournalEntry.reverses_id,
    )
    posting = (Posting.account, Posting.subject_id, Posting.currency, Posting.amount)
    return select(*entry, *posting, *running).join_from(Posting, JournalEntry).order_by(*ORDER)


def _line(*row: Any) -> JournalLine:
    entry_id, at, kind, reference, reverses_id, account, subject_id, currency, amount = row
    money = Money(currency, amount)
    return JournalLine(entry_id, at, kind, reference, reverses_id, account, subject_id, money)


def _read(db: Session, query: Select[Any]) -> Iterator[LedgerLine]:
    for *row, running in db.execute(query, execution_options=_CHUNKED):
        line = _line(*row)
        yield LedgerLine(line, Money(line.money.currency, int(running)))
