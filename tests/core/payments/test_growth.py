"""What a node does every few seconds does not read the payments of years: SQLite finds its rows by an index."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from core.payments import service
from tests.core.payments.counter import Counter
from tests.databases import ON_SQLITE

# only what waits is in it, however many payments there are
OF_WAITING = (
    "ix_payment_ready", "ix_payment_open", "ix_payment_ask_at", "ix_payment_check_at", "ix_payment_closed_at",
)  # fmt: skip


@ON_SQLITE
def test_a_sweep_and_a_claim_look_at_what_waits_and_at_nothing_else(counter: Counter) -> None:
    asked: list[tuple[str, Any]] = []
    engine = counter.sessions.kw["bind"]
    event.listen(
        engine, "before_cursor_execute", lambda _c, _u, sql, given, *_: asked.append((sql, given))
    )

    with counter.sessions.begin() as db:
        now = counter.now
        service.find_ahead(db, now=now)
        service.find_lost(db, now=now)
        service.find_overdue(db, now=now)
        service.wake(db, now=now)
        service.claim(db, now=now)
        service.claim_question(db, now=now)
        service.claim_check(db, "mpesa", days=45, now=now)

    plans = [step for sql, given in list(asked) for step in _plan(engine, sql, given)]
    of_payments = [step for step in plans if " payment " in f"{step} "]
    assert len(of_payments) > 8
    assert [step for step in of_payments if not any(name in step for name in OF_WAITING)] == []


def _plan(engine: Any, sql: str, given: Any) -> list[str]:
    if "payment" not in sql or sql.startswith("EXPLAIN"):
        return []
    with engine.connect() as db:
        return [row[3] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]
