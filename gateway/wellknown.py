"""Who this node is, for whoever wants to check what it signed: its did:web document."""

from __future__ import annotations

from flask import Blueprint, Response, request

from config.limits import DID_DOCUMENT_SECONDS
from core.keys import did, jose
from core.node import Node

ISSUER_KEY = "issuer"


def blueprint(node: Node) -> Blueprint:
    """GET /.well-known/did.json, and /did.json for a node that lives under a path. Public by nature."""
    pages = Blueprint("wellknown", __name__)
    ed25519 = jose.public_jwk(node.keyring.signing_key(ISSUER_KEY))
    p256 = jose.public_jwk(node.keyring.p256_key(ISSUER_KEY))
    document = did.document(node.issuer.did, issuing=[ed25519, p256], signing_in=[ed25519])
    text = jose.dumps(document)

    @pages.get("/.well-known/did.json")
    @pages.get("/did.json")
    def did_json() -> Response:
        answer = Response(text, mimetype="application/did+json")
        answer.headers["Access-Control-Allow-Origin"] = "*"  # verifiers live in browsers, too
        answer.cache_control.public = True
        answer.cache_control.max_age = DID_DOCUMENT_SECONDS
        answer.add_etag()
        answer.make_conditional(request)
        return answer

    return pages
