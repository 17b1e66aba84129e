"""Another node announces somebody who moves here, or takes what somebody who leaves has offered it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Response, abort, request

from core.errors import Refusal
from core.node import Node
from core.onboarding import arrival_word, handover_giving, handovers
from gateway.openid import bearer, private, told

log = structlog.get_logger(__name__)

CODES = {
    "credential_refused": 401,  # its signature: perhaps we do not know its newest key yet
    "token_unknown": 401,
    "neighbour_unknown": 403,
    "user_blocked": 403,
    "hand_over_incomplete": 409,
}
_BAD, _CREATED, _DAY = 400, 201, 24 * 3_600
JSON = "application/json"
Answer = tuple[dict[str, Any], int]


def blueprint(node: Node) -> Blueprint:
    """POST /handover and /handover/taken (a JWS each), GET /handover/record; GET /moved/<did> is for everybody."""
    pages = Blueprint("handover", __name__)

    @pages.post("/handover")
    def announce() -> Answer:
        return _answered(lambda: _announce(node, _body()))

    @pages.get("/handover/record")
    def record() -> Response | Answer:
        try:
            with node.sessions.begin() as db:
                file = handover_giving.file(
                    db, keyring=node.keyring, token=bearer(), now=node.clock()
                )
        except Refusal as refusal:
            return _no(refusal)
        return private(file, JSON)

    @pages.post("/handover/taken")
    def taken() -> Answer:
        return _answered(lambda: _taken(node, bearer(), _body()))

    @pages.get("/moved/<did>")
    def moved(did: str) -> Response:
        with node.sessions() as db:
            word = handovers.moved(db, did)
        if word is None:
            abort(404)
        headers = {"Cache-Control": f"public, max-age={_DAY}"}
        return Response(word, content_type="application/jwt", headers=headers)

    return pages


def _announce(node: Node, word: str) -> Answer:
    with node.sessions.begin() as db:
        arrival_word.receive(
            db, word, neighbours=node.settings.neighbours, keyring=node.keyring, issuer=node.issuer, now=node.clock()
        )  # fmt: skip
    return {"expected": True}, _CREATED


def _taken(node: Node, token: str, statement: str) -> Answer:
    with node.sessions.begin() as db:
        word, given = handover_giving.all_taken(
            db, keyring=node.keyring, token=token, statement=statement, issuer=node.issuer, now=node.clock()
        )  # fmt: skip
    told(node, given)
    return {"moved": word}, 200


def _answered(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except Refusal as refusal:
        return _no(refusal)


def _no(refusal: Refusal) -> Answer:
    detail = refusal.facts.get("reason") or refusal.facts.get("detail")
    log.info("hand-over refused", code=refusal.code, detail=detail)
    return {"error": refusal.code}, CODES.get(refusal.code, _BAD)


def _body() -> str:
    return request.get_data(as_text=True).strip()
