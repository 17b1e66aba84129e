"""Makers with defaults: an issuer, a holder, a credential, a presentation, and forgeries of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey

from core import credentials
from core.credentials import CredentialType, Issuer, Verified
from core.credentials.disclosures import Hider
from core.errors import Refusal
from core.keys import did, jose
from tests.conftest import NOW

URL = "https://node.example"
ISSUER = Issuer(did.web(URL), URL, SigningKey(b"i" * 32))
HOLDER = SigningKey(b"h" * 32)
HOLDER_JWK = jose.public_jwk(HOLDER)
HOLDER_DID = did.from_jwk(HOLDER_JWK)
TRUST = {ISSUER.did: [ISSUER.jwk]}
AUDIENCE, NONCE = "did:web:lender.example", "n-1"
FACTS = {
    "given_name": "Wanjiru",
    "birthdate": "1990-05-04",
    "residence": {"country": "KE", "region": "Nakuru"},
    "phone_verified": True,
}
AT = int(NOW.timestamp())


def credential(**changes: Any) -> str:
    asked: dict[str, Any] = {
        "issuer": ISSUER,
        "type": CredentialType.KYC,
        "claims": credentials.claims.kyc(FACTS, on=NOW.date()),
        "holder_jwk": HOLDER_JWK,
        "now": NOW,
        "expires_at": NOW + timedelta(days=365),
    }
    return credentials.issue(**(asked | changes))


def presentation(
    text: str | None = None, paths: Sequence[Sequence[str]] = (("age_over", "18"),), **changes: Any
) -> str:
    asked = {"paths": paths, "key": HOLDER, "audience": AUDIENCE, "nonce": NONCE, "now": NOW}
    return credentials.present(text or credential(), **(asked | changes))


def verify(text: str, **changes: Any) -> Verified:
    asked = {"trust": TRUST, "type": None, "audience": AUDIENCE, "nonce": NONCE, "now": NOW}
    return credentials.verify(text, **(asked | changes))


def payload(**changes: Any) -> dict[str, Any]:
    """The payload of a plain credential of an unknown type; None takes a claim away."""
    made = {
        "iss": ISSUER.did, "vct": "https://other.example/x", "iat": AT, "exp": AT + 100, "cnf": {"jwk": HOLDER_JWK}
    } | changes  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def signed(
    claims: Mapping[str, Any],
    disclosures: Sequence[str] = (),
    *,
    key: Any = ISSUER.key,
    **header: Any,
) -> str:
    """An SD-JWT without key binding over any payload."""
    head = {"typ": "dc+sd-jwt", "kid": ISSUER.jwk["kid"]} | header
    head = {name: value for name, value in head.items() if value is not None}
    return "~".join([jose.sign(head, claims, key), *disclosures, ""])


def hidden(claims: Mapping[str, Any], **bands: Mapping[str, Any]) -> str:
    """A credential of an unknown type that hides `claims`, and within each of `bands` what is in it."""
    hider = Hider()
    hashes = hider.object(claims)
    shown = {name: hider.object(inner) for name, inner in bands.items()}
    return signed(payload() | shown | hashes, hider.disclosures)


def disclosure(*content: Any) -> str:
    return jose.b64u(jose.dumps(["salt", *content]).encode())


def bound(
    text: str, *, key: Any = HOLDER, header: Mapping[str, Any] | None = None, **changes: Any
) -> str:
    """A presentation whose key binding says whatever the test wants; None takes a claim away."""
    words = {"iat": AT, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": jose.digest(text)} | changes
    words = {name: value for name, value in words.items() if value is not None}
    return text + jose.sign({"typ": "kb+jwt"} | dict(header or {}), words, key)


@contextmanager
def refused(reason: str, detail: str | None = None) -> Iterator[None]:
    """Refused for a reason of the table, and for one line of it where `detail` is given."""
    with pytest.raises(Refusal) as refusal:
        yield
    facts = refusal.value.facts
    assert (refusal.value.code, facts["reason"]) == ("credential_refused", reason)
    assert detail is None or facts["detail"] == detail
