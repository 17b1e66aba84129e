"""Work off the rows of one kind, one after the other, for a while; a row that breaks delays no other."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from config.limits import DRAIN_BREAKS, DRAIN_ROWS, DRAIN_SECONDS
from core.errors import log_bug

log = structlog.get_logger(__name__)


def drain(step: Callable[[], bool], what: str) -> int:
    """Take one step after the other until `step` says that nothing waits; how many, DRAIN_ROWS if more may wait.

    A step commits its claim, which puts its row behind the others, before it can break. Where DRAIN_BREAKS of them
    break it is not the rows: what is left waits for the next wake-up.
    """
    until, broken = time.monotonic() + DRAIN_SECONDS, 0
    for done in range(DRAIN_ROWS):
        if time.monotonic() > until:
            break
        more = _take(step, what)
        if more is None:
            broken += 1
        if more is False or broken >= DRAIN_BREAKS:
            return done
    return DRAIN_ROWS


def each(steps: dict[str, Callable[[], object]]) -> None:
    """Take every step, whichever of them breaks; for what has no rows to claim."""
    for what, step in steps.items():
        _take(step, what)


def _take(step: Callable[[], object], what: str) -> bool | None:
    """Whether the step did something; None if it broke."""
    try:
        return bool(step())
    except Exception as error:  # noqa: BLE001 - an entrance: one row's bug is not the others' delay
        log_bug(log, "work broken", error, what=what)
        return None
