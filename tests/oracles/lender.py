"""A lender whose node listens where it says it does, for the wallets of others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from gateway.app import create_app
from tests.gateway.asking import Lender


@contextmanager
def listening(databases: dict[str, Any], folder: Path, redis_url: str) -> Iterator[Lender]:
    """The lender, until the test is over; `server.app` is what answers."""
    url = databases["sqlite"].fresh(folder)
    waiting = make_server("127.0.0.1", 0, lambda _, start: [], threaded=True)
    made = Lender(folder / "home", url, redis_url, port=waiting.port)
    waiting.app = create_app(made.node)
    made.server = waiting
    serving = threading.Thread(target=waiting.serve_forever)
    serving.start()
    yield made
    waiting.shutdown()
    serving.join()
    waiting.server_close()
    made.close()
    databases["sqlite"].drop(url)
