"""The count of guesses nobody can roll back, and the memory of what was opened, in a SQLite file beside the peppers.

A guess is counted before it is tried, whatever becomes of the caller's transaction, and once however many processes
guess at the same time. It is counted by owner and wrap: whoever makes wraps of his own wins no guess at hers.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.limits import (
    LOCK_WAIT_MS,
    PIN_KNOWN_SECONDS,
    PIN_LOCKS_SECONDS,
    PIN_TRIES,
    PIN_VELOCITY_SECONDS,
    PIN_WRONG_SECONDS,
)
from core.errors import Refusal
from core.refusal_codes import RefusalCode

_SPARE = "y"
FORMAT = 5  # raise it with the schema
_TRIES_EVER = PIN_TRIES * (
    len(PIN_LOCKS_SECONDS) + 1
)  # without a right one: the last round ends blocked

_SCHEMA = """
CREATE TABLE IF NOT EXISTS receipt (
    ticket TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    session_hash BLOB NOT NULL,
    at TEXT NOT NULL,
    audience TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipt_at ON receipt (at);
CREATE TABLE IF NOT EXISTS guess (
    owner TEXT NOT NULL,
    wrap TEXT NOT NULL,             -- '' = counted before wraps had names
    tries INTEGER NOT NULL,         -- since the last success
    locked_until REAL NOT NULL,
    PRIMARY KEY (owner, wrap)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wrong (
    at REAL NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    spare TEXT NOT NULL DEFAULT ''  -- 'y' = while PINs rested, by somebody in good standing
);
CREATE INDEX IF NOT EXISTS wrong_at ON wrong (at);
CREATE INDEX IF NOT EXISTS wrong_owner ON wrong (owner);
CREATE TABLE IF NOT EXISTS known (
    owner TEXT PRIMARY KEY,
    at REAL NOT NULL                -- of the last right PIN
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarm (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    at TEXT NOT NULL,
    minutes INTEGER NOT NULL        -- 0 = blocked
);
CREATE TABLE IF NOT EXISTS erased (
    owner TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL          -- wraps up to this one are never opened again
) WITHOUT ROWID;
"""
_FROM_FORMAT_1 = (
    "INSERT OR IGNORE INTO guess SELECT owner, '', tries, locked_until FROM attempt",
    "DROP TABLE attempt",
)

# One statement decides and counts. The lock a wrong answer would earn is set at once; a right answer deletes it.
_COUNT = f"""INSERT INTO guess VALUES (:owner, :wrap, 1, 0)
ON CONFLICT (owner, wrap) DO UPDATE SET tries = tries + 1, locked_until = CASE tries + 1
{" ".join(f"WHEN {PIN_TRIES * (k + 1)} THEN :at + {s}" for k, s in enumerate(PIN_LOCKS_SECONDS))}
ELSE locked_until END
WHERE tries < {_TRIES_EVER} AND locked_until <= :at
RETURNING tries, locked_until"""  # noqa: S608 - our own numbers

_LOOK = """SELECT tries, locked_until FROM guess
WHERE owner = ? AND wrap IN (?, '') ORDER BY locked_until DESC, tries DESC"""
# Of one owner no more than a lock-out's worth in a day, and nothing once a right PIN has followed: whoever mistypes all
# day, right ones in between, stops nobody else.
_WRONG = f"""SELECT spare, sum(max(0, min(fresh, {PIN_TRIES} - old))) FROM (
SELECT owner, spare, sum(at > :hour) AS fresh, sum(at <= :hour) AS old FROM wrong WHERE at > :day GROUP BY owner, spare
) GROUP BY spare"""  # noqa: S608 - our own number
_FORGET = "DELETE FROM guess WHERE owner = ? AND wrap = ? RETURNING tries"
_NAME = "UPDATE OR REPLACE guess SET wrap = ? WHERE owner = ? AND wrap = ''"


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a record was opened, why and for whom; kept until it is in the owner's chain, whatever was rolled back."""

    ticket: str
    purpose: str
    session_hash: bytes
    at: datetime
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """That an owner was locked out for so many minutes, or blocked (0); kept until she was told."""

    id: int
    owner: str
    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One guess, already counted."""

    tries: int
    locked_until: float
    at: float

    def refusal(self) -> Refusal:
        """What to tell the person if this guess was wrong."""
        if self.tries >= _TRIES_EVER:
            return Refusal(RefusalCode.PIN_BLOCKED)
        if self.locked_until > self.at:
            return Refusal(
                RefusalCode.PIN_LOCKED, minutes=int(-(-(self.locked_until - self.at) // 60))
            )
        return Refusal(RefusalCode.PIN_WRONG, tries_left=PIN_TRIES - self.tries % PIN_TRIES)


class Attempts:
    """The file. `wrong_per_hour` is how many wrong PINs the whole node bears before PINs rest.

    Whoever is in good standing (a right PIN lately, none wrong since) may go on, one guess at a time; such guesses have
    as many wrong ones to themselves. So it takes that many people in good standing to stop the others.
    """

    def __init__(self, path: Path, *, wrong_per_hour: int) -> None:
        self._path, self._wrong_per_hour = path, wrong_per_hour
        _create(path)
        # While one connection stays open, closing another costs no checkpoint: half of the time of an unlock.
        anchor = sqlite3.connect(path, check_same_thread=False)
        anchor.execute(_LOOK, ("", "")).fetchone()
        weakref.finalize(self, anchor.close)

    def check(self, owner: str, wrap: str, *, now: datetime) -> bool:
        """Refuse, without any work, an owner who is locked or blocked, and nearly everybody while PINs rest.

        True for who may guess all the same; it must be told to `failed`.
        """
        at = now.timestamp()
        since = {"hour": at - PIN_VELOCITY_SECONDS, "day": at - PIN_WRONG_SECONDS}
        with self._file() as file:
            row = file.execute(_LOOK, (owner, wrap)).fetchone()
            wrong = dict(file.execute(_WRONG, since).fetchall())
            known = file.execute("SELECT at FROM known WHERE owner = ?", (owner,)).fetchone()
        rests = wrong.get("", 0) >= self._wrong_per_hour
        is_good = row is None and known is not None and known[0] > at - PIN_KNOWN_SECONDS
        if rests and (not is_good or wrong.get(_SPARE, 0) >= self._wrong_per_hour):
            raise Refusal(RefusalCode.PIN_PAUSED)
        if row is not None:
            tries, locked_until = row
            attempt = Attempt(tries, locked_until, at)
            if attempt.locked_until > at or attempt.refusal().code == RefusalCode.PIN_BLOCKED:
                raise attempt.refusal()
        return bool(rests)

    def begin(self, owner: str, wrap: str, *, now: datetime) -> Attempt:
        """Count a guess before it is tried. Refuses `pin_locked` or `pin_blocked`, and then counts nothing."""
        at = now.timestamp()
        with self._file() as file:
            file.execute(_NAME, (wrap, owner))
            rows = file.execute(_COUNT, {"owner": owner, "wrap": wrap, "at": at}).fetchall()
        if not rows:
            self.check(owner, wrap, now=now)
            raise Refusal(RefusalCode.PIN_LOCKED, minutes=1)  # the lock ended between the two looks
        tries, locked_until = rows[0]
        return Attempt(tries, locked_until, at)

    def taken_back(self, owner: str, wrap: str) -> None:
        """The guess could not be tried after all: the pepper is out of reach."""
        with self._file() as file:
            file.execute(
                "UPDATE guess SET tries = tries - 1, locked_until = 0"
                " WHERE owner = ? AND wrap = ? AND tries > 0",  # a right one may have come in between
                (owner, wrap),
            )

    def failed(self, owner: str, attempt: Attempt, *, spare: bool = False) -> Refusal:
        """The guess was wrong: what to tell her; a lock-out it earned waits to be texted."""
        refusal = attempt.refusal()
        with self._file() as file:
            row = (attempt.at, owner, _SPARE if spare else "")
            file.execute("INSERT INTO wrong (at, owner, spare) VALUES (?, ?, ?)", row)
            file.execute("DELETE FROM wrong WHERE at < ?", (attempt.at - PIN_WRONG_SECONDS,))
            if refusal.code != RefusalCode.PIN_WRONG:
                at = datetime.fromtimestamp(attempt.at, UTC).isoformat()
                told = (owner, at, refusal.facts.get("minutes", 0))
                file.execute("INSERT INTO alarm (owner, at, minutes) VALUES (?, ?, ?)", told)
        return refusal

    def succeeded(self, owner: str, wrap: str, receipt: Receipt | None, *, now: datetime) -> int:
        """The PIN was right: all guesses are forgotten, and what it opened is remembered in the same breath.

        Returns how many guesses there were, the right one with them.
        """
        with self._file() as file:
            file.execute("BEGIN IMMEDIATE")
            forgotten = file.execute(_FORGET, (owner, wrap)).fetchall()
            if forgotten and forgotten[0][0] > 1:
                file.execute("DELETE FROM wrong WHERE owner = ?", (owner,))
            file.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (owner, now.timestamp()))
            if receipt is not None:
                _remember(file, owner, receipt)
            file.execute("COMMIT")
        return sum(tries for (tries,) in forgotten)

    def opened(self, owner: str, receipt: Receipt) -> None:
        """What was opened without a PIN of its owner's: remembered before it is told."""
        with self._file() as file:
            _remember(file, owner, receipt)

    def receipts(self, *, owner: str | None, limit: int) -> list[tuple[str, Receipt]]:
        """What was opened, with its owner, and is not yet known to be in a chain; the oldest first."""
        query = (
            "SELECT owner, ticket, purpose, session_hash, at, audience FROM receipt"
            " WHERE ? IN (owner, '') ORDER BY at, ticket LIMIT ?"
        )
        with self._file() as file:
            rows = file.execute(query, (owner or "", limit)).fetchall()
        return [
            (who, Receipt(ticket, why, proof, datetime.fromisoformat(at), audience))
            for who, ticket, why, proof, at, audience in rows
        ]

    def forget(self, tickets: Iterable[str]) -> None:
        """These receipts are in the chain for good."""
        with self._file() as file:
            file.executemany("DELETE FROM receipt WHERE ticket = ?", [(one,) for one in tickets])

    def alarms(self, limit: int) -> list[Alarm]:
        """The lock-outs nobody was told of yet."""
        with self._file() as file:
            rows = file.execute("SELECT * FROM alarm ORDER BY id LIMIT ?", (limit,)).fetchall()
        return [Alarm(id, owner, datetime.fromisoformat(at), much) for id, owner, at, much in rows]

    def told(self, ids: Iterable[int]) -> None:
        """These lock-outs were texted."""
        with self._file() as file:
            file.executemany("DELETE FROM alarm WHERE id = ?", [(one,) for one in ids])

    def erase(self, owner: str, epoch: int) -> None:
        """Open no wrap of this owner up to `epoch` ever again, not even from a backup of the database."""
        with self._file() as file:
            file.execute("DELETE FROM guess WHERE owner = ?", (owner,))
            file.execute("DELETE FROM known WHERE owner = ?", (owner,))
            file.execute(
                "INSERT INTO erased VALUES (?, ?)"
                " ON CONFLICT (owner) DO UPDATE SET epoch = max(epoch, excluded.epoch)",
                (owner, epoch),
            )

    def erased_until(self, owner: str) -> int:
        """The last epoch of this owner that was erased; 0 = none."""
        with self._file() as file:
            row = file.execute("SELECT epoch FROM erased WHERE owner = ?", (owner,)).fetchone()
        return row[0] if row else 0

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        # A connection per use: it may be used from any thread and survives a fork.
        file = sqlite3.connect(self._path, timeout=LOCK_WAIT_MS / 1000, isolation_level=None)
        try:
            file.execute("PRAGMA synchronous=FULL")
            yield file
        finally:
            file.close()


def _remember(file: sqlite3.Connection, owner: str, receipt: Receipt) -> None:
    row = (
        receipt.ticket, owner, receipt.purpose, receipt.session_hash, receipt.at.isoformat(), receipt.audience,
    )  # fmt: skip
    file.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", row)


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    file = sqlite3.connect(path, timeout=LOCK_WAIT_MS / 1000, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode=WAL")
        if file.execute("PRAGMA user_version").fetchone()[0] < FORMAT:
            _bring_up_to_date(file)
    finally:
        file.close()


def _bring_up_to_date(file: sqlite3.Connection) -> None:
    file.execute("BEGIN IMMEDIATE")  # of two processes one comes second and finds all done
    for table, column in (("receipt", "audience"), ("wrong", "owner"), ("wrong", "spare")):
        columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
        if columns and column not in columns:
            file.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    if file.execute("SELECT 1 FROM pragma_table_info('guess') WHERE name = 'total'").fetchone():
        file.execute("ALTER TABLE guess DROP COLUMN total")  # it never ran ahead of `tries`
    for statement in _SCHEMA.split(";"):
        file.execute(statement)
    if file.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempt'").fetchone():
        for statement in _FROM_FORMAT_1:
            file.execute(statement)
    file.execute(f"PRAGMA user_version = {FORMAT}")
    file.execute("COMMIT")
