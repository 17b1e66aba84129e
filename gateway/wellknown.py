"""Who this node is, for whoever wants to check what it signed: DID documents and what belongs beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, abort
from sqlalchemy.exc import OperationalError

from config.limits import LIST_ROWS
from core import people
from core.credentials import address_keys, announcing, webvh
from core.keys import did, jose
from core.keys.jose import Jwk
from core.node import Node
from gateway.credential_types import published

log = structlog.get_logger(__name__)

ISSUER_KEY, VERIFIER_KEY = "issuer", "verifier"
DID_JSON, JSON_LINES, JSON = "application/did+json", "text/jsonl", "application/json"
_LOG_SECONDS = 60  # the log grows with its next line


def blueprint(node: Node) -> Blueprint:
    """The did:web documents and the did:webvh log, for a node under a path beside it as well. Public by nature."""
    pages = Blueprint("wellknown", __name__)
    others = _Names(node)

    @pages.get("/.well-known/did.json")
    @pages.get("/did.json")
    def did_json() -> Response:
        return _document({**_of_node(node, node.issuer.did), "alsoKnownAs": others()})

    @pages.get("/.well-known/did.jsonl")
    @pages.get("/did.jsonl")
    def did_jsonl() -> Response:
        return published("\n".join([*_log(node), ""]), JSON_LINES, _LOG_SECONDS)

    @pages.get("/issuer/did.json")
    def issuer() -> Response:
        keys = _keys(node, ISSUER_KEY)
        return _document(did.document(f"{node.issuer.did}:issuer", issuing=keys))

    @pages.get("/verifier/did.json")
    def verifier() -> Response:
        keys = _keys(node, VERIFIER_KEY)
        return _document(did.document(f"{node.issuer.did}:verifier", issuing=[], signing_in=keys))

    _announce(node, pages, others)
    return pages


def _announce(node: Node, pages: Blueprint, others: Callable[[], list[str]]) -> None:
    """What an issuer says of itself beside its documents."""

    @pages.get("/.well-known/did-configuration.json")
    def did_configuration() -> Response:
        dids = [node.issuer.did, *others()]
        return _json(announcing.did_configuration(node.issuer, dids, node.clock()))

    @pages.get("/.well-known/jwt-vc-issuer", defaults={"path": ""})
    @pages.get("/.well-known/jwt-vc-issuer/<path:path>")
    def jwt_vc_issuer(path: str) -> Response:
        _check_path(node, path)
        [named] = address_keys(node.keyring, node.issuer.base_url).values()
        return _json(announcing.jwt_vc_issuer(node.issuer, named))

    @pages.get("/.well-known/openid-credential-issuer", defaults={"path": ""})
    @pages.get("/.well-known/openid-credential-issuer/<path:path>")
    def credential_issuer(path: str) -> Response:
        _check_path(node, path)
        return _json(announcing.credential_issuer(node.issuer, _organisations(node)))

    @pages.get("/.well-known/oauth-authorization-server", defaults={"path": ""})
    @pages.get("/.well-known/oauth-authorization-server/<path:path>")
    def authorization_server(path: str) -> Response:
        _check_path(node, path)
        return _json(announcing.authorization_server(node.issuer))


def _keys(node: Node, label: str) -> list[Jwk]:
    """The keys of today first; those they were rotated from stay, so that what they signed can be checked."""
    ed25519, p256 = node.keyring.signing_keys(label), node.keyring.p256_keys(label)
    return [jose.public_jwk(key) for pair in zip(ed25519, p256, strict=True) for key in pair]


def _of_node(node: Node, name: str) -> dict[str, Any]:
    both = _keys(node, ISSUER_KEY)
    return did.document(name, issuing=both, signing_in=both[:1])


class _Names:
    """The did:webvh of this node, asked once. Without a database there is none, and the keys are told all the same."""

    def __init__(self, node: Node) -> None:
        self._node, self._known = node, ""

    def __call__(self) -> list[str]:
        try:
            self._known = self._known or webvh.name_of(_log(self._node))
        except OperationalError as error:
            log.warning("no did log", error=type(error.orig).__name__)
            return []
        return [self._known]


def _organisations(node: Node) -> list[str]:
    """Who confirms what this node issues, by the name her members know; nobody where there is no database."""
    try:
        with node.sessions() as db:
            return [one.name for one in people.organisations(db, limit=LIST_ROWS)]
    except OperationalError as error:
        log.warning("no organisations", error=type(error.orig).__name__)
        return []


def _log(node: Node) -> list[str]:
    """The did:webvh log, its last line being the document of today."""

    def document(name: str) -> dict[str, Any]:
        return {**_of_node(node, name), "alsoKnownAs": [node.issuer.did]}

    with node.sessions.begin() as db:
        return webvh.bring_up_to_date(
            db, keyring=node.keyring, url=node.issuer.base_url, document=document, now=node.clock()
        )


def _check_path(node: Node, path: str) -> None:
    """These addresses put the path of an issuer behind the well-known part; of no other issuer do we know anything."""
    if path != urlsplit(node.issuer.base_url).path.strip("/"):
        abort(404)


def _document(document: dict[str, Any]) -> Response:
    return published(jose.dumps(document), DID_JSON)


def _json(document: dict[str, Any]) -> Response:
    return published(jose.dumps(document), JSON)
