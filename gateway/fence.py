"""The web side of a member of others' fences: one address that takes signed questions, and one that says he is there.

It is an application of its own (`growr fence serve`), often on a machine where no node runs; a proxy gives it TLS.
"""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from config import logging, start
from config.limits import BODY_BYTES
from core import clock
from core.clock import Clock
from core.errors import Refusal
from core.keys import jose
from core.keys.fence_member import Member
from core.keys.fence_wire import PATH

log = structlog.get_logger(__name__)


def create_app(member: Member, now: Clock = clock.now) -> Flask:
    """The application of this member."""
    app = Flask("fence", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES

    @app.post(PATH)
    def ask() -> ResponseReturnValue:
        text = request.get_data().decode("ascii", errors="replace")
        try:
            said = member.answer(text, now=now())
        except Refusal as refusal:
            log.info("refused", code=refusal.code)
            return {"refused": refusal.code, **refusal.facts}, 403
        return {name: jose.b64u(value) for name, value in said.items()}

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return {"status": "ok"}

    app.after_request(_headers)
    app.register_error_handler(Exception, _bug)
    return app


def served() -> Flask:
    """The application for the web server, from the settings in the environment."""
    settings = start.read()
    logging.configure(settings.log_format)
    return create_app(Member(settings.fence_member))


def _headers(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _bug(error: Exception) -> ResponseReturnValue:
    """Nothing of it is told outside, and no trace is logged: it would hold a part of a key."""
    code = getattr(error, "code", None)
    if isinstance(code, int):  # 404, 405, 413 and the like
        return {"error": code}, code
    log.error("bug", kind=type(error).__name__)
    return {"error": 500}, 500
