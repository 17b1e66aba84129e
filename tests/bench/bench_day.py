"""The day end of a large book beside a plain UPDATE of as many rows in the same database, while a payer pays.

GROWR_BENCH_LOANS says how many loans (a million). Each has twelve monthly instalments; one in thirty has one due that
day, one in twenty is in arrears; one in a hundred and eighty is late with recalculated interest, so that it is refolded
every night. When the night is over its reminders are written, timed apart. A few hundred loans are folded and copied in
SQL; that is not measured. SQLite runs with synchronous=FULL, as the node does; the throwaway PostgreSQL with fsync off.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from dateutil.relativedelta import relativedelta
from nacl.signing import SigningKey
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from core import lending
from core.db import connect, is_sqlite
from core.jobs.lending import pause
from core.lending import Instalment, Loan, LoanEvent, account
from core.lending.state import Event, EventKind, fold
from core.lending.terms import Recalculation, RepaymentModel
from core.messaging import Message
from core.people import User
from tests.core.lending import make
from tests.core.lending import village as places
from tests.databases import build_schema
from tests.servers import Postgres

LOANS = int(os.environ.get("GROWR_BENCH_LOANS", "1000000"))
DAY = date(2027, 11, 22)
NIGHT = datetime(2027, 11, 21, 22, 0, tzinfo=UTC)  # one in the morning of that day in Nairobi
MORNING = datetime(2027, 11, 22, 6, 0, tzinfo=UTC)  # nine o'clock: reminders may be written
KINDS = 360  # of loan: paid out on each of the last days
RECALCULATED = 180  # one loan in so many is late and recalculated
CHUNK = 100_000


def events(number: int) -> list[Event]:
    """A loan paid out so many days ago, paid on every due date; every twentieth missed the last two."""
    start = DAY - timedelta(days=number)
    dues = [start + relativedelta(months=k) for k in range(1, 13)]
    paid = [due for due in dues if due < DAY]
    paid = paid[:-2] if number % 20 == 0 else paid
    told = [Event(0, EventKind.APPROVED, start), Event(1, EventKind.DISBURSED, start)]
    amount = 103_300  # KES 1,033 a month repay KES 10,000 at 24 percent
    return told + [Event(n + 2, EventKind.REPAID, due, amount) for n, due in enumerate(paid)]


def kind(number: int) -> dict[str, Any]:
    """Some of those in arrears pay interest by the balance of every day."""
    if number % RECALCULATED:
        return {}
    options = {"unit": "months", "every": 1, "interest_period": "daily", "day_count": "act/365"}
    return {
        "model": RepaymentModel.SCHEDULE, "schedule": options, "recalculation": Recalculation(),
    }  # fmt: skip


def prototype(db: Session, village: places.Village, number: int) -> None:
    """One loan of this kind as the fold leaves it the evening before."""
    agreed = make.terms(principal=1_000_000, duration=12, default_after_days=90, **kind(number))
    told, before = events(number), DAY - timedelta(days=1)
    loan = Loan(
        id=uuid.uuid4(), code=f"P{number:06}", idempotency_key=f"P{number}", project_id=village.project.id,
        organisation_id=village.project.organisation_id, user_id=village.borrower.id, rail="mpesa",
        user_did="did:jwk:" + "a" * 150, agreed=agreed.to_json(), currency="KES", contract_amount=1_000_000,
        interest_amount=240_000, commitment_amount=1_240_000, accepted_text="You get " * 30,
        accepted_language="en", accepted_at=NIGHT, accepted_hash="0" * 64, events=len(told),
    )  # fmt: skip
    state = fold(agreed, told, before)
    account.show(loan, state)
    db.add(loan)
    db.flush()
    db.execute(insert(Instalment), [{"loan_id": loan.id, **asdict(row)} for row in state.rows])
    rows = [
        {"id": uuid.uuid4(), "loan_id": loan.id, "number": one.number, "kind": one.kind, "on": one.on,
         "amount": one.amount, "details": {}, "reason": "", "created_at": NIGHT}
        for one in told
    ]  # fmt: skip
    db.execute(insert(LoanEvent), rows)


COPIES = """
CREATE TEMPORARY TABLE copies AS
WITH RECURSIVE counted(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM counted WHERE n < {last})
SELECT {fresh} AS id, 'C' || counted.n AS code, prototypes.id AS old
FROM counted JOIN prototypes ON prototypes.n = counted.n % {kinds}"""
COPY = """
INSERT INTO {table} ({names}) SELECT {values}
FROM copies JOIN {table} o ON o.{key} = copies.old ORDER BY {order}"""


def copy(db: Session, count: int) -> None:
    """Copy the loans there are, all kinds alike, until there are so many."""
    fresh = "lower(hex(randomblob(16)))" if is_sqlite(db) else "gen_random_uuid()"
    own = {
        "id": "copies.id",
        "code": "copies.code",
        "idempotency_key": "copies.code",
        "user_id": "copies.id",
    }
    for first in range(KINDS, count, CHUNK):
        last = min(first + CHUNK, count) - 1
        db.execute(text("DROP TABLE IF EXISTS copies"))
        db.execute(text(COPIES.format(first=first, last=last, fresh=fresh, kinds=KINDS)))
        _people(db)
        _copy(db, Loan, own, "id", "copies.code")
        _copy(db, Instalment, {"loan_id": "copies.id"}, "loan_id", "copies.id")
        _copy(db, LoanEvent, {"id": fresh, "loan_id": "copies.id"}, "loan_id", "copies.id")
        db.commit()


def _people(db: Session) -> None:
    """Each copy has a borrower of her own, with a phone."""
    fresh = {"id": "copies.id", "phone": "'+' || copies.code"}
    names = [column.name for column in User.__table__.columns]
    values = ", ".join(fresh.get(name, f'o."{name}"') for name in names)
    db.execute(
        text(
            f"INSERT INTO {User.__tablename__} ({', '.join(names)}) SELECT {values} FROM copies"
            f" JOIN lending_loan l ON l.id = copies.old JOIN {User.__tablename__} o ON o.id = l.user_id"
        )
    )


def _copy(db: Session, model: Any, fresh: dict[str, str], key: str, order: str) -> None:
    names = [column.name for column in model.__table__.columns]
    statement = COPY.format(
        table=model.__tablename__, key=key, order=order,
        names=", ".join(f'"{name}"' for name in names),
        values=", ".join(fresh.get(name, f'o."{name}"') for name in names),
    )  # fmt: skip
    db.execute(text(statement))


def build(sessions: sessionmaker[Session], count: int) -> None:
    """The whole book, the evening before."""
    with sessions() as db:
        if not is_sqlite(db):  # foreign keys are right by construction
            db.execute(text("SET session_replication_role = replica"))
            db.execute(text("SET statement_timeout = 0"))
        village = places.found(db, limit="9000000000", amount="9000000000")
        for number in range(1, KINDS + 1):
            prototype(db, village, number)
        db.execute(
            text(
                "CREATE TABLE prototypes AS SELECT id, row_number() OVER (ORDER BY code) - 1 AS n FROM lending_loan"
            )
        )
        db.commit()
        copy(db, count)
        db.execute(text("DROP TABLE prototypes"))
        db.commit()
    with sessions.kw["bind"].connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        if c.dialect.name == "postgresql":
            c.execute(text("VACUUM ANALYZE"))


def plain_update(sessions: sessionmaker[Session], by: int, day: date) -> float:
    """Seconds of the plainest way to write the same two columns of as many rows: one statement, one transaction.

    Both really change: SQLite does not write a row that stays as it was.
    """
    began = time.perf_counter()
    with sessions.begin() as db:
        if not is_sqlite(db):
            db.execute(text("SET LOCAL statement_timeout = 0"))
        db.execute(
            update(Loan.__table__).values(interest_earned=Loan.interest_earned + by, as_of=day)
        )
    return time.perf_counter() - began


class Payer:
    """Somebody pays, again and again; how long each payment took, until told to stop."""

    def __init__(self, sessions: sessionmaker[Session], loans: Iterator[uuid.UUID]) -> None:
        self.sessions, self.loans = sessions, loans
        self.seconds: list[float] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for loan_id in self.loans:
            if self.stop.wait(0.01):
                return
            began = time.perf_counter()
            with self.sessions.begin() as db:
                payment = places.pay_in(db, loan_id, "", places.kes(10), NIGHT)
                places.settle(db, payment, NIGHT)
            self.seconds.append(time.perf_counter() - began)


def day_end(sessions: sessionmaker[Session]) -> float:
    """Seconds of the day end, piece by piece as the job does it, pauses included."""
    began = time.perf_counter()
    while True:
        with sessions.begin() as db:
            if not lending.run_day(db, now=NIGHT, limit=1):
                return time.perf_counter() - began
        pause(sessions.kw["bind"])


def reminders(sessions: sessionmaker[Session]) -> tuple[int, float]:
    """How many reminders were written, and in how many seconds."""
    began, took = time.perf_counter(), 0.0
    while True:
        with sessions.begin() as db:
            worked = lending.run_day(db, now=MORNING, limit=1)
        if not worked:  # that was the search for those a bureau may hear of
            with sessions() as db:
                return db.scalar(select(func.count()).select_from(Message)) or 0, took
        pause(sessions.kw["bind"])
        took = time.perf_counter() - began


def check(sessions: sessionmaker[Session], count: int) -> None:
    """Every loan has come to the day."""
    with sessions() as db:
        done = db.scalar(select(func.count()).where(Loan.as_of == DAY))
        assert done == count, done


def measure(name: str, engine: Engine) -> None:
    """Build, measure and print one database."""
    sessions = sessionmaker(
        engine, expire_on_commit=False, info={"book_key": SigningKey(b"k" * 32)}
    )
    began = time.perf_counter()
    build(sessions, LOANS)
    print(
        f"  {name}: {LOANS} loans made in {time.perf_counter() - began:.0f} s (not measured)",
        flush=True,
    )
    evening = DAY - timedelta(days=1)
    plain = [plain_update(sessions, 1, DAY), plain_update(sessions, -1, evening)]  # and back
    with sessions() as db:
        picked = db.scalars(select(Loan.id).where(Loan.code.like("C%7")).limit(20_000)).all()
    payer = Payer(sessions, iter(picked))
    payer.thread.start()
    cpu = time.process_time()
    took = day_end(sessions)
    cpu = time.process_time() - cpu
    payer.stop.set()
    payer.thread.join()
    check(sessions, LOANS)
    count, seconds = reminders(sessions)
    plain.append(plain_update(sessions, 1, DAY + timedelta(days=1)))
    usual = statistics.median(plain)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {name:12}{took:8.1f} s{LOANS / took:10.0f} loans/s{usual:8.1f} s plain UPDATE"
        f"{took / usual:6.2f} x{cpu:7.1f} s CPU here{peak:7.0f} MB peak", flush=True,
    )  # fmt: skip
    print(f"  {'':12}{count} reminders in {seconds:.1f} s: {count / seconds:.0f}/s", flush=True)
    waits = sorted(payer.seconds)
    if waits:
        print(
            f"  {'':12}{len(waits)} payments meanwhile: {waits[len(waits) // 2] * 1000:.0f} ms usual, "
            f"{waits[-1] * 1000:.0f} ms longest", flush=True,
        )  # fmt: skip


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a throwaway server."""
    (folder / "pg").mkdir()
    server = Postgres(folder / "pg")
    try:
        yield server.start()
    finally:
        server.stop()


def run(name: str, url: str) -> None:
    """One database, with the schema of the node."""
    build_schema(url)
    engine = connect(url)
    try:
        measure(name, engine)
    finally:
        engine.dispose()


def main() -> None:
    """Measure and print the table."""
    print(
        f"Day end: {LOANS} active loans of twelve instalments, 1/30 due that day, 1/20 in arrears, beside\n"
        "one plain UPDATE of interest_earned and as_of of as many rows (both change); CPU here: this process"
    )
    with tempfile.TemporaryDirectory(prefix="growr-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres(folder) as url:
            run("PostgreSQL", url)
        run("SQLite FULL", f"sqlite:///{folder / 'growr.db'}")


if __name__ == "__main__":
    main()
