"""What grows with the book and must not: ten thousand rows beside a million, in the same run.

What one loan page asks of all loans of its project, taking the next text of a queue, and the sweep over all payments.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey
from sqlalchemy import make_url, select, text

from core import messaging
from core.db import Session, connect, is_sqlite, sessionmaker
from core.lending import Loan, exposure
from core.messaging import Message, Template
from core.payments import Payment
from core.payments import service as payment_service
from tests.bench.bench_day import postgres
from tests.core.lending import village as places
from tests.databases import build_schema

SIZES = tuple(int(size) for size in os.environ.get("BENCH_BOOK", "10000,1000000").split(","))
TIMES = 30
COPY = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count})
INSERT INTO {table} ({names}) SELECT {values} FROM counted, {table} o WHERE o.id = :id"""


def copies(db: Session, model: Any, original: uuid.UUID, count: int, own: dict[str, str]) -> None:
    """So many copies of one row, with values of their own where they must be unique."""
    fresh = "lower(hex(randomblob(16)))" if is_sqlite(db) else "gen_random_uuid()"
    own = {"id": fresh, **own}
    names = [column.name for column in model.__table__.columns]
    statement = COPY.format(
        table=model.__tablename__, count=count, names=", ".join(f'"{name}"' for name in names),
        values=", ".join(own.get(name, f'o."{name}"') for name in names),
    )  # fmt: skip
    if not is_sqlite(db):  # there the name of the table comes first
        head, tail = statement.split("INSERT INTO")
        statement = (
            f"INSERT INTO{tail.split(' SELECT ')[0]} {head} SELECT {tail.split(' SELECT ')[1]}"
        )
    db.execute(text(statement), {"id": original.hex if is_sqlite(db) else original})


def fill(sessions: sessionmaker[Session], count: int) -> uuid.UUID:
    """A project with so many open loans, so many payments that ended, so many texts that wait."""
    with sessions.begin() as db:
        if not is_sqlite(db):
            db.execute(text("SET LOCAL statement_timeout = 0"))
        village = places.found(db, limit="90000000000", amount="90000000000")
        loan = village.borrow()
        village.pay(loan, places.kes(100))
        messaging.send(
            db, to=village.borrower.phone, template=Template.STOPPED, language="en", facts={},
            now=places.NOW,
        )  # fmt: skip
        code = "'C' || n"
        copies(db, Loan, loan.id, count, {"code": code, "idempotency_key": code})
        paid = db.scalars(select(Payment).where(Payment.receipt.is_not(None))).first()
        sent = db.scalars(select(Message)).first()
        assert paid is not None
        assert sent is not None
        own = {"idempotency_key": code, "receipt": code, "provider_key": "NULL"}
        copies(db, Payment, paid.id, count, own)
        copies(db, Message, sent.id, count, {"event_key": "NULL", "state": "'ready'"})
        return village.project.id


def usual(sessions: sessionmaker[Session], ask: Callable[[Session], object]) -> float:
    """Milliseconds of one question, each in a transaction of its own."""
    took = []
    for _ in range(TIMES):
        with sessions.begin() as db:
            began = time.perf_counter()
            ask(db)
            took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took)


def sweep(db: Session) -> None:
    payment_service.find_lost(db, now=places.NOW)
    payment_service.find_overdue(db, now=places.NOW)
    payment_service.wake(db, now=places.NOW)


def measure(url: str, count: int) -> dict[str, float]:
    build_schema(url)
    engine = connect(url)
    sessions = sessionmaker(
        engine, expire_on_commit=False, info={"book_key": SigningKey(b"k" * 32)}
    )
    try:
        project_id = fill(sessions, count)
        folded = 1
        while folded:
            with sessions.begin() as db:
                folded = exposure.fold_changes(db)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("VACUUM ANALYZE"))
        return {
            "limit of a project": usual(sessions, lambda db: exposure.lent(db, project_id)),
            "all loans summed, as before": usual(sessions, lambda db: summed(db, project_id)),
            "claim a text": usual(sessions, lambda db: messaging.claim(db, now=places.NOW)),
            "sweep payments": usual(sessions, sweep),
        }
    finally:
        engine.dispose()


def summed(db: Session, project_id: uuid.UUID) -> object:
    """What a page cost before: the sum over every loan of the project."""
    query = text(
        "SELECT sum(principal_outstanding + undrawn) FROM lending_loan WHERE project_id = :id"
    )
    return db.scalar(query, {"id": project_id.hex if is_sqlite(db) else project_id})


def table(name: str, urls: list[str]) -> None:
    found = [measure(url, count) for url, count in zip(urls, SIZES, strict=True)]
    for what in found[0]:
        row = "".join(f"{each[what]:12.2f} ms" for each in found)
        print(f"  {name:12}{what:32}{row}", flush=True)


def main() -> None:
    """Measure and print the table."""
    heads = "".join(f"{size:>12} rows" for size in SIZES)
    print(f"What must not grow with the book:\n  {'':44}{heads}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        table("SQLite", [f"sqlite:///{folder}/{size}.db" for size in SIZES])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the server runs as an ordinary user
        with postgres(Path(folder)) as url:
            table("PostgreSQL", [_fresh(url, size) for size in SIZES])


def _fresh(server: str, size: int) -> str:
    engine = connect(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE book_{size}"))
    engine.dispose()
    return make_url(server).set(database=f"book_{size}").render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
