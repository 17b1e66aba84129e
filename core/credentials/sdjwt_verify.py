"""Believe an SD-JWT only if every check passes, in the order of RFC 9901, section 7.

Shape, header, key of a trusted issuer, signature, disclosures, times, type, key binding. The status comes last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.credentials import binding, integrity, shape, status_ref, times, vcdm
from core.credentials.disclosures import Processed, hash_of, hides, opened
from core.credentials.errors import refused
from core.credentials.question import Question, Verified, moment
from core.credentials.sdjwt import TYP, VCDM_TYP, parse
from core.credentials.signers import check_token
from core.credentials.types import CredentialType, type_of
from core.keys import jose
from core.keys.jose import Token

# What an issuer must say in the open, and what we call it when it comes in a disclosure.
NEVER_HIDDEN = {
    "exp": "time",
    "nbf": "time",
    "aud": "time",
    "iss": "issuer",
    "issuer": "issuer",
    "vct": "type",
    integrity.CLAIM: "type",
    "@context": "type",
    "cnf": "binding",
    "status": "status",
    "credentialStatus": "status",
    "validFrom": "time",
    "validUntil": "time",
}


def read(text: str, question: Question) -> Verified:
    """What an SD-JWT, presented or as it was issued, proves."""
    parts = parse(text)
    token = jose.parse(parts.issued)
    w3c = _is_w3c(token)
    issuer = vcdm.issuer_of(token.payload) if w3c else token.payload.get("iss")
    check_token(token, issuer, question.trust)
    algorithm = hash_of(token.payload)
    processed = Processed(token.payload, opened(parts.disclosures, algorithm))
    _check_openness(token.payload, processed)
    claims = processed.payload
    times.check_jwt(claims, question.audience, question.now)
    found = vcdm.believed(claims, question) if w3c else _believed(claims, question)
    if parts.binding or question.require_binding:
        binding.check(parts, found.holder_jwk, algorithm, question)
    return found


def _is_w3c(token: Token) -> bool:
    """Whether the data model of the W3C is inside: its `typ` was once SD-JWT VC's own, so that the content decides."""
    typ = token.header.get("typ")
    if typ == VCDM_TYP and "@context" in token.payload and "vct" not in token.payload:
        return True
    if typ != TYP:
        raise refused("malformed", "typ")
    return False


def _check_openness(payload: Mapping[str, Any], processed: Processed) -> None:
    for name, reason in NEVER_HIDDEN.items():
        if name in processed.disclosed or hides(payload.get(name)):
            raise refused(reason, "hidden")


def _believed(claims: dict[str, Any], question: Question) -> Verified:
    return Verified(
        _type(claims, question.type),
        claims["iss"],
        binding.holder(claims),
        moment(times.numeric(claims, "exp")),
        claims,
        tuple(status_ref.of_sd_jwt(claims)),
    )


def _type(claims: dict[str, Any], expected: CredentialType | None) -> CredentialType | None:
    if not isinstance(claims.get("vct"), str) or not claims["vct"]:
        raise refused("type", "vct")
    found = type_of(claims["vct"])
    if expected is not None and found != expected:
        raise refused("type", "another")
    if found is not None:
        if not {"exp", "iat"} <= claims.keys():
            raise refused("time", "no_validity")
        if integrity.CLAIM in claims:
            integrity.check(found, claims["vct"], claims[integrity.CLAIM])
        shape.check(found, claims)
    return found
