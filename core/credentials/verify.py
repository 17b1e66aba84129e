"""Believe a credential only if every single check passes; every refusal has one stable reason.

The order: shape, header, key of a trusted issuer, signature, disclosures, times, type, key binding, status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from config.limits import CLOCK_SKEW_SECONDS, PRESENTATION_SECONDS
from core.credentials.disclosures import Processed
from core.credentials.errors import refused
from core.credentials.sdjwt import BINDING_TYP, TYP, Parts, parse
from core.credentials.types import KINDS, CredentialType, EvidenceLevel, type_of
from core.keys import jose
from core.keys.jose import Jwk, Token

_LAST_SECOND = 253_402_300_799  # of the year 9999, where calendars end

Trust = Mapping[str, Sequence[Jwk]]  # the keys of every issuer we believe

# What an issuer must say in the open, and what we call it when it comes in a disclosure.
NEVER_HIDDEN = {
    "exp": "time",
    "nbf": "time",
    "aud": "time",
    "iss": "issuer",
    "vct": "type",
    "vct#integrity": "type",
    "cnf": "binding",
    "status": "status",
}


@dataclass(frozen=True)
class Verified:
    """A credential we believe. `claims` are all that was shown, `type` is None for a type that is not ours."""

    type: CredentialType | None
    issuer: str
    holder_jwk: Jwk | None
    expires_at: datetime | None
    claims: dict[str, Any]


def verify(
    text: str,
    *,
    trust: Trust,
    type: CredentialType | None,
    audience: str | None,
    nonce: str | None,
    now: datetime,
    require_binding: bool = True,
    transaction_data: Sequence[str] = (),
) -> Verified:
    """What a credential or presentation proves. Refuses `credential_refused` with the reason."""
    assert not require_binding or (audience and nonce), (
        "a binding is for one verifier and one nonce"
    )
    try:
        parts = parse(text)
        token = jose.parse(parts.issued)
        _check_issuer(token, trust)
        processed = Processed(token.payload, parts.disclosures)
        claims = processed.payload
        _check_openness(processed)
        _check_times(claims, audience, now)
        found = _check_type(claims, type)
        holder = _holder(claims)
        if parts.binding or require_binding:
            _check_binding(parts, holder, audience, nonce, now, transaction_data)
    except jose.Broken as broken:
        raise refused(broken.reason) from broken
    if "status" in claims:
        raise refused("status")  # no list was fetched, so nothing says it is still valid
    expires = claims.get("exp")
    return Verified(
        found,
        claims["iss"],
        holder,
        datetime.fromtimestamp(expires, UTC) if expires else None,
        claims,
    )


def _check_issuer(token: Token, trust: Trust) -> None:
    if token.header.get("typ") != TYP:
        raise refused("malformed")
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in jose.ALGORITHMS:
        raise refused("alg")
    issuer = token.payload.get("iss")
    keys = trust.get(issuer, ()) if isinstance(issuer, str) else ()
    _try_keys(token, _candidates(token.header, str(issuer), keys))


def _candidates(header: Mapping[str, Any], issuer: str, keys: Sequence[Jwk]) -> list[Jwk]:
    """The keys of this issuer that the header may mean: a DID URL in `kid` must be one of the issuer's own."""
    kid = header.get("kid")
    if isinstance(kid, str) and kid.startswith("did:") and kid.partition("#")[0] != issuer:
        raise refused("issuer")
    meant = [
        key
        for key in keys
        if kid is None or _name(key.get("kid", kid), issuer) == _name(kid, issuer)
    ]
    if not meant:
        raise refused("issuer")
    return meant


def _name(kid: object, issuer: str) -> object:
    """A key's name without its DID: trust lists hold it either way."""
    return kid.removeprefix(issuer).removeprefix("#") if isinstance(kid, str) else kid


def _try_keys(token: Token, keys: Sequence[Jwk]) -> None:
    fitting = [key for key in keys if key.get("kty") == jose.ALGORITHMS[token.header["alg"]]]
    if not fitting:
        raise refused("alg")
    for key in fitting[:-1]:
        try:
            return jose.verify(token, key)
        except jose.Broken:
            continue  # another key of the same issuer may have signed
    return jose.verify(token, fitting[-1])


def _check_openness(processed: Processed) -> None:
    for name, reason in NEVER_HIDDEN.items():
        if name in processed.disclosed:
            raise refused(reason)


def _check_times(claims: Mapping[str, Any], audience: str | None, now: datetime) -> None:
    at = now.timestamp()
    ours = type_of(claims.get("vct")) is not None
    expires, starts, made = (_instant(claims, name) for name in ("exp", "nbf", "iat"))
    if ours and (expires is None or made is None):
        raise refused("time")
    if expires is not None and expires <= at:
        raise refused("time")
    if starts is not None and starts > at:
        raise refused("time")
    if made is not None and made > at + CLOCK_SKEW_SECONDS:
        raise refused("time")
    if "aud" in claims and claims["aud"] != audience:
        raise refused("time")


def _check_type(
    claims: Mapping[str, Any], expected: CredentialType | None
) -> CredentialType | None:
    found = type_of(claims.get("vct"))
    if not isinstance(claims.get("vct"), str) or (expected is not None and found != expected):
        raise refused("type")
    if found is not None:
        _check_schema(claims, found)
    return found


def _check_schema(claims: Mapping[str, Any], type: CredentialType) -> None:
    kind = KINDS[type]
    if not kind.required <= claims.keys() or claims.get("evidence_level") not in list(
        EvidenceLevel
    ):
        raise refused("type")
    for name in kind.predicates & claims.keys():
        answers = claims[name].values() if isinstance(claims[name], dict) else [claims[name]]
        if not all(isinstance(answer, bool) for answer in answers):
            raise refused("type")


def _holder(claims: Mapping[str, Any]) -> Jwk | None:
    if "cnf" not in claims:
        return None
    cnf = claims["cnf"]
    if not isinstance(cnf, dict) or "jwk" not in cnf:
        raise refused("binding")
    return jose.only_public(cnf["jwk"])


def _check_binding(
    parts: Parts,
    holder: Jwk | None,
    audience: str | None,
    nonce: str | None,
    now: datetime,
    transaction_data: Sequence[str],
) -> None:
    if not parts.binding or holder is None:
        raise refused("binding")
    token = jose.parse(parts.binding)
    if token.header.get("typ") != BINDING_TYP:
        raise refused("binding")
    try:
        jose.verify(token, holder)
    except jose.Broken as broken:  # a good signature of another key is a binding to another holder
        raise refused("binding" if broken.reason == "signature" else broken.reason) from broken
    words = token.payload
    expected = {
        "sd_hash": jose.digest(parts.bound),
        "aud": audience,
        "nonce": nonce,
        "transaction_data_hashes": [jose.digest(text) for text in transaction_data] or None,
    }
    if any(words.get(name) != value for name, value in expected.items() if value is not None):
        raise refused("binding")
    _check_age(words, nonce is not None, now)


def _check_age(words: Mapping[str, Any], fresh: bool, now: datetime) -> None:
    made = _number(words.get("iat"))
    if made is None:
        raise refused("binding")
    age = now.timestamp() - made
    if age < -CLOCK_SKEW_SECONDS or (fresh and age > PRESENTATION_SECONDS):
        raise refused("binding")


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    number = _number(claims[name])
    if number is None:
        raise refused("time")
    return number


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):  # bool is an int to Python
        return None
    return float(value) if 0 <= value <= _LAST_SECOND else None
