"""The day of lending: many short transactions until nothing of today is left, and other jobs in between."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Engine

from config.limits import DAY_PAUSE_SECONDS, DAY_WAKE_SECONDS, DRAIN_ROWS
from core import lending
from core.lending import community, deposits, project_end
from core.node import Node


def day(node: Node) -> int:
    """Interest, defaults, reminders and late complaints of today; called as often as one likes, it does each once."""
    ends = time.monotonic() + DAY_WAKE_SECONDS
    done = 0
    while worked := _piece(node):
        done += worked
        if time.monotonic() > ends:
            return max(done, DRAIN_ROWS)  # there is more: come back after whoever waits now
        pause(node.engine)
    return escalate(node)


def escalate(node: Node) -> int:
    """Complaints that nobody answered in time are carried above, and who complained is told."""
    with node.sessions.begin() as db:
        return lending.complaints.escalate(db, now=node.clock(), limit=DRAIN_ROWS)


def pause(engine: Engine) -> None:
    """On SQLite one writes at a time: a payment that waits gets its turn. PostgreSQL lets both write."""
    if engine.dialect.name == "sqlite":
        time.sleep(DAY_PAUSE_SECONDS)


def _piece(node: Node) -> int:
    with node.sessions.begin() as db:
        return lending.run_day(db, now=node.clock(), limit=1)


def group(node: Node) -> int:
    """Deposits stand in for a default, projects that ended are closed, free deposits go back: one a transaction."""
    steps = (community.compensate_next, project_end.close_next, deposits.return_next)
    return sum(_drain(node, step) for step in steps)


def _drain(node: Node, step: Callable[..., bool]) -> int:
    for done in range(DRAIN_ROWS):
        with node.sessions.begin() as db:
            if not step(db, now=node.clock()):
                return done
    return DRAIN_ROWS
