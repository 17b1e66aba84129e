"""A back-dated repayment on a loan with 700 daily events: the fold alone, and through the account on SQLite.

CPU time, the least of several rounds: the work, whatever else the machine does.
"""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import sessionmaker

from core import keys
from core.db import Session, connect
from core.ledger import Account, debit
from core.lending import account, movements
from core.lending.models import Loan, LoanEvent
from core.lending.state import Event, EventKind, fold
from core.lending.terms import Recalculation, RepaymentModel, Terms
from tests.core.lending import make
from tests.core.lending import village as places
from tests.databases import build_schema

EVENTS = 700
ROUNDS = 7
LOANS: dict[str, Terms] = {
    "700 daily rows, recalculated": make.terms(
        principal=10_000_000, model=RepaymentModel.SCHEDULE, duration=EVENTS,
        schedule={"unit": "days"}, recalculation=Recalculation(),
    ),
    "24 months, recalculated": make.terms(
        principal=10_000_000, model=RepaymentModel.SCHEDULE, duration=24, schedule={},
        recalculation=Recalculation(),
    ),
    "60 months of the protocol": make.terms(principal=10_000_000, duration=60),
}  # fmt: skip


def events() -> list[Event]:
    """Paid out, and a payment every day."""
    paid = [
        Event(k + 2, EventKind.REPAID, make.SEED + timedelta(days=k + 1), 15_000)
        for k in range(EVENTS)
    ]
    return [
        Event(0, EventKind.APPROVED, make.SEED),
        Event(1, EventKind.DISBURSED, make.SEED),
        *paid,
    ]


def least(work: Callable[[], object]) -> float:
    """Milliseconds of CPU time of the best round."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) * 1_000)
    return min(found)


def booked(terms: Terms, on: date) -> float:
    """The same through the account: lock, record, read the events, fold, post, store."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        build_schema(url)
        info = {"book_key": keys.create(Path(folder) / "keys").signing_key("books")}
        sessions = sessionmaker(connect(url), expire_on_commit=False, info=info)
        with sessions.begin() as db:
            village = places.found(db)
            loan = village.borrow()
            loan.agreed = terms.to_json()
            _fill(db, loan)
            _begin(db, loan, on, village.now)
            rounds = iter(range(10_000))
            return least(lambda: _book_late(db, loan, on, village.now, next(rounds)))


def _begin(db: Session, loan: Loan, on: date, now: datetime) -> None:
    """Bring the books to the day; the cash of all payments is one line."""
    moved = movements.difference(loan, account.state(db, loan, on))
    cash = loan.money(-sum(line.money.minor for line in moved))
    lines = [debit(Account.SUSPENSE, cash, loan.id)]
    account.book(db, loan, kind="loan.bench", reference="begin", on=on, now=now, lines=lines)


def _fill(db: Session, loan: Loan) -> None:
    told = events()[2:]
    same = {"loan_id": loan.id, "details": {}, "reason": ""}
    rows = [
        {
            "number": loan.events + k,
            "kind": event.kind,
            "on": event.on,
            "amount": event.amount,
            **same,
        }
        for k, event in enumerate(told)
    ]
    db.execute(insert(LoanEvent), rows)
    loan.events += len(rows)
    db.flush()


def _book_late(db: Session, loan: Loan, on: date, now: datetime, count: int) -> None:
    locked = account.lock(db, loan.id)
    account.record(db, locked, EventKind.REPAID, make.SEED + timedelta(days=3), amount=5_000)
    lines = [debit(Account.SUSPENSE, loan.money(5_000), loan.id)]
    account.book(db, locked, kind="loan.bench", reference=str(count), on=on, now=now, lines=lines)


def main() -> None:
    on = make.SEED + timedelta(days=EVENTS + 1)
    late = Event(9_999, EventKind.REPAID, make.SEED + timedelta(days=3), 5_000)
    told = [*events(), late]
    print(f"\nA back-dated repayment on a loan with {EVENTS} daily events, ms of CPU")
    print(f"{'':<32}{'fold':>8}{'through the account':>22}{'peak memory':>14}")
    for name, terms in LOANS.items():
        alone = least(lambda terms=terms: fold(terms, told, on))  # type: ignore[misc]
        tracemalloc.start()
        fold(terms, told, on)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"{name:<32}{alone:>8.1f}{booked(terms, on):>22.1f}{peak:>11.1f} MB")


if __name__ == "__main__":
    main()
