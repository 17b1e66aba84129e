"""What nobody waits for: rows left half done, receipts not yet in their chain, nonces past their time, late answers."""

from __future__ import annotations

from config.limits import LIST_ROWS
from core import credentials, lending, sscr
from core.jobs import payments
from core.node import Node


def sweep(node: Node) -> int:
    """Find what a dead worker left, and keep the house clean."""
    found = payments.sweep(node)
    with node.sessions.begin() as db:
        now = node.clock()
        sscr.write_receipts(db, custody=node.custody, now=now, limit=LIST_ROWS)
        credentials.forget_nonces(db, now=now)
        lending.complaints.escalate(db, now=now, limit=LIST_ROWS)
    return found
