"""The books are chained, signed, numbered without gaps, and cannot be changed unnoticed."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime

import pytest
from nacl.signing import SigningKey
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient, sessionmaker

from core import books
from core.books import Book, BookEntry
from core.keys import Keyring


def write(db: Session, now: datetime, event: str = "e1") -> BookEntry | None:
    return books.append(
        db,
        Book.LOAN,
        kind="approved",
        entity_id=uuid.uuid4(),
        event_id=event,
        body={"amount": 5},
        now=now,
    )


def test_entries_are_numbered_chained_and_verify(
    db: Session, keyring: Keyring, now: datetime
) -> None:
    for number in range(3):
        write(db, now, f"e{number}")
    db.commit()

    chain = books.entries(db, Book.LOAN)

    assert [entry.seq for entry in chain] == [0, 1, 2]
    assert books.verify(chain, keyring.signing_key("books").verify_key)
    assert books.head(db, Book.LOAN) == (3, chain[-1].hash)


def test_the_same_event_is_appended_once(db: Session, now: datetime) -> None:
    assert write(db, now) is not None
    assert write(db, now) is None


def test_a_rolled_back_event_leaves_no_entry_and_no_gap(db: Session, now: datetime) -> None:
    write(db, now, "kept")
    db.commit()
    write(db, now, "lost")
    db.rollback()
    write(db, now, "next")
    db.commit()

    assert [entry.seq for entry in books.entries(db, Book.LOAN)] == [0, 1]


def test_another_key_did_not_sign_this_book(db: Session, now: datetime) -> None:
    write(db, now)

    assert not books.verify(books.entries(db, Book.LOAN), SigningKey.generate().verify_key)


@pytest.mark.parametrize(
    "change", [{"body": "{}"}, {"seq": 5}, {"prev_hash": b"x" * 32}, {"hash": b"x" * 32}]
)
def test_a_changed_entry_does_not_verify(
    db: Session, keyring: Keyring, now: datetime, change: dict[str, object]
) -> None:
    write(db, now)
    entry = books.entries(db, Book.LOAN)[0]
    make_transient(entry)
    for name, value in change.items():
        setattr(entry, name, value)

    assert not books.verify([entry], keyring.signing_key("books").verify_key)


def test_the_database_itself_refuses_to_edit_a_book(db: Session, now: datetime) -> None:
    write(db, now)
    db.commit()

    with pytest.raises(DBAPIError, match="append-only"):
        db.execute(update(BookEntry).values(body="{}"))


def test_parallel_writers_leave_no_gap(
    sessions: sessionmaker[Session], keyring: Keyring, now: datetime
) -> None:
    def writer(name: int) -> None:
        for number in range(5):
            with sessions.begin() as db:
                write(db, now, f"{name}-{number}")

    with sessions.begin() as db:
        write(db, now, "first")
    threads = [threading.Thread(target=writer, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with sessions() as db:
        chain = books.entries(db, Book.LOAN, limit=100)
    assert len(chain) == 41
    assert books.verify(chain, keyring.signing_key("books").verify_key)
