"""The whole memory of the sandbox: one SQLite file behind one lock, so that a restart continues."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS due (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS due_at ON due (at);
CREATE TABLE IF NOT EXISTS fault (
  id INTEGER PRIMARY KEY, target TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL,
  seconds REAL);
CREATE TABLE IF NOT EXISTS phone (msisdn TEXT PRIMARY KEY, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS blocked (msisdn TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS account (
  id TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0 OR id = 'world'));
CREATE TABLE IF NOT EXISTS entry (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, other TEXT NOT NULL, amount INTEGER NOT NULL,
  balance INTEGER NOT NULL, kind TEXT NOT NULL, receipt TEXT NOT NULL, note TEXT NOT NULL,
  at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entry_account ON entry (account, id);
CREATE TABLE IF NOT EXISTS ussd (
  id TEXT PRIMARY KEY, msisdn TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
  page TEXT NOT NULL, answer TEXT NOT NULL, open INTEGER NOT NULL, started REAL NOT NULL,
  turns INTEGER NOT NULL, hop TEXT NOT NULL, hops TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS ussd_phone ON ussd (msisdn, open);
CREATE TABLE IF NOT EXISTS message (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, msisdn TEXT NOT NULL, direction TEXT NOT NULL,
  sender TEXT NOT NULL, receiver TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS message_phone ON message (msisdn, seq);
CREATE TABLE IF NOT EXISTS payment (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, merchant TEXT NOT NULL,
  originator TEXT NOT NULL, receipt TEXT NOT NULL, payer TEXT NOT NULL, payee TEXT NOT NULL,
  amount INTEGER NOT NULL, reference TEXT NOT NULL, code TEXT NOT NULL, description TEXT NOT NULL,
  callback TEXT NOT NULL, late TEXT NOT NULL, delivered INTEGER NOT NULL, created REAL NOT NULL,
  finished REAL, UNIQUE (kind, originator));
CREATE INDEX IF NOT EXISTS payment_payer ON payment (payer, state);
CREATE INDEX IF NOT EXISTS payment_receipt ON payment (receipt);
"""


class Store:
    """One connection, one lock, one transaction at a time."""

    def __init__(self, path: str) -> None:
        if path != ":memory:":
            _private_file(Path(path))
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def begin(self) -> Iterator[sqlite3.Connection]:
        """A transaction: it commits at the end, and rolls back on any exception."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def fact(db: sqlite3.Connection, name: str) -> str | None:
    """One remembered value."""
    row = db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])


def remember(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, value))


def _private_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
