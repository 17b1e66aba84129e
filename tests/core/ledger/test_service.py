"""The ledger balances, books once, and is never edited."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import ledger
from core.errors import Refusal
from core.ledger import Account, JournalEntry, Posting, credit, debit
from core.money import Money

KES_100 = Money("KES", 10_000)
LOAN = uuid.uuid4()


def disburse(db: Session, now: datetime, reference: str = "1") -> JournalEntry | None:
    lines = [debit(Account.LOAN_PORTFOLIO, KES_100, LOAN), credit(Account.CASH_MPESA, KES_100)]
    return ledger.post(db, kind="disbursement", reference=reference, lines=lines, now=now)


def test_an_entry_moves_the_balances_of_its_accounts(db: Session, now: datetime) -> None:
    disburse(db, now)
    db.commit()

    assert ledger.balance(db, Account.LOAN_PORTFOLIO, "KES", LOAN) == KES_100
    assert ledger.balance(db, Account.CASH_MPESA, "KES") == -KES_100


def test_the_same_event_told_twice_is_booked_once(db: Session, now: datetime) -> None:
    first = disburse(db, now)
    second = disburse(db, now)
    db.commit()

    assert first is not None
    assert second is None
    assert ledger.balance(db, Account.CASH_MPESA, "KES") == -KES_100


def test_a_reversal_is_a_new_entry_and_happens_once(db: Session, now: datetime) -> None:
    entry = disburse(db, now)
    assert entry is not None

    ledger.reverse(db, entry=entry, reference="1", now=now)

    assert not ledger.balance(db, Account.CASH_MPESA, "KES")
    with pytest.raises(Refusal, match="entry_already_reversed"):
        ledger.reverse(db, entry=entry, reference="2", now=now)


def test_unbalanced_lines_are_a_bug(db: Session, now: datetime) -> None:
    lines = [debit(Account.CASH_MPESA, KES_100), credit(Account.SUSPENSE, Money("KES", 1))]

    with pytest.raises(AssertionError, match="unbalanced"):
        ledger.post(db, kind="x", reference="1", lines=lines, now=now)


def test_currencies_balance_each_for_itself(db: Session, now: datetime) -> None:
    lines = [debit(Account.CASH_MPESA, KES_100), credit(Account.SUSPENSE, Money("USD", 10_000))]

    with pytest.raises(AssertionError, match="unbalanced"):
        ledger.post(db, kind="x", reference="1", lines=lines, now=now)


def raw_posting(entry: uuid.UUID, line: int, amount: int) -> dict[str, object]:
    return {
        "entry_id": entry,
        "line": line,
        "account": Account.SUSPENSE,
        "currency": "KES",
        "amount": amount,
    }


def raw_entry(entry: uuid.UUID, now: datetime) -> dict[str, object]:
    return {"id": entry, "kind": "raw", "reference": str(entry), "value_at": now, "created_at": now}


def test_the_database_itself_refuses_an_unbalanced_entry(db: Session, now: datetime) -> None:
    entry = uuid.uuid4()
    db.execute(insert(Posting), [raw_posting(entry, 0, 5), raw_posting(entry, 1, -4)])

    with pytest.raises(DBAPIError, match="does not balance"):
        db.execute(insert(JournalEntry), [raw_entry(entry, now)])


def test_the_database_itself_refuses_a_posting_added_to_a_sealed_entry(
    db: Session, now: datetime
) -> None:
    entry = disburse(db, now)
    assert entry is not None

    with pytest.raises(DBAPIError, match="sealed"):
        db.execute(insert(Posting), [raw_posting(entry.id, 7, 1)])


def test_the_database_itself_refuses_a_posting_that_nothing_seals(db: Session) -> None:
    db.execute(insert(Posting), [raw_posting(uuid.uuid4(), 0, 5)])

    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        db.commit()


@pytest.mark.parametrize(
    "statement",
    [
        update(Posting).values(amount=1),
        delete(Posting),
        update(JournalEntry).values(kind="other"),
        delete(JournalEntry),
    ],
    ids=str,
)
def test_the_database_itself_refuses_to_edit_history(
    db: Session, now: datetime, statement: object
) -> None:
    disburse(db, now)
    db.commit()

    with pytest.raises(DBAPIError, match="append-only"):
        db.execute(statement)  # type: ignore[call-overload]


def test_postgresql_refuses_to_truncate_history(db: Session, now: datetime) -> None:
    if db.get_bind().dialect.name == "sqlite":
        return  # SQLite has no TRUNCATE
    disburse(db, now)
    db.commit()

    with pytest.raises(DBAPIError, match="append-only"):
        db.execute(text("TRUNCATE ledger_posting"))


@given(minor=st.integers(-(10**12), 10**12), parts=st.integers(1, 60))
def test_sharing_loses_nothing(minor: int, parts: int) -> None:
    shares = [share.minor for share in Money("KES", minor).share(parts)]

    assert sum(shares) == minor
    assert max(shares) - min(shares) <= 1
