"""What a posting costs through our service beside raw SQL at the driver, the same rows in the same database.

Rounds are interleaved and the ratio is taken within each round, so that a busy machine disturbs both alike. SQLite runs
with synchronous=FULL, as the node does; the throwaway PostgreSQL with fsync off: it shows the work, not the disk.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from core import ledger
from core.db import connect
from core.ledger import Account, credit, debit
from core.money import Money
from tests.databases import build_schema
from tests.servers import Postgres

ROUNDS = 7
NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
AMOUNT = 150_000
Poster = Callable[[int, int], None]  # post so many entries, so many to a commit
SHAPES = {"1 a commit": (300, 1), "100 a commit": (2_000, 100)}
CLIENTS = 8
POSTINGS = (
    "INSERT INTO ledger_posting (entry_id, line, account, subject_id, currency, amount) "
    "VALUES (?, ?, ?, ?, 'KES', ?)"
)
ENTRY = (
    "INSERT INTO ledger_journal_entry (id, kind, reference, value_at, created_at) "
    "VALUES (?, 'bench', ?, ?, ?)"
)


def raw_rows(made: uuid.UUID | str, subject: uuid.UUID | str, at: object) -> tuple[Any, Any]:
    """The rows of one posting, as both ways write them."""
    lines = [
        (made, 0, Account.LOAN_PORTFOLIO.value, subject, AMOUNT),
        (made, 1, Account.CASH_MPESA.value, subject, -AMOUNT),
    ]
    return lines, (made, str(uuid.uuid4()), at, at)


def service(sessions: sessionmaker[Session]) -> Poster:
    """As the node posts: a session, the service, a commit."""

    def run(count: int, batch: int) -> None:
        money = Money("KES", AMOUNT)
        for _ in range(count // batch):
            with sessions.begin() as db:
                for _ in range(batch):
                    subject = uuid.uuid4()
                    lines = [
                        debit(Account.LOAN_PORTFOLIO, money, subject),
                        credit(Account.CASH_MPESA, money, subject),
                    ]
                    assert ledger.post(
                        db, kind="bench", reference=str(uuid.uuid4()), lines=lines, now=NOW
                    )

    return run


def raw_sqlite(engine: Engine) -> Poster:
    """The fastest plain way at sqlite3: the postings, then the entry."""
    at = NOW.strftime("%Y-%m-%d %H:%M:%S.%f")

    def run(count: int, batch: int) -> None:
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.rollback()
            for _ in range(count // batch):
                raw.execute("BEGIN IMMEDIATE")
                for _ in range(batch):
                    lines, entry = raw_rows(uuid.uuid4().hex, uuid.uuid4().hex, at)
                    raw.executemany(POSTINGS, lines)
                    raw.execute(ENTRY, entry)
                raw.execute("COMMIT")

    return run


def raw_postgres(engine: Engine) -> Poster:
    """The plain way at psycopg: begin, the postings in one go, the entry, commit."""
    two = POSTINGS.replace("?", "%s") + ", (%s, %s, %s, %s, 'KES', %s)"
    seal = ENTRY.replace("?", "%s")

    def run(count: int, batch: int) -> None:
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            for _ in range(count // batch):
                for _ in range(batch):
                    (first, second), entry = raw_rows(uuid.uuid4(), uuid.uuid4(), NOW)
                    raw.execute(two, (*first, *second))
                    raw.execute(seal, entry)
                raw.commit()

    return run


def at_once(poster: Poster) -> Poster:
    """The same work shared by many threads."""

    def run(count: int, batch: int) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(poster, count // CLIENTS, batch) for _ in range(CLIENTS)]:
                done.result()

    return run


def rate(poster: Poster, count: int, batch: int) -> float:
    """Entries per second."""
    began = time.perf_counter()
    poster(count, batch)
    return count / (time.perf_counter() - began)


def compare(ours: Poster, raw: Poster, count: int, batch: int) -> list[tuple[float, float]]:
    """Ours and raw in turn, round after round; the first round only warms up."""
    rounds = [(rate(ours, count, batch), rate(raw, count, batch)) for _ in range(ROUNDS + 1)]
    return list(islice(rounds, 1, None))


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, tuple[Engine, Callable[[Engine], Poster]]]]:
    """One of each kind, with the schema of the node."""
    folder.chmod(0o755)
    (folder / "pg").mkdir()
    postgres = Postgres(folder / "pg")
    urls = {"SQLite FULL": f"sqlite:///{folder / 'growr.db'}", "PostgreSQL": postgres.start()}
    for url in urls.values():
        build_schema(url)
    engines = {name: connect(url, pool_size=CLIENTS) for name, url in urls.items()}
    raws = {"SQLite FULL": raw_sqlite, "PostgreSQL": raw_postgres}
    try:
        yield {name: (engine, raws[name]) for name, engine in engines.items()}
    finally:
        for engine in engines.values():
            engine.dispose()
        postgres.stop()


def measure() -> dict[str, list[tuple[float, float]]]:
    """Every row of the table: postings a second of ours and of raw SQL, round by round."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="growr-bench-") as name, databases(Path(name)) as made:
        for kind, (engine, raw) in made.items():
            ours, plain = service(sessionmaker(engine, expire_on_commit=False)), raw(engine)
            for shape, (count, batch) in SHAPES.items():
                found[f"{kind}, {shape}"] = compare(ours, plain, count, batch)
        engine, raw = made["PostgreSQL"]
        ours, plain = service(sessionmaker(engine, expire_on_commit=False)), raw(engine)
        row = f"PostgreSQL, {CLIENTS} threads, 1 a commit"
        found[row] = compare(at_once(ours), at_once(plain), 1_600, 1)
    return found


def main() -> None:
    """Measure and print the table."""
    print(f"Ledger: entries of two postings a second, median of {ROUNDS} interleaved rounds")
    print(f"  {'':38}{'ours':>8}{'raw SQL':>9}{'ours/raw':>10}{'range':>13}")
    for row, rounds in measure().items():
        ours, raw = (statistics.median(figures) for figures in zip(*rounds, strict=True))
        ratios = sorted(mine / plain for mine, plain in rounds)
        span = f"{ratios[0]:.2f}-{ratios[-1]:.2f}"
        print(f"  {row:38}{ours:>8.0f}{raw:>9.0f}{statistics.median(ratios):>10.2f}{span:>13}")


if __name__ == "__main__":
    main()
