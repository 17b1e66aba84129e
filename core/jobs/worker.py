"""A worker process: waits for wake-ups and drains rows. It does not fork; a row, not a process, is what survives."""

from __future__ import annotations

import redis
from rq import Queue, SimpleWorker

from config import start
from core.jobs.run import this_node
from core.node import QUEUE


def main() -> None:
    """Work until told to stop (SIGTERM ends after the present job)."""
    assert __debug__, "never run with python -O: asserts guard money"
    settings = start.begin()
    this_node()
    connection = redis.Redis.from_url(settings.redis)  # RQ waits long for work: no read timeout
    SimpleWorker([Queue(QUEUE, connection=connection)], connection=connection).work(
        logging_level="WARNING"
    )


if __name__ == "__main__":
    main()
