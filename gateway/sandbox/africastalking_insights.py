"""Africa's Talking Insights: the question whether a SIM was changed is queued, and answered by a callback."""

from __future__ import annotations

import hmac
import sqlite3
from typing import Any

from flask import Blueprint, Response, jsonify, request

from gateway.sandbox import courier, faults, numbers, web
from gateway.sandbox.courier import Letter
from gateway.sandbox.world import World

NEVER = "01-01-1900"


def blueprint(world: World) -> Blueprint:
    """`/v1/sim-swap`, as the official SDK calls it. The fault `sim: swapped` makes a SIM of today."""
    pages = Blueprint("insights", __name__)

    @pages.post("/v1/sim-swap")
    def sim_swap() -> Response:
        return web.answering(world, "sim", lambda: _queue(world), _refusal)

    return pages


def _queue(world: World) -> Response:
    data, settings = web.body(), world.settings
    key = request.headers.get("apiKey", "").encode()
    right = hmac.compare_digest(key, settings.at_api_key.encode())
    if not right or data.get("username") != settings.at_username:
        return Response("The supplied authentication is invalid", status=401)
    transaction = numbers.hex_id("")
    with world.store.begin() as db:
        rows = [_ask(world, db, str(one), transaction) for one in data.get("phoneNumbers", [])]
    return jsonify({"status": "Processed", "transactionId": transaction, "responses": rows})


def _ask(world: World, db: sqlite3.Connection, number: str, transaction: str) -> dict[str, Any]:
    asked = numbers.hex_id("ATSwpid_")
    swapped = faults.take(db, "sim", faults.SWAPPED) is not None
    said = {
        "status": "Swapped" if swapped else "NotSwapped",
        "lastSimSwapDate": numbers.now().date().strftime("%d-%m-%Y") if swapped else NEVER,
        "providerRefId": numbers.hex_id(""),
        "requestId": asked,
        "transactionId": transaction,
    }
    letter = Letter(world.settings.sim_url, json=said)
    courier.send(world, db, "sim", letter, after=world.settings.delay_seconds)
    return {"phoneNumber": {"number": number}, "requestId": asked, "status": "Queued"}


def _refusal(kind: str) -> Response:
    if kind == faults.RATE_LIMITED:
        return Response("Too many requests", status=429)
    return Response("Internal Server Error", status=500)
