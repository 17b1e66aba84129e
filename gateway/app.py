"""The Flask application of a node: it registers only what the blueprint plays, and answers every error calmly."""

from __future__ import annotations

import secrets

import structlog
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from config.blueprint import Role
from config.limits import BODY_BYTES
from core.errors import Busy
from core.node import Node
from gateway import (
    asking,
    callbacks,
    credential_types,
    handover,
    health,
    issuers,
    openid,
    sms,
    ussd,
    wallet_page,
    wellknown,
)
from menus.screens import MENU

log = structlog.get_logger(__name__)

BUSY_SECONDS = 5  # until who found the key service or the database busy may ask again
_COME_AGAIN = {"error": "busy"}, 503, {"Retry-After": str(BUSY_SECONDS)}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(node: Node) -> Flask:
    """The web side of this node."""
    app = Flask("gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.config["MAX_FORM_PARTS"] = 100
    app.register_blueprint(health.blueprint(node))
    if node.blueprint.plays(Role.USSD):
        app.register_blueprint(ussd.blueprint(node, MENU))
    if node.blueprint.plays(Role.SMS):
        app.register_blueprint(sms.blueprint(node))
    if node.blueprint.plays(Role.CREDENTIALS):
        app.register_blueprint(wellknown.blueprint(node))
        app.register_blueprint(credential_types.blueprint(node))
        app.register_blueprint(issuers.blueprint(node))
        app.register_blueprint(openid.blueprint(node))
        app.register_blueprint(wallet_page.blueprint(node))
        app.register_blueprint(handover.blueprint(node))
        app.register_blueprint(asking.blueprint(node))
    if node.rails:
        app.register_blueprint(callbacks.blueprint(node))
    answer_calmly(app)
    return app


def answer_calmly(app: Flask) -> None:
    """Whatever happens, whoever called is told whether to come again, and nothing of what went wrong."""
    app.after_request(_headers)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(OperationalError, _not_written)
    app.register_error_handler(Exception, _bug)


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refused(error: HTTPException) -> tuple[dict[str, str], int]:
    """404, 405, 413 and the like: one clear line, in the answer and in the log (an address may be a secret)."""
    log.info("refused", status=error.code, endpoint=request.endpoint)
    return {"error": error.name.lower()}, error.code or 500


def _busy(_: Exception) -> ResponseReturnValue:
    """Not now: whoever asked comes again, and finds everything as it was."""
    log.warning("busy", endpoint=request.endpoint)
    return _COME_AGAIN


def _not_written(error: Exception) -> ResponseReturnValue:
    """The database is away or its disk is full: nothing was kept, so carrier and provider shall tell it again."""
    log.error("not written", endpoint=request.endpoint, why=str(getattr(error, "orig", error)))
    return _COME_AGAIN


def _bug(error: Exception) -> tuple[dict[str, str], int]:
    """Anything else is our bug: logged with a reference, and nothing of it is told outside."""
    reference = secrets.token_hex(4)
    log.error("bug", reference=reference, endpoint=request.endpoint, exc_info=error)
    return {"error": "internal error", "reference": reference}, 500
