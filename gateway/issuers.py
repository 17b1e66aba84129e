"""Where trusted parties send credentials for our people: each request is one signed word, read once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, request
from sqlalchemy.orm import Session

from core import credentials
from core.errors import Refusal
from core.node import Node
from core.onboarding import issuing
from core.onboarding.issuing import Word

log = structlog.get_logger(__name__)

CODES = {"issuer_unknown": 403, "type_not_allowed": 403, "person_unknown": 404}
_BAD, _CREATED = 400, 201
Act = Callable[[Session, Word], tuple[dict[str, Any], int]]


def blueprint(node: Node) -> Blueprint:
    """POST /issuer/holders and /issuer/credentials, body: a JWS of a known issuer (docs/credentials.md)."""
    pages = Blueprint("issuers", __name__)

    @pages.post("/issuer/holders")
    def holder() -> tuple[dict[str, Any], int]:
        return _heard(node, lambda db, word: ({"did": issuing.holder_of(db, word)}, 200))

    @pages.post("/issuer/credentials")
    def credential() -> tuple[dict[str, Any], int]:
        def act(db: Session, word: Word) -> tuple[dict[str, Any], int]:
            type = issuing.receive(db, word, issuer=node.issuer, now=node.clock())
            return {"received": type}, _CREATED

        return _heard(node, act)

    return pages


def _heard(node: Node, act: Act) -> tuple[dict[str, Any], int]:
    """One transaction: a word that is refused is not used up, so that it may be mended and sent again."""
    text = request.get_data(as_text=True).strip()
    try:
        with node.sessions.begin() as db:
            trust = {known.did: known.keys for known in credentials.trust.listed(db)}
            word = issuing.hear(db, text, trust=trust, audience=node.issuer.did, now=node.clock())
            return act(db, word)
    except Refusal as refusal:
        log.info("issuer refused", code=refusal.code, reason=refusal.facts.get("reason"))
        told: dict[str, Any] = {
            name: refusal.facts[name]
            for name in ("reason", "detail", "names")
            if name in refusal.facts
        }
        return {"error": refusal.code, **told}, CODES.get(refusal.code, _BAD)
