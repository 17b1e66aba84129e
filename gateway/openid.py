"""Her own wallet asks here for her credentials (OpenID4VCI 1.0): pre-authorised code, number by SMS, key proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from flask import Blueprint, Response, request

from core.credentials import Issuer
from core.credentials.announcing import PRE_AUTHORIZED
from core.db import Session
from core.errors import Refusal
from core.keys import jose
from core.node import Node
from core.onboarding import (
    handover_giving,
    handovers,
    wallet_giving,
    wallet_news,
    wallet_proofs,
    wallet_settling,
    wallets,
)
from core.onboarding.models import OfferKind, WalletOffer
from core.onboarding.wallet_giving import Given
from core.refusal_codes import RefusalCode

log = structlog.get_logger(__name__)

ERRORS = {
    "offer_over": "invalid_grant",
    "proof_refused": "invalid_proof",
    "nonce_refused": "invalid_nonce",
    "wallet_other": "invalid_proof",  # made out to the keys of her wallet, and to no others
    "credential_given": "credential_request_denied",
    "token_unknown": "invalid_token",
    "notification_unknown": "invalid_notification_id",
    "notification_malformed": "invalid_notification_request",
}
_BAD, _NOBODY = 400, 401
_NO_STORE = {"Cache-Control": "no-store"}
Answer = tuple[dict[str, Any], int, dict[str, str]]


def blueprint(node: Node) -> Blueprint:
    """POST /openid/token, /openid/nonce, /openid/credential and /openid/notification."""
    pages = Blueprint("openid", __name__)

    @pages.post("/openid/token")
    def token() -> Answer:
        return _answered(lambda: _token(node, request.form))

    @pages.post("/openid/nonce")
    def nonce() -> Answer:
        return {"c_nonce": wallet_proofs.new_nonce(node.keyring, node.clock())}, 200, _NO_STORE

    @pages.post("/openid/credential")
    def credential() -> Answer:
        return _answered(lambda: _credential(node, bearer(), request.get_data()))

    @pages.post("/openid/notification")
    def notification() -> Answer | tuple[str, int, dict[str, str]]:
        answer = _answered(lambda: _notified(node, bearer(), request.get_data()))
        return answer if answer[0] else ("", 204, _NO_STORE)

    return pages


def told(node: Node, given: Given) -> None:
    """Tell the key service that a record is gone; after the commit, so that nothing is lost by half."""
    if given.epoch is not None:
        node.custody.service.erase(owner=str(given.owner_id), epoch=given.epoch)


def private(text: str, media_type: str, **headers: str) -> Response:
    """An answer that nobody keeps."""
    return Response(text, content_type=media_type, headers={**_NO_STORE, **headers})


def _answered(act: Callable[[], dict[str, Any]]) -> Answer:
    try:
        return act(), 200, _NO_STORE
    except _Wrong as wrong:
        error = str(wrong)
    except Refusal as refusal:
        log.info("wallet refused", code=refusal.code, detail=refusal.facts.get("detail"))
        error = ERRORS.get(refusal.code, "invalid_credential_request")
    if error == "invalid_token":
        return {"error": error}, _NOBODY, {**_NO_STORE, "WWW-Authenticate": "Bearer"}
    return {"error": error}, _BAD, _NO_STORE


class _Wrong(Exception):
    """A request that is not as the standard wants it; says which error that is."""


def _token(node: Node, form: Mapping[str, str]) -> dict[str, Any]:
    """A wrong number is an answer, not a refusal: the guess must be committed."""
    if form.get("grant_type") != PRE_AUTHORIZED:
        raise _Wrong("unsupported_grant_type")
    code, number = form.get("pre-authorized_code"), form.get("tx_code")
    if not code or not number:
        raise _Wrong("invalid_request")
    now = node.clock()
    with node.sessions.begin() as db:
        offer = wallets.find(db, keyring=node.keyring, secret=code, use=wallets.CODE, now=now)
        token = wallet_giving.redeem(db, keyring=node.keyring, offer=offer, tx_code=number, now=now)
    if token is None:
        raise _Wrong("invalid_grant")
    seconds = int((offer.expires_at - now).total_seconds())
    return {
        "access_token": token, "token_type": "Bearer", "expires_in": seconds, **_details(node, offer)
    }  # fmt: skip


def _details(node: Node, offer: WalletOffer) -> dict[str, Any]:
    """Names for the credentials, where a type alone does not tell them apart: one for each loan."""
    named = wallets.identifiers(node.keyring, offer)
    if all(len(ids) == 1 for ids in named.values()):
        return {}
    details = [
        {"type": "openid_credential", "credential_configuration_id": name, "credential_identifiers": ids}
        for name, ids in named.items()
    ]  # fmt: skip
    return {"authorization_details": details}


def _credential(node: Node, token: str, body: bytes) -> dict[str, Any]:
    name, error, proof = _asked(body)
    now = node.clock()
    with node.sessions.begin() as db:
        offer = wallet_giving.of_token(db, token, now)
        if all(name != one for one in _names(node, offer)):
            raise _Wrong(error)
        same = wallet_giving.again(db, keyring=node.keyring, offer=offer, proof=proof, now=now)
        given = same or _given(db, node, offer, name, proof)
    found: dict[str, Any] = {"credentials": [{"credential": given.credential}]}
    return found | ({"notification_id": given.notification} if given.notification else {})


def _given(db: Session, node: Node, offer: WalletOffer, name: str, proof: str) -> Given:
    """To a wallet, signed by a key that such a wallet can check; to another node a copy, until that node has all."""
    key = _holder(db, node, proof)
    asked: dict[str, Any] = {
        "keyring": node.keyring, "offer": offer, "name": name, "holder_jwk": key, "now": node.clock(),
        "issuer": Issuer.fitting(node.keyring, node.issuer.base_url, key),
    }  # fmt: skip
    if offer.kind is OfferKind.NEWS:
        return wallet_news.give(db, proof=proof, **asked)
    hand_over = handovers.of_offer(db, offer)
    if hand_over is None:
        return wallet_giving.give(db, proof=proof, **asked)
    return handover_giving.give(db, hand_over=hand_over, **asked)


def _notified(node: Node, token: str, body: bytes) -> dict[str, Any]:
    """What a wallet says became of a credential."""
    said = _object(body, "invalid_notification_request")
    name, event = said.get("notification_id"), said.get("event")
    if not isinstance(name, str) or not isinstance(event, str):
        raise _Wrong("invalid_notification_request")
    with node.sessions.begin() as db:
        owner_id, epoch = wallet_settling.note_event(
            db, keyring=node.keyring, token=token, name=name, event=event, issuer=node.issuer, now=node.clock()
        )  # fmt: skip
    told(node, Given("", owner_id, epoch))
    return {}


def _holder(db: Session, node: Node, proof: str) -> jose.Jwk:
    return wallet_proofs.holder_of(
        db, proof, keyring=node.keyring, audience=node.issuer.base_url, now=node.clock()
    )


def _names(node: Node, offer: WalletOffer) -> list[str]:
    named = wallets.identifiers(node.keyring, offer)
    return [*named, *(one for ids in named.values() for one in ids)]


def _asked(body: bytes) -> tuple[str, str, str]:
    """Which credential, the error if there is none, and the one key proof: we make out one copy at a time."""
    said = _object(body, "invalid_credential_request")
    if "credential_response_encryption" in said:
        raise _Wrong(
            "invalid_encryption_parameters"
        )  # we announce none, and send nothing in the open instead
    kinds = ("credential_configuration_id", "credential_identifier")
    named = [(said[kind], kind) for kind in kinds if kind in said]
    if len(named) != 1 or not isinstance(named[0][0], str):
        raise _Wrong("invalid_credential_request")
    proofs = said.get("proofs")
    jwts = proofs.get("jwt") if isinstance(proofs, dict) and len(proofs) == 1 else None
    if (
        "proof" in said
        or not isinstance(jwts, list)
        or len(jwts) != 1
        or not isinstance(jwts[0], str)
    ):
        raise _Wrong("invalid_proof")
    [(name, kind)] = named
    return name, f"unknown_{kind.removesuffix('_id')}", jwts[0]


def _object(body: bytes, error: str) -> dict[str, Any]:
    try:
        said = jose.loads(body)
    except jose.Broken as broken:
        raise _Wrong(error) from broken
    if not isinstance(said, dict):
        raise _Wrong(error)
    return said


def bearer() -> str:
    """The access token of a request; refuses token_unknown."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refusal(RefusalCode.TOKEN_UNKNOWN)
    return token
