"""A credential of the W3C data model as a JWT (VC-JOSE-COSE): the payload is the credential itself, shown whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.credentials import times, vcdm
from core.credentials.errors import refused
from core.credentials.issuer import Issuer
from core.credentials.question import Question, Verified
from core.credentials.signers import check_token
from core.keys import jose

TYP = "vc+jwt"


def sign(credential: Mapping[str, Any], issuer: Issuer) -> str:
    """A credential as a JWT."""
    return jose.sign({"typ": TYP, "cty": "vc", "kid": issuer.jwk["kid"]}, credential, issuer.key)


def read(text: str, question: Question) -> Verified:
    """What a credential proves; who holds it is proved only by a presentation that envelops it."""
    token = jose.parse(text)
    if token.header.get("typ") != TYP or token.header.get("cty", "vc") != "vc":
        raise refused("malformed", "typ")
    credential = token.payload
    if not credential.keys().isdisjoint(("vc", "vp")):
        raise refused("malformed", "vc_1_1")  # the wrapper of version 1.1
    if "proof" in credential:
        raise refused("malformed", "proof")  # nobody would check it
    issuer = vcdm.issuer_of(credential)
    if credential.get("iss", issuer) != issuer:
        raise refused("issuer", "two_names")
    check_token(token, issuer, question.trust)
    times.check_jwt(credential, question.audience, question.now)
    _check_names(credential)
    return vcdm.believed(credential, question)


def _check_names(credential: Mapping[str, Any]) -> None:
    """Where the JWT names the credential or its subject as well, both must say the same."""
    subject = credential.get("credentialSubject")
    named = {
        "jti": credential.get("id"),
        "sub": subject.get("id") if isinstance(subject, dict) else None,
    }
    if any(name in credential and credential[name] != other for name, other in named.items()):
        raise refused("malformed", "two_names")
