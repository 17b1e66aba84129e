"""OpenID4VP 1.0, the side of who asks: a signed question by address, and the answer a wallet posts to another.

`direct_post` takes the answer as it is, `direct_post.jwt` encrypted to a key made for that one question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec

from config.limits import PRESENTED_CREDENTIALS
from core.credentials.announcing import ALGORITHMS
from core.credentials.dcql import FORMAT
from core.credentials.errors import refused, refusing
from core.credentials.issuer import Issuer
from core.credentials.sdjwt import parse
from core.errors import Refusal
from core.keys import Keyring, did, jose, jwe
from core.refusal_codes import RefusalCode

TYP = "oauth-authz-req+jwt"
KEY = "verifier"  # its name in the keyring
PREFIX = "decentralized_identifier:"
SELF_ISSUED = "https://self-issued.me/v2"  # the audience of whoever's wallet it may be
ENCRYPTED, PLAIN = "direct_post.jwt", "direct_post"
EncryptionKey = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Verifier:
    """Who asks: a DID, and the P-256 key that signs questions, because that is what every wallet can check."""

    did: str
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, keyring: Keyring, issuer: Issuer) -> Verifier:
        """The verifier every node is, beside its issuer."""
        return cls(f"{issuer.did}:{KEY}", keyring.p256_key(KEY))

    @property
    def client_id(self) -> str:
        """What a wallet calls it; with this whole text as audience it must answer."""
        return PREFIX + self.did

    @cached_property
    def kid(self) -> str:
        """The name of the key in the DID document."""
        return did.key_id(self.did, jose.public_jwk(self.key))


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to one wallet. With `encryption` its answer must come encrypted."""

    query: Mapping[str, Any]
    nonce: str
    state: str
    response_uri: str
    transaction_data: Sequence[str] = ()
    encryption: EncryptionKey | None = None


def link(verifier: Verifier, request_uri: str) -> str:
    """What the QR code holds: a wallet opens it."""
    said = urlencode({"client_id": verifier.client_id, "request_uri": request_uri})
    return f"openid4vp://?{said}"


def request_object(verifier: Verifier, asked: Asked) -> str:
    """The question, signed."""
    words = {
        "aud": SELF_ISSUED,
        "response_type": "vp_token",
        "response_mode": ENCRYPTED if asked.encryption else PLAIN,
        "client_id": verifier.client_id,
        "response_uri": asked.response_uri,
        "nonce": asked.nonce,
        "state": asked.state,
        "dcql_query": asked.query,
        "client_metadata": {**_formats(), **_encryption(asked.encryption)},
    }
    if asked.transaction_data:
        words["transaction_data"] = list(asked.transaction_data)
    return jose.sign({"typ": TYP, "kid": verifier.kid}, words, verifier.key)


def read_answer(form: Mapping[str, str], asked: Asked) -> dict[str, str]:
    """The presentations a wallet posted, by the id of the query each one answers; not yet believed.

    Refuses wallet_declined(error), or credential_refused with reason `malformed` or `binding` (another state).
    """
    with refusing():
        words = _words(form, asked.encryption)
    if words.get("state") != asked.state:
        raise refused("binding", "state")
    if "error" in words:
        raise Refusal(RefusalCode.WALLET_DECLINED, error=str(words["error"])[:40])
    return _presentations(words.get("vp_token"), asked.query)


def _formats() -> dict[str, Any]:
    values = {"sd-jwt_alg_values": ALGORITHMS, "kb-jwt_alg_values": ALGORITHMS}
    return {"vp_formats_supported": {FORMAT: values}}


def _encryption(key: EncryptionKey | None) -> dict[str, Any]:
    if key is None:
        return {}
    return {
        "jwks": {"keys": [jwe.public_jwk(key)]},
        "encrypted_response_enc_values_supported": list(jwe.KEY_BYTES),
    }


def _words(form: Mapping[str, str], key: EncryptionKey | None) -> Mapping[str, Any]:
    """The parameters of an answer; only a wallet's "no" may come in the open where we asked for encryption."""
    if key is None or "error" in form:
        words: dict[str, Any] = dict(form)
        if "vp_token" in form:
            words["vp_token"] = jose.loads(form["vp_token"].encode())
        return words
    found = jose.loads(jwe.decrypt(form.get("response", ""), key))
    if not isinstance(found, dict):
        raise refused("malformed", "answer")
    return found


def _presentations(token: object, query: Mapping[str, Any]) -> dict[str, str]:
    asked = {one["id"]: one["meta"].get("vct_values") for one in query["credentials"]}
    if not isinstance(token, dict) or not token or not token.keys() <= asked.keys():
        raise refused("malformed", "vp_token")
    if len(token) > PRESENTED_CREDENTIALS:
        raise refused("malformed", "too_large")
    found = {name: _only(listed) for name, listed in token.items()}
    with refusing():
        for name, text in found.items():
            types = asked[name]
            if types is not None and jose.parse(parse(text).issued).payload.get("vct") not in types:
                raise refused("type", "another_than_asked")
    return found


def _only(listed: object) -> str:
    """The one presentation of a query: we ask for no more, and in one format."""
    texts = listed if isinstance(listed, list) else []
    if len(texts) != 1 or not isinstance(texts[0], str) or "~" not in texts[0]:
        raise refused("malformed", "vp_token")
    return texts[0]
