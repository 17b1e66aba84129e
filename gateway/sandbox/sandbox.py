"""The sandbox put together: memory, scheduler, web application and the server that carries it."""

from __future__ import annotations

import logging
import threading
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from gateway.sandbox import (
    africastalking_inbox,
    africastalking_insights,
    africastalking_sms,
    africastalking_ussd,
    control,
    courier,
    daraja_access,
    daraja_b2c,
    daraja_c2b,
    daraja_pull,
    daraja_status,
    daraja_stk,
    kilimo,
    overview,
    page,
    phones,
    purse,
    wallet,
    web,
)
from gateway.sandbox.daraja_codes import DarajaError
from gateway.sandbox.scheduler import Scheduler
from gateway.sandbox.settings import SandboxSettings
from gateway.sandbox.store import Store
from gateway.sandbox.world import World

HOST = "127.0.0.1"
BODY_BYTES = 64 * 1024
STOP_SECONDS = 0.05  # how often the server looks whether it shall stop
PARTS = (
    africastalking_ussd,
    africastalking_sms,
    africastalking_insights,
    africastalking_inbox,
    daraja_access,
    daraja_stk,
    daraja_b2c,
    daraja_c2b,
    daraja_pull,
    daraja_status,
    kilimo,
    phones,
    purse,
    control,
    overview,
    page,
)
DARAJA_PATHS = ("/mpesa/", "/oauth/", "/pulltransactions/")
DARAJA_WORDS = {
    404: ("404.001.01", "Resource not found"),
    405: ("405.001", "Method Not Allowed"),
    413: ("400.002.05", "Invalid Request Payload"),
}

log = logging.getLogger(__name__)


class Sandbox:
    """Africa's Talking, M-PESA and the phones, on one port of this machine."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        store = Store(settings.database)
        self.world = World(settings=settings, store=store, scheduler=Scheduler(store))
        courier.register(self.world)
        self.app = _make_app(self.world)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        assert self._server is not None, "the sandbox is started"
        return f"http://{HOST}:{self._server.port}"

    def start(self, port: int | None = None) -> None:
        """Listen (port 0 = any free one), and go on with what a stop left undone."""
        wanted = self.settings.port if port is None else port
        self._server = make_server(HOST, wanted, self.app, threaded=True, request_handler=_Quiet)
        daraja_access.write_certificate(self.world)
        with self.world.store.begin() as db:
            wallet.open_shortcodes(db, self.settings)
            for part in (africastalking_ussd, daraja_stk, daraja_b2c):
                part.resume(self.world, db)
        self.world.scheduler.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_SECONDS,), name="sandbox-web", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, let running deliveries end, close the file."""
        assert self._server is not None, "the sandbox is started"
        assert self._thread is not None, "the sandbox is started"
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.world.scheduler.stop()
        self.world.store.close()


class _Quiet(WSGIRequestHandler):
    """Writes no access log: its lines would hold phone numbers."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def create_sandbox(settings: SandboxSettings | None = None) -> Sandbox:
    """A sandbox that is not listening yet."""
    return Sandbox(settings or SandboxSettings())


def _make_app(world: World) -> Flask:
    app = Flask("gateway.sandbox")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for part in PARTS:
        app.register_blueprint(part.blueprint(world))
    app.register_error_handler(DarajaError, DarajaError.response)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)
    return app


def _refused(error: HTTPException) -> Response | tuple[dict[str, Any], int]:
    """Daraja's addresses answer in Daraja's envelope, all others in one sentence."""
    if request.path.startswith(DARAJA_PATHS):
        words = DARAJA_WORDS.get(error.code or 500, ("400.002.05", "Invalid Request Payload"))
        return DarajaError(*words).response()
    return web.clear_error(error)


def _broken(bug: Exception) -> tuple[dict[str, Any], int]:
    log.error("the sandbox failed: %s", type(bug).__name__, exc_info=bug)
    return {"error": "the sandbox itself failed; its log says more"}, 500
