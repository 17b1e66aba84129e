"""Kilimo, a register of cooperative members that confirms over the internet, and signs what it says.

Every phone is a member, but for those the magic numbers name. Its key is made of a word everybody knows: it is play.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, jsonify
from nacl.signing import SigningKey

from config.sources import SANDBOX_SECRET
from core.keys import did, jose
from gateway.sandbox import faults, numbers, web
from gateway.sandbox.world import World

TARGET, TYPE = "kilimo", "community_membership"
STRANGERS = "2547999200"  # numbers that begin so are in no register
MEMBER = {
    "group_name": "Kilimo Bora", "role": "member", "member_since": "2022-03-01", "standing": "good",
    "dues_paid_ratio": "0.95", "attendance_ratio": "0.80",
}  # fmt: skip


def blueprint(world: World) -> Blueprint:
    """`POST /kilimo/v1/confirm {"type", "phone", "nonce", "audience"}`: a signed JWT, whatever it says."""
    pages = Blueprint("kilimo", __name__)

    @pages.post("/kilimo/v1/confirm")
    def confirm() -> Response:
        asked = {
            name: web.text(web.body(), name) for name in ("type", "phone", "nonce", "audience")
        }
        return web.answering(world, TARGET, lambda: _answer(world, asked), _refuse)

    return pages


def key() -> SigningKey:
    """The key of the register."""
    return SigningKey(SANDBOX_SECRET)


def _answer(world: World, asked: dict[str, str]) -> Response:
    with world.store.begin() as db:
        forged = faults.take(db, TARGET, faults.FORGED) is not None
    name = did.from_jwk(jose.public_jwk(key()))
    words: dict[str, Any] = {
        "iss": name,
        "aud": asked["audience"],
        "nonce": asked["nonce"],
        "type": asked["type"],
        "phone": asked["phone"],
        "iat": int(time.time()),
        "facts": _facts(asked),
    }
    signer = SigningKey(b"somebody else, not the register.") if forged else key()
    text = jose.sign({"typ": "growr-source-answer+jwt", "kid": did.method(name)}, words, signer)
    return Response(text, content_type="application/jwt")


def _facts(asked: dict[str, str]) -> dict[str, str] | None:
    number = numbers.msisdn(asked["phone"])
    is_member = number is not None and not number.startswith(STRANGERS)
    return dict(MEMBER) if is_member and asked["type"] == TYPE else None


def _refuse(kind: str) -> Response:
    answer = jsonify(error=kind)
    answer.status_code = 429 if kind == faults.RATE_LIMITED else 500
    return answer
