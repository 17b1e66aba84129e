"""What is asked every few seconds, or on every loan page, never reads a whole table: SQLite says how it would look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from core import messaging
from core.db import Session
from core.lending import exposure
from core.payments import inbox, service
from tests.core.lending import village as places
from tests.core.lending.village import NOW, Village
from tests.databases import ON_SQLITE

TABLES = ("payment", "payment_inbox", "sms_message", "lending_loan", "lending_exposure")
QUESTIONS: dict[str, Callable[[Village], object]] = {
    "send": lambda village: service.claim(village.db, now=NOW),
    "ask": lambda village: service.claim_question(village.db, now=NOW),
    "lost": lambda village: service.find_lost(village.db, now=NOW),
    "overdue": lambda village: service.find_overdue(village.db, now=NOW),
    "wake": lambda village: service.wake(village.db, now=NOW),
    "inbox": lambda village: inbox.claim(village.db, now=NOW),
    "text": lambda village: messaging.claim(village.db, now=NOW),
    "lost texts": lambda village: messaging.find_lost(village.db, now=NOW, limit=10),
    "limit": lambda village: exposure.lent(village.db, village.project.id),
}


@contextmanager
def asked(db: Session) -> Iterator[list[tuple[str, Any]]]:
    """Every SELECT that is sent, with its values."""
    seen: list[tuple[str, Any]] = []
    engine = db.get_bind()
    assert isinstance(engine, Engine)

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@ON_SQLITE
@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_that_is_asked_often_reads_a_whole_table(db: Session, name: str) -> None:
    village = places.found(db)
    with asked(db) as seen:
        QUESTIONS[name](village)

    assert seen
    for statement, values in seen:
        plan = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        lines = [str(row[3]) for row in plan]
        scans = [line for line in lines if re.search(r"^SCAN (\w+)", line) and _is_whole(line)]
        assert scans == [], (statement, lines)
        assert not any("TEMP B-TREE FOR ORDER BY" in line for line in lines) or name == "send", (
            lines
        )


def _is_whole(line: str) -> bool:
    """A scan of a partial index reads only the rows that wait; one of a table, or of an index of all, does not."""
    table, _, index = line.removeprefix("SCAN ").partition(" USING ")
    waiting = (
        "ix_payment_ready",
        "ix_payment_ask_at",
        "ix_payment_open",
        "ix_payment_inbox_try_at",
    )
    return table in TABLES and not any(name in index for name in waiting)
