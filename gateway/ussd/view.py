"""The doors of the carrier: one for keystrokes, one for the end of a session. They authenticate, parse, hand on."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime

import structlog
from flask import Blueprint, Response, abort, request
from redis.exceptions import RedisError

from core import ussd
from core.errors import Refusal
from core.node import Node
from core.ussd import Trace
from core.words import DEFAULT_LANGUAGE, words
from gateway import guard
from gateway.arrival import Arrivals
from gateway.ussd import africastalking, callers
from gateway.ussd.desk import Desk, Late
from gateway.ussd.turn import Answer, Malformed
from menus import calm
from menus.menu import Menu
from menus.world import FindCaller

PLAIN = "text/plain; charset=utf-8"
PROBED = "This address is right. It waits for what the carrier posts."
log = structlog.get_logger(__name__)


def blueprint(
    node: Node,
    menu: Menu,
    *,
    find_caller: FindCaller = callers.find_caller,
    late: Late = callers.text_late_page,
) -> Blueprint:
    """`POST /u/<token>` for a keystroke, `POST /u/<token>/end` when the session is over."""
    doors = Blueprint("ussd", __name__)
    desk = Desk(node, menu, find_caller=find_caller, late=late)
    expected = node.keyring.token("ussd")
    arrivals = Arrivals(node.settings.trusted_proxies)

    @doors.get("/u/<token>", strict_slashes=False)
    @doors.get("/u/<token>/end", strict_slashes=False)
    def probe(token: str) -> Response:
        _authenticate(node, token, expected)
        return Response(PROBED, content_type=PLAIN)

    @doors.post("/u/<token>", strict_slashes=False)
    def keystroke(token: str) -> Response:
        _authenticate(node, token, expected)
        try:
            turn = africastalking.parse(_form())
        except Malformed as error:
            return _unreadable(error)
        except Refusal as refusal:
            log.warning("ussd refused", code=refusal.code)
            return _rendered(_closing(calm.TOO_LONG))
        return _rendered(desk.take(turn, arrivals.waited(request)))

    @doors.post("/u/<token>/end", strict_slashes=False)
    def ended(token: str) -> Response:
        _authenticate(node, token, expected)
        try:
            end = africastalking.parse_end(_form())
        except Malformed as error:
            return _unreadable(error)
        trace = _trace(desk, end.session_id)
        with node.sessions.begin() as db:
            fresh = ussd.record_session(db, **asdict(end), trace=trace, now=node.clock())
        log.info("ussd session ended", session=end.session_id, status=end.status, fresh=fresh)
        return Response("", content_type=PLAIN)

    return doors


def _authenticate(node: Node, token: str, expected: str) -> None:
    settings = node.settings
    if not guard.check_token(token, expected):
        abort(404)
    if not guard.address_allowed(request, settings.carrier_addresses, settings.trusted_proxies):
        log.warning("ussd from a strange address", address=request.remote_addr)
        abort(404)


def _form() -> dict[str, str]:
    if request.mimetype != africastalking.FORM:
        raise Malformed("content-type")
    return africastalking.fields(request.get_data(cache=False))


def _trace(desk: Desk, session_id: str) -> Trace | None:
    try:
        dialog = desk.store.find(session_id)
    except RedisError as error:
        log.warning("ussd end without dialog", session=session_id, kind=type(error).__name__)
        return None
    if dialog is None:
        return None
    return Trace(
        user_id=uuid.UUID(dialog.user_id) if dialog.user_id else None,
        language=dialog.language,
        started_at=datetime.fromisoformat(dialog.started_at),
        screen=dialog.screen,
        turns=dialog.turns,
    )


def _unreadable(error: Malformed) -> Response:
    log.warning("ussd callback malformed", field=error.name)
    return _rendered(_closing(calm.UNREADABLE))  # 200: of anything else she would see nothing


def _closing(text: str) -> Answer:
    return Answer(words(DEFAULT_LANGUAGE).say(text), ends=True)


def _rendered(answer: Answer) -> Response:
    status, headers, body = africastalking.render(answer)
    return Response(body, status, headers, content_type=PLAIN)
