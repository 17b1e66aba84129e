"""A node that only listens: it writes down what the sandbox sends it and answers what a test tells it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server


@dataclass(frozen=True)
class Heard:
    path: str
    form: dict[str, str]
    json: Any
    headers: dict[str, str]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class ListeningNode:
    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: dict[str, Callable[[Heard], Response]] = {
            "/u": lambda turn: Response(f"CON text={turn.form['text']}", content_type="text/plain")
        }
        app = Flask("listening-node")
        app.add_url_rule("/<path:path>", view_func=self._hear, methods=["POST"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def _hear(self, path: str) -> Response:
        json = request.get_json(silent=True)
        heard = Heard(f"/{path}", request.form.to_dict(), json, dict(request.headers))
        self.heard.append(heard)
        return self.answers.get(heard.path, lambda _: Response("ok"))(heard)

    def at(self, path: str) -> list[Heard]:
        return [heard for heard in list(self.heard) if heard.path == path]

    def wait(self, path: str, count: int = 1) -> list[Heard]:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if len(self.at(path)) >= count:
                return self.at(path)
            time.sleep(0.01)
        raise AssertionError(f"{len(self.at(path))} of {count} came to {path}")

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
