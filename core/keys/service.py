"""What a PIN needs besides itself: the pepper no database holds, and the count of guesses nobody can roll back.

The count lives in a SQLite file of its own beside the seed: a wrong PIN is counted before it is tried, whatever
becomes of the caller's transaction, and once however many processes guess at the same time. Nothing here knows a
record; that is why it can move to a process of its own behind a socket.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from argon2 import low_level

from config.limits import (
    LOCK_WAIT_MS,
    PIN_HASH_WAIT_SECONDS,
    PIN_HASHES_AT_ONCE,
    PIN_LOCKS_SECONDS,
    PIN_TRIES,
    PIN_TRIES_EVER,
)
from core.errors import Refusal
from core.keys.keyring import Keyring

PEPPER = "1"  # the kid of today's pepper; a new one gets the next number and wraps follow at their next unlock
KEY_BYTES = 32
_KEK = "growr/kek/v1"
_ROUNDS = len(PIN_LOCKS_SECONDS) + 1  # the last round ends blocked

_SCHEMA = """
CREATE TABLE IF NOT EXISTS receipt (
    ticket TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    session_hash BLOB NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt (
    owner TEXT PRIMARY KEY,
    tries INTEGER NOT NULL,         -- since the last success or reset
    total INTEGER NOT NULL,         -- since the last success
    locked_until REAL NOT NULL
) WITHOUT ROWID;
"""

# One statement decides and counts. The lock a wrong answer would earn is set at once; a right answer deletes it.
_COUNT = f"""INSERT INTO attempt VALUES (:owner, 1, 1, 0)
ON CONFLICT (owner) DO UPDATE SET tries = tries + 1, total = total + 1, locked_until = CASE tries + 1
{" ".join(f"WHEN {PIN_TRIES * (k + 1)} THEN :now + {s}" for k, s in enumerate(PIN_LOCKS_SECONDS))}
ELSE locked_until END
WHERE tries < {PIN_TRIES * _ROUNDS} AND total < {PIN_TRIES_EVER} AND locked_until <= :now
RETURNING tries, total, locked_until"""  # noqa: S608 - our own numbers

_LOOK = "SELECT tries, total, locked_until FROM attempt WHERE owner = ?"


@dataclass(frozen=True, slots=True)
class Stretch:
    """How hard Argon2id works on a PIN; stored beside every wrap, so that it can be raised."""

    memory_kib: int = 19_456  # the OWASP minimum: the pepper and the counter do the real work
    rounds: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a record was opened; kept here until it is in the owner's chain, whatever became of the transaction."""

    ticket: str
    purpose: str
    session_hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One guess, already counted."""

    owner: str
    tries: int
    total: int
    locked_until: float
    at: float

    def refusal(self) -> Refusal:
        """What to tell the person if this guess was wrong."""
        if self.tries >= PIN_TRIES * _ROUNDS or self.total >= PIN_TRIES_EVER:
            return Refusal("pin_blocked")
        if self.locked_until > self.at:
            return Refusal("pin_locked", minutes=_minutes(self.locked_until - self.at))
        return Refusal("pin_wrong", tries_left=PIN_TRIES - self.tries % PIN_TRIES)


class KeyService:
    """Holds the peppers by kid and counts guesses; bounds how many PINs are stretched at once."""

    def __init__(self, keyring: Keyring, *, kids: tuple[str, ...] = (PEPPER,)) -> None:
        self.kid = kids[-1]
        self._peppers = {kid: keyring.derive(f"pepper/{kid}") for kid in kids}
        self._path = keyring.folder / "attempts.db"
        self._slots = threading.BoundedSemaphore(PIN_HASHES_AT_ONCE)
        _create(self._path)

    def check(self, owner: str, *, now: datetime) -> None:
        """Refuse at once, without any work, an owner who is locked or blocked."""
        with self._file() as file:
            row = file.execute(_LOOK, (owner,)).fetchone()
        if row is None:
            return
        tries, total, locked_until = row
        attempt = Attempt(owner, tries, total, locked_until, now.timestamp())
        if attempt.locked_until > attempt.at or attempt.refusal().code == "pin_blocked":
            raise attempt.refusal()

    def begin(self, owner: str, *, now: datetime) -> Attempt:
        """Count a guess before it is tried. Refuses `pin_locked` or `pin_blocked`, and then counts nothing."""
        at = now.timestamp()
        with self._file() as file:
            rows = file.execute(_COUNT, {"owner": owner, "now": at}).fetchall()
        if not rows:
            self.check(owner, now=now)
            raise Refusal("pin_locked", minutes=1)  # the lock ended between the two looks
        tries, total, locked_until = rows[0]
        return Attempt(owner, tries, total, locked_until, at)

    def succeed(self, owner: str, *, receipt: Receipt | None = None) -> None:
        """The PIN was right: all guesses are forgotten, and what it opened is remembered in the same breath."""
        with self._file() as file:
            file.execute("BEGIN IMMEDIATE")
            file.execute("DELETE FROM attempt WHERE owner = ?", (owner,))
            if receipt is not None:
                row = (
                    receipt.ticket,
                    owner,
                    receipt.purpose,
                    receipt.session_hash,
                    receipt.at.isoformat(),
                )
                file.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?)", row)
            file.execute("COMMIT")

    def receipts(self, owner: str) -> list[Receipt]:
        """What was opened and is not yet known to be in the owner's chain, the oldest first."""
        with self._file() as file:
            rows = file.execute(
                "SELECT ticket, purpose, session_hash, at FROM receipt WHERE owner = ? ORDER BY at, ticket",
                (owner,),
            ).fetchall()
        return [
            Receipt(ticket, purpose, proof, datetime.fromisoformat(at))
            for ticket, purpose, proof, at in rows
        ]

    def owners(self, limit: int) -> list[str]:
        """Whose receipts wait."""
        with self._file() as file:
            rows = file.execute("SELECT DISTINCT owner FROM receipt LIMIT ?", (limit,)).fetchall()
        return [owner for (owner,) in rows]

    def forget(self, ticket: str) -> None:
        """A receipt is in the chain for good."""
        with self._file() as file:
            file.execute("DELETE FROM receipt WHERE ticket = ?", (ticket,))

    def reset(self, owner: str) -> None:
        """Unlock after a reset in person; the guesses since the last success still count towards the cap."""
        with self._file() as file:
            file.execute("UPDATE attempt SET tries = 0, locked_until = 0 WHERE owner = ?", (owner,))

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for one of the few places in which a PIN may be stretched; refuses `busy` when the wait is long."""
        if not self._slots.acquire(timeout=PIN_HASH_WAIT_SECONDS):
            raise Refusal("busy")
        try:
            yield
        finally:
            self._slots.release()

    def stretch(self, pin: str, salt: bytes, cost: Stretch) -> bytes:
        """Argon2id of a PIN."""
        return low_level.hash_secret_raw(
            pin.encode(),
            salt,
            cost.rounds,
            cost.memory_kib,
            cost.lanes,
            KEY_BYTES,
            low_level.Type.ID,
        )

    def derive(self, *, kid: str, owner: str, pin_key: bytes) -> bytes:
        """The key that wraps the owner's data key: worthless without the pepper `kid` of this keyring."""
        return hmac.digest(self._peppers[kid], join(_KEK, owner, pin_key), hashlib.sha256)

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        # A connection per use: it may be used from any thread and survives a fork.
        file = sqlite3.connect(self._path, timeout=LOCK_WAIT_MS / 1000, isolation_level=None)
        try:
            file.execute("PRAGMA synchronous=FULL")
            yield file
        finally:
            file.close()


def join(*fields: str | bytes) -> bytes:
    """Fields joined so that no two lists of fields give the same bytes."""
    raw = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"".join(len(field).to_bytes(4) + field for field in raw)


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    file = sqlite3.connect(path, timeout=LOCK_WAIT_MS / 1000, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode=WAL")
        file.executescript(_SCHEMA)
    finally:
        file.close()


def _minutes(seconds: float) -> int:
    return int(-(-seconds // 60))
