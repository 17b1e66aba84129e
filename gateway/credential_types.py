"""What credential types are, and what became of credentials: documents anybody may read, keep and check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, request

from config.limits import DID_DOCUMENT_SECONDS, STATUS_TTL_SECONDS, TYPE_SECONDS
from core.credentials import CredentialType, Issuer, schemas, status_lists
from core.errors import Refusal
from core.keys import jose
from core.node import Node

SCHEMA, METADATA = "application/schema+json", "application/json"
TOKEN_LIST, VC = "application/statuslist+jwt", "application/vc+jwt"
Document = Callable[[CredentialType, str], dict[str, Any]]


def blueprint(node: Node) -> Blueprint:
    """GET /vct/<type>/1, /schemas/<type>/1.json (and 1.vc.json), /status/[es256/]<list>[/<purpose>]."""
    pages = Blueprint("credential_types", __name__)

    @pages.get("/vct/<type>/1")
    def metadata(type: str) -> Response:
        return _document(node, type, schemas.metadata, METADATA)

    @pages.get("/schemas/<type>/1.json")
    def schema(type: str) -> Response:
        return _document(node, type, schemas.schema, SCHEMA)

    @pages.get("/schemas/<type>/1.vc.json")
    def vc_schema(type: str) -> Response:
        return _document(node, type, schemas.vc_schema, SCHEMA)

    @pages.get("/status/<int:number>")
    def token_list(number: int) -> Response:
        return _status_list(node, node.issuer, number)

    @pages.get("/status/es256/<int:number>")
    def token_list_es256(number: int) -> Response:
        return _status_list(node, _p256(node), number)

    @pages.get("/status/<int:number>/<purpose>")
    def bitstring_list(number: int, purpose: str) -> Response:
        return _status_list(node, node.issuer, number, purpose)

    @pages.get("/status/es256/<int:number>/<purpose>")
    def bitstring_list_es256(number: int, purpose: str) -> Response:
        return _status_list(node, _p256(node), number, purpose)

    return pages


def published(text: str, media_type: str, seconds: int = DID_DOCUMENT_SECONDS) -> Response:
    """An answer that anybody may read from anywhere and keep for so long."""
    answer = Response(text, content_type=media_type)
    answer.headers["Access-Control-Allow-Origin"] = "*"  # verifiers live in browsers, too
    answer.cache_control.public = True
    answer.cache_control.max_age = seconds
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _document(node: Node, type: str, make: Document, media_type: str) -> Response:
    if type not in list(CredentialType):
        abort(404)
    made = make(CredentialType(type), node.issuer.base_url)
    return published(jose.dumps(made), media_type, TYPE_SECONDS)


def _p256(node: Node) -> Issuer:
    return Issuer.of(node.keyring, node.issuer.base_url, "ES256")


def _status_list(node: Node, issuer: Issuer, number: int, purpose: str | None = None) -> Response:
    with node.sessions() as db:
        try:
            if purpose is None:
                text = status_lists.token_list(db, number=number, issuer=issuer, now=node.clock())
                return published(text, TOKEN_LIST, STATUS_TTL_SECONDS)
            text = status_lists.bitstring_list(
                db, number=number, purpose=purpose, issuer=issuer, now=node.clock()
            )
        except Refusal:
            abort(404)
    return published(text, VC, STATUS_TTL_SECONDS)
