"""A question to a wallet (OpenID4VP 1.0): the page with its code, the signed question, and the answer by direct_post.

The address is all one needs for the page and the question. The page tells who asks and what, and nothing of her; the
question tells her wallet, and whoever has the address, the terms of the loan, and still not whose it is.
"""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from flask import Blueprint, Response, abort, request

from core import lending, people
from core.credentials import openid_vp
from core.credentials.openid_vp import Verifier
from core.db import Session
from core.errors import Refusal
from core.keys import jose
from core.lending import PresentationRequest, answering, asking, asking_texts
from core.lending.answering import Answer
from core.node import Node
from core.refusal_codes import RefusalCode
from core.words import Words, words
from gateway import paper, qr
from gateway.openid import private
from menus.questions import questions
from menus.wallet_answers import why

log = structlog.get_logger(__name__)

JSON, SIGNED = "application/json", f"application/{openid_vp.TYP}"
_BAD = 400


def blueprint(node: Node) -> Blueprint:
    """GET /ask/<secret>, /ask/<secret>/request (what the code points to); POST /ask/<secret>/answer."""
    pages = Blueprint("asking", __name__, template_folder="templates")
    verifier = Verifier.of(node.keyring, node.issuer)

    @pages.get("/ask/<secret>")
    def page(secret: str) -> Response:
        with node.sessions() as db:
            try:
                found = asking.find(db, keyring=node.keyring, secret=secret, now=node.clock())
            except Refusal:
                return paper.gone()
            return _page(db, node, found)

    @pages.get("/ask/<secret>/request")
    def question(secret: str) -> Response:
        with node.sessions() as db:
            asked = _asked(db, node, _found(db, node, secret))
        return private(openid_vp.request_object(verifier, asked), SIGNED)

    @pages.post("/ask/<secret>/answer")
    def answer(secret: str) -> Response:
        with node.sessions.begin() as db:
            found = _found(db, node, secret)
            asking.count_try(db, found, node.clock())
            asked = _asked(db, node, found)
        try:
            shown = openid_vp.read_answer(request.form, asked)
            said = Answer(shown, asked.nonce, verifier.client_id, node.trust, node.clock())
            with node.sessions.begin() as db:
                answering.settle(db, request_id=found.id, answer=said)
        except Refusal as refusal:
            return _refused(node, found.id, refusal)
        return private("{}", JSON)

    return pages


def _found(db: Session, node: Node, secret: str) -> PresentationRequest:
    try:
        return asking.find(db, keyring=node.keyring, secret=secret, now=node.clock())
    except Refusal:
        abort(404)


def _asked(db: Session, node: Node, found: PresentationRequest) -> openid_vp.Asked:
    return asking.question(
        db, found, keyring=node.keyring, issuer=node.issuer, encrypted=node.settings.encrypted_presentations
    )  # fmt: skip


def _refused(node: Node, request_id: uuid.UUID, refusal: Refusal) -> Response:
    """Note and tell her why; the wallet is told as much as it showed itself, for the rest is hers alone."""
    reason = str(refusal.facts.get("reason", ""))
    log.info("answer of a wallet refused", code=refusal.code, reason=reason)
    with node.sessions.begin() as db:
        asking.note_problem(db, request_id, f"{refusal.code} {reason}".strip())
        asking_texts.refuse(db, request_id, refusal, say=why, now=node.clock())
    if refusal.code == RefusalCode.WALLET_DECLINED:
        return private("{}", JSON)
    told = {"error": "invalid_request", "error_description": reason} if reason else None
    answer = private(jose.dumps(told or {"error": "access_denied"}), JSON)
    answer.status_code = _BAD
    return answer


def _page(db: Session, node: Node, found: PresentationRequest) -> Response:
    tongue = words(found.language)
    project = lending.projects.get(db, found.project_id)
    lender = people.organisation(db, project.organisation_id)
    link = asking.link(node.keyring, found, node.issuer)
    asked = asking.criteria(project)
    return paper.page(
        "ask.html", say=_sentences(tongue, lender.name), language=tongue.language, link=link, qr=qr.svg(link),
        project=project.name, ways=[questions(tongue, way) for way in asked],
    )  # fmt: skip


def _sentences(tongue: Words, lender: str) -> dict[str, Any]:
    say = tongue.say
    return {
        "title": say("{name} asks a wallet", name=lender),
        "asks": say("It asks you to agree to this:"),
        "or": say("or"),
        "scan": say("Scan this with your wallet app. It works for half an hour, and once."),
        "open": say("Open in the wallet of this phone"),
        "careful": say("Your wallet shows you what it will answer. Say yes only if you want to."),
    }
