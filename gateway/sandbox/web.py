"""What the sandbox's endpoints share: reading input, answering in JSON, and answering badly on order."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from flask import Response, abort, request
from werkzeug.exceptions import HTTPException

from gateway.sandbox import faults, numbers
from gateway.sandbox.world import World

DELAY_SECONDS = 12.0  # longer than the node waits for an answer
TEXT_MAX = 2_000


def body() -> dict[str, Any]:
    """The JSON object somebody sent, or 400."""
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        abort(400, "send a JSON object with Content-Type: application/json")
    return data


def text(data: dict[str, Any], name: str, *, most: int = TEXT_MAX) -> str:
    """A text field, or 400."""
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        abort(400, f"{name!r} must be a text and not empty")
    if len(value) > most:
        abort(400, f"{name!r} has more than {most} characters")
    return value


def whole(
    data: dict[str, Any], name: str, *, least: int, most: int, default: int | None = None
) -> int:
    """A whole number within limits, or 400."""
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        abort(400, f"{name!r} must be a whole number from {least} to {most}")
    return value


def phone(raw: str) -> str:
    """`254711000111` from the path, or 400."""
    known = numbers.msisdn(raw)
    if known is None:
        abort(400, "that is no Kenyan mobile number; write +254711000111")
    return known


def clear_error(error: HTTPException) -> tuple[dict[str, Any], int]:
    """The sandbox's own endpoints say what was wrong in one JSON sentence."""
    return {"error": error.description or error.name}, error.code or 500


def drop() -> Response:
    """Break the connection, so that the caller never learns what happened."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=502)


def answering(
    world: World, target: str, act: Callable[[], Response], refuse: Callable[[str], Response]
) -> Response:
    """Act and answer as the next fault of the target wants it; `refuse(kind)` words the refusals."""
    with world.store.begin() as db:
        fault = faults.take(db, target, *faults.ACKNOWLEDGEMENT, faults.EXPIRED, faults.LOCKED)
    if fault is None:
        return act()
    if fault.kind == faults.NOT_ACTED:
        return drop()
    if fault.kind in {faults.ERROR, faults.RATE_LIMITED, faults.EXPIRED, faults.LOCKED}:
        return refuse(fault.kind)
    response = act()
    match fault.kind:
        case faults.LOST:
            return drop()
        case faults.DELAY:
            time.sleep(DELAY_SECONDS if fault.seconds is None else fault.seconds)
        case faults.MALFORMED:
            return Response('{"Response', content_type=response.content_type)
        case faults.ERROR_AFTER:
            return refuse(faults.ERROR)
    return response
