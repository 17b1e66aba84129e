"""An application for tests of the web processes: it says what it read, how old that was, and who answers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Request

from gateway.arrival import Arrivals

ARRIVALS = Arrivals([])
SLOW = {"/u/slow": 0.3, "/slow": 2.0}  # seconds


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    waited = ARRIVALS.waited(Request(environ))
    body = environ["wsgi.input"].read()
    time.sleep(SLOW.get(environ["PATH_INFO"], 0.0))
    said = json.dumps(
        {"body": body.decode("latin-1"), "waited": waited, "pid": os.getpid()}
    ).encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]
