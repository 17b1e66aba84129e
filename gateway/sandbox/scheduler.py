"""What happens later: rows with a time, and one thread that works them off, also after a restart."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.sandbox.store import Store

LOOK_SECONDS = 0.5  # at most this long between two looks at the table
THREADS = 16

log = logging.getLogger(__name__)
Handler = Callable[..., None]


class Scheduler:
    """Runs `handlers[kind](**payload)` when a row is due. A row is taken out before it runs: at most once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._handlers: dict[str, Handler] = {}
        self._taking = threading.Lock()  # a row that was taken out is counted before anybody looks
        self._running = 0
        self._wake = threading.Event()
        self._stopping = False
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox")
        self._thread = threading.Thread(target=self._run, name="sandbox-scheduler", daemon=True)

    def on(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    def later(self, db: sqlite3.Connection, seconds: float, kind: str, **payload: Any) -> None:
        """Have something happen after that many seconds, if this transaction commits."""
        assert kind in self._handlers, kind
        db.execute(
            "INSERT INTO due (at, kind, payload) VALUES (?, ?, ?)",
            (time.time() + seconds, kind, json.dumps(payload)),
        )
        self._wake.set()

    def is_busy(self, seconds: float) -> bool:
        """Whether something is running, or will be within so many seconds."""
        with self._taking, self._store.begin() as db:
            soon = "SELECT count(*) AS n FROM due WHERE at < ?"
            count = db.execute(soon, (time.time() + seconds,)).fetchone()["n"]
            return bool(count + self._running)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop taking rows and let the running ones end."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            for row in self._take():
                self._pool.submit(self._work, row["kind"], json.loads(row["payload"]))
            self._wake.wait(self._pause())

    def _take(self) -> list[sqlite3.Row]:
        with self._taking, self._store.begin() as db:
            due = "SELECT id FROM due WHERE at <= ? ORDER BY at, id LIMIT ?"
            rows = db.execute(
                f"DELETE FROM due WHERE id IN ({due}) RETURNING id, kind, payload",  # noqa: S608
                (time.time(), THREADS),
            ).fetchall()
            self._running += len(rows)
        return sorted(rows, key=lambda row: int(row["id"]))

    def _pause(self) -> float:
        with self._store.begin() as db:
            at = db.execute("SELECT min(at) AS at FROM due").fetchone()["at"]
        return LOOK_SECONDS if at is None else min(max(at - time.time(), 0.0), LOOK_SECONDS)

    def _work(self, kind: str, payload: dict[str, Any]) -> None:
        try:
            self._handlers[kind](**payload)
        except Exception as bug:  # noqa: BLE001 - the entrance of every delayed action
            log.error("delayed %s failed: %s", kind, type(bug).__name__)  # noqa: TRY400 - no private data
        finally:
            with self._taking:
                self._running -= 1
