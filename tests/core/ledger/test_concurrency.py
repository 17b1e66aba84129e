"""Whoever comes second is told so, and nothing worse: no error of the database reaches a caller."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from core import ledger
from core.db import connect
from core.errors import Refusal
from core.ledger import Account, JournalEntry, Posting
from tests.core.ledger.make import kes, move

CLIENTS = 32
REFERENCES = 200
POSTS = 40  # of each client


@pytest.fixture
def many(engine: Engine, database_url: str) -> Any:
    """Sessions for all clients at once; SQLite has one writer and needs fewer."""
    wide = connect(database_url, pool_size=CLIENTS)
    yield sessionmaker(wide, expire_on_commit=False)
    wide.dispose()


def at_once(work: Callable[[int], object], clients: int = CLIENTS) -> list[Any]:
    """What each client's work gave, all begun together."""
    gate = threading.Barrier(clients)

    def begin(number: int) -> object:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(begin, range(clients)))


def count(db: Session, model: type[JournalEntry] | type[Posting]) -> int:
    return int(db.scalar(select(func.count()).select_from(model)) or 0)


def test_32_clients_post_the_same_references_at_random_and_each_is_booked_once(
    many: sessionmaker[Session], now: datetime
) -> None:
    def client(seed: int) -> list[int]:
        dice, booked = random.Random(seed), []
        for _ in range(POSTS):
            number = dice.randrange(REFERENCES)
            with many.begin() as db:
                if move(db, now, kes(number + 1), reference=str(number)):
                    booked.append(number)
        return booked

    booked = Counter(number for numbers in at_once(client) for number in numbers)

    assert set(booked.values()) == {1}, "told to one caller only that it was booked"
    total = sum(number + 1 for number in booked)
    with many() as db:
        assert ledger.balance(db, Account.LOAN_PORTFOLIO, "KES") == kes(total)
        assert ledger.balance(db, Account.CASH_MPESA, "KES") == kes(-total)
        assert count(db, JournalEntry) == len(booked)
        assert count(db, Posting) == 2 * len(booked)


def test_everybody_posting_one_reference_at_the_same_moment_books_it_once(
    many: sessionmaker[Session], now: datetime
) -> None:
    for number in range(10):

        def client(_: int, reference: str = str(number)) -> bool:
            with many.begin() as db:
                first = move(db, now, kes(1), reference=reference)
                move(db, now, kes(1))  # its transaction goes on, whoever was first
                return first is not None

        assert sum(at_once(client, 16)) == 1

    with many() as db:
        assert ledger.balance(db, Account.LOAN_PORTFOLIO, "KES") == kes(10 * 16 + 10)


def test_who_waited_for_a_transaction_that_is_rolled_back_books_it(
    many: sessionmaker[Session], now: datetime
) -> None:
    begun = threading.Event()

    def waits(_: int) -> bool:
        begun.wait(60)
        with many.begin() as db:
            return move(db, now, kes(2), reference="same") is not None

    with ThreadPoolExecutor(1) as pool, many() as first:
        move(first, now, kes(1), reference="same")
        answer = pool.submit(waits, 0)
        begun.set()
        first.rollback()

        assert answer.result(60)
    with many() as db:
        assert ledger.balance(db, Account.LOAN_PORTFOLIO, "KES") == kes(2)


def test_an_entry_reversed_by_many_at_once_is_reversed_once(
    many: sessionmaker[Session], now: datetime
) -> None:
    with many.begin() as db:
        entry = move(db, now, kes(7))
        assert entry is not None

    def client(number: int) -> str:
        try:
            with many.begin() as db:
                return ledger.reverse(db, entry=entry, reference=str(number), now=now).kind
        except Refusal as refusal:
            return refusal.code

    answers = Counter(at_once(client, 16))

    assert answers == {"move.reversal": 1, "entry_already_reversed": 15}
    with many() as db:
        assert not ledger.balance(db, Account.LOAN_PORTFOLIO, "KES")
