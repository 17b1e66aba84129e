"""What a member remembers of an hour: the questions he heard, and how many guesses of a node nobody proved right."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from config.limits import LOCK_WAIT_MS, PIN_VELOCITY_SECONDS
from core.errors import Refusal
from core.refusal_codes import RefusalCode

_SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS heard (
    node TEXT NOT NULL,
    nonce BLOB NOT NULL,
    at REAL NOT NULL,
    wrap TEXT NOT NULL DEFAULT '',  -- what was evaluated and is not yet proven right
    PRIMARY KEY (node, nonce)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS heard_at ON heard (at);
CREATE INDEX IF NOT EXISTS heard_wrap ON heard (node, wrap);
"""
_UNPROVEN = "SELECT count(*) FROM heard WHERE node = ? AND wrap > '' AND at > ?"


class Calls:
    """The file. `open_per_hour` is how many unproven guesses of one node are borne."""

    def __init__(self, path: Path, *, open_per_hour: int) -> None:
        self._path, self._open_per_hour = path, open_per_hour
        with self._file() as file:
            file.executescript(_SCHEMA)
        # While one connection stays open, closing another costs no checkpoint (as in attempts).
        anchor = sqlite3.connect(path, check_same_thread=False)
        anchor.execute(_UNPROVEN, ("", 0)).fetchone()
        weakref.finalize(self, anchor.close)

    def hear(self, node: str, nonce: bytes, *, is_guess: bool, now: datetime) -> None:
        """Remember a question. Refuses `fence_replayed`, and `pin_paused` to a node that guesses at many.

        One popular PIN is not tried over all its people. An hour is longer than any question is fresh.
        """
        since = now.timestamp() - PIN_VELOCITY_SECONDS
        row = (node, nonce, now.timestamp())
        with self._file() as file:
            file.execute("DELETE FROM heard WHERE at < ?", (since,))
            new = file.execute("INSERT OR IGNORE INTO heard VALUES (?, ?, ?, '')", row).rowcount
            (unproven,) = file.execute(_UNPROVEN, (node, since)).fetchone()
        if not new:
            raise Refusal(RefusalCode.FENCE_REPLAYED)
        if is_guess and unproven >= self._open_per_hour:
            raise Refusal(RefusalCode.PIN_PAUSED)

    def opened(self, node: str, nonce: bytes, wrap: str) -> None:
        """This question is a guess at that wrap."""
        with self._file() as file:
            row = (wrap, node, nonce)
            file.execute("UPDATE heard SET wrap = ? WHERE node = ? AND nonce = ?", row)

    def right(self, node: str, wrap: str) -> None:
        """The guesses at this wrap were hers."""
        with self._file() as file:
            file.execute("UPDATE heard SET wrap = '' WHERE node = ? AND wrap = ?", (node, wrap))

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        # A crash of the machine may forget the last second: the counts of guesses are elsewhere, and lose nothing.
        file = sqlite3.connect(self._path, timeout=LOCK_WAIT_MS / 1000, isolation_level=None)
        try:
            file.execute("PRAGMA synchronous=NORMAL")
            yield file
        finally:
            file.close()
