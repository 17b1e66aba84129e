"""What a node asks a member of its fence: a signed question (a JWS), for one member, once, and only while it is fresh.

{"aud": member's key, "iat": …, "jti": …, "do": "evaluate", "box": …, "blinded": …}
{"evaluated": …, "proof": …} or {"refused": "pin_locked", "minutes": 15}                bytes are base64url
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nacl.signing import SigningKey

from config.limits import FENCE_FRESH_SECONDS, PIN_LOCKS_SECONDS
from core.errors import Refusal
from core.keys import jose
from core.keys.jose import Jwk
from core.refusal_codes import RefusalCode

TYP = "growr-fence+jwt"
VERBS = {"evaluate": ("box", "blinded"), "right": ("box", "token")}
ANSWERS = {"evaluate": ("evaluated", "proof"), "right": ("counted",)}
LOCKS = (
    RefusalCode.PIN_LOCKED,
    RefusalCode.PIN_BLOCKED,
    RefusalCode.PIN_PAUSED,
)  # because of guesses
PATH = "/fence"
_NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that one of the admitted nodes has put to one of our keys."""

    node: str
    to: bytes
    verb: str
    nonce: bytes
    words: Mapping[str, bytes] = field(repr=False)


def question(
    key: SigningKey, *, to: bytes, verb: str, words: Mapping[str, bytes], now: datetime
) -> str:
    """The question as it travels."""
    asked = {"aud": to, "jti": secrets.token_bytes(_NONCE_BYTES), **words}
    body = {name: jose.b64u(value) for name, value in asked.items()}
    kid = jose.thumbprint(jose.public_jwk(key))
    said = {"iat": int(now.timestamp()), "do": verb, **body}
    return jose.sign({"typ": TYP, "kid": kid}, said, key)


def read(text: str, *, nodes: Mapping[str, Jwk], now: datetime) -> Asked:
    """The question, believed; refuses fence_node_unknown, fence_stale, fence_malformed."""
    try:
        token = jose.parse(text)
        node = str(token.header.get("kid"))
        if node not in nodes or token.header.get("typ") != TYP:
            raise Refusal(RefusalCode.FENCE_NODE_UNKNOWN)
        jose.verify(token, nodes[node])
        said = token.payload
        if abs(int(said["iat"]) - now.timestamp()) > FENCE_FRESH_SECONDS:
            raise Refusal(RefusalCode.FENCE_STALE)
        words = {name: jose.unb64u(said[name]) for name in VERBS[said["do"]]}
        to, nonce = jose.unb64u(said["aud"]), jose.unb64u(said["jti"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Refusal(RefusalCode.FENCE_MALFORMED) from error
    return Asked(node, to, said["do"], nonce, words)


def answer(text: bytes, verb: str) -> tuple[dict[str, bytes], Refusal | None]:
    """What a member said, or what he refused; a ValueError for anything else."""
    said = jose.loads(text)
    if not isinstance(said, dict):
        raise jose.Broken("malformed", "answer")
    if "refused" in said:
        return {}, _refused(RefusalCode(said["refused"]), said.get("minutes"))
    try:
        return {name: jose.unb64u(said[name]) for name in ANSWERS[verb]}, None
    except (KeyError, TypeError, AttributeError) as error:
        raise jose.Broken("malformed", "answer") from error


def _refused(code: RefusalCode, minutes: object) -> Refusal:
    """With the minutes a lock needs to be told, whatever he sent: at most the longest lock there is."""
    if code is not RefusalCode.PIN_LOCKED:
        return Refusal(code)
    most = max(PIN_LOCKS_SECONDS) // 60
    return Refusal(code, minutes=min(max(minutes, 1), most) if isinstance(minutes, int) else most)


def token(seed: bytes, public: bytes) -> bytes:
    """What only who made the right key can show a member: his own, so that none can show it to another."""
    return hmac.digest(seed, b"growr/fence/token/v1" + public, hashlib.sha256)
