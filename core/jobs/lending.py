"""The day of lending, a bounded piece per transaction, until nothing of today is left."""

from __future__ import annotations

from config.limits import DRAIN_ROWS
from core import lending
from core.node import Node


def day(node: Node) -> int:
    """Arrears, defaults and reminders of today; called as often as one likes, it does each once."""
    with node.sessions.begin() as db:
        return lending.run_day(db, now=node.clock(), limit=DRAIN_ROWS)
