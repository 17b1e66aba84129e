"""The day of lending: many short transactions until nothing of today is left, and other jobs in between."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from config.limits import DAY_ASIDE_MOST, DAY_PAUSE_SECONDS, DAY_WAKE_SECONDS, DRAIN_ROWS
from core import clock, lending
from core.db import Session
from core.lending import community, day_clock, deposits, exposure, project_end, set_aside
from core.lending.set_aside import Broken
from core.node import Node

log = structlog.get_logger(__name__)


def day(node: Node) -> int:
    """Interest, defaults, reminders and late complaints of today; called as often as one likes, it does each once."""
    if not _is_clock_believed(node):
        return 0
    ends = time.monotonic() + DAY_WAKE_SECONDS
    done = 0
    while worked := _piece(node):
        done += worked
        if time.monotonic() > ends:
            return max(done, DRAIN_ROWS)  # there is more: come back after whoever waits now
        pause(node.engine)
    _fold_exposure(node)
    return escalate(node)


def escalate(node: Node) -> int:
    """Complaints that nobody answered in time are carried above, and who complained is told."""
    with node.sessions.begin() as db:
        return lending.complaints.escalate(db, now=node.clock(), limit=DRAIN_ROWS)


def pause(engine: Engine) -> None:
    """On SQLite one writes at a time: a payment that waits gets its turn. PostgreSQL lets both write."""
    if engine.dialect.name == "sqlite":
        time.sleep(DAY_PAUSE_SECONDS)


def group(node: Node) -> int:
    """Deposits stand in for a default, projects that ended are closed, free deposits go back: one a transaction."""
    if not _is_clock_believed(node):
        return 0
    steps = (community.compensate_next, project_end.close_next, deposits.return_next)
    return sum(_drain(node, step) for step in steps)


def database_now(db: Session, node: Node) -> datetime | None:
    """The database's clock, to compare with; a node whose clock is turned by hand (a test) has none to compare."""
    return day_clock.database_now(db) if node.clock is clock.now else None


def _is_clock_believed(node: Node) -> bool:
    now = node.clock()
    with node.sessions.begin() as db:
        believed = day_clock.is_believed(db, now=now, database=database_now(db, node))
    if not believed:
        log.error("the day end waits: is this the right day? growr loan day", clock=now.isoformat())
    return believed


def _piece(node: Node) -> int:
    try:
        with node.sessions.begin() as db:
            return lending.run_day(db, now=node.clock(), limit=1)
    except OperationalError:  # the database is away or busy: no loan is to blame
        raise
    except Exception:  # an entrance: whichever loan broke it is found, and the others go on
        log.exception("a piece of the day end broke")
        if found := _set_aside(node):
            return found
        raise


def _set_aside(node: Node) -> int:
    """Do the piece that broke loan by loan; how many were set aside."""
    now = node.clock()
    with node.sessions.begin() as db:
        broken = set_aside.find_broken(db, now=now)
    return sum(_alone(node, piece, now) for piece in broken)


def _alone(node: Node, piece: Broken, now: datetime) -> int:
    """Where next to none of many goes through, no loan is to blame, and none is set aside."""
    failed = {id: why for id in piece.loans if (why := _try_alone(node, piece, id, now))}
    if len(failed) > DAY_ASIDE_MOST and 2 * len(failed) > len(piece.loans):
        return 0
    for loan_id, why in failed.items():
        with node.sessions.begin() as db:
            set_aside.set_aside(db, piece, loan_id, why)
    return len(failed)


def _try_alone(node: Node, piece: Broken, loan_id: uuid.UUID, now: datetime) -> str | None:
    try:
        with node.sessions.begin() as db:
            set_aside.try_alone(db, piece, loan_id, now=now)
    except OperationalError:
        raise
    except Exception as error:  # an entrance too, of one loan: logged and told
        log.exception("a loan cannot be read", loan=str(loan_id))
        return type(error).__name__
    return None


def _fold_exposure(node: Node) -> None:
    folded = 1
    while folded:
        with node.sessions.begin() as db:
            folded = exposure.fold_changes(db)


def _drain(node: Node, step: Callable[..., bool]) -> int:
    for done in range(DRAIN_ROWS):
        with node.sessions.begin() as db:
            if not step(db, now=node.clock()):
                return done
    return DRAIN_ROWS
