"""The one function RQ calls: it names a kind of work, and the rows waiting for it are done."""

from __future__ import annotations

from functools import cache

from config.limits import DRAIN_ROWS
from config.settings import Settings
from core import node
from core.jobs import JOBS
from core.node import Node
from core.queue import Job
from core.wakeups import waker


def perform(job: str) -> int:
    """Do what waits for this job; if more is left than one wake-up may take, ask for another."""
    kind = Job(job)
    done = JOBS[kind](this_node())
    if done >= DRAIN_ROWS:
        waker(this_node().redis)(kind)
    return done


@cache
def this_node() -> Node:
    """The node of this worker process, built at the first need."""
    return node.build(Settings())
