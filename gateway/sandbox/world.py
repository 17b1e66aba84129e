"""What every part of the sandbox works with: its settings, its memory and its scheduler."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from dataclasses import dataclass, field

from gateway.sandbox import numbers, wallet
from gateway.sandbox.scheduler import Scheduler
from gateway.sandbox.settings import SandboxSettings
from gateway.sandbox.store import Store


@dataclass(frozen=True)
class World:
    """Handed to every part; holds no behaviour but the making of phones."""

    settings: SandboxSettings
    store: Store
    scheduler: Scheduler
    keypads: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def know(self, db: sqlite3.Connection, msisdn: str) -> None:
        """A phone exists from the moment somebody speaks of it, with some money in its wallet."""
        db.execute("INSERT OR IGNORE INTO phone VALUES (?, ?)", (msisdn, numbers.iso()))
        wallet.open_account(db, msisdn, self.settings.phone_balance)
