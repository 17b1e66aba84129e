"""Whose key signed: only keys of an issuer we trust are tried, and never one that came along with the credential."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.credentials.errors import refused
from core.keys import did, jose
from core.keys.jose import Broken, Jwk, Token

Trust = Mapping[str, Sequence[Jwk]]  # the keys of every issuer we believe

_MEANS = {"Ed25519": "EdDSA"}  # RFC 9864: two names of one algorithm


def check_token(token: Token, issuer: object, trust: Trust) -> None:
    """Refuse a JWS that no key of its trusted issuer signed: `alg`, `issuer` or `signature`."""
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in jose.ALGORITHMS:
        raise refused("alg", "not_allowed")
    if "jwk" in token.header:
        raise refused("issuer", "key_in_header")
    keys = keys_of(issuer, token.header.get("kid"), trust)
    try_keys([key for key in keys if fits(key, algorithm)], lambda key: jose.verify(token, key))


def keys_of(issuer: object, kid: object, trust: Trust) -> list[Jwk]:
    """The keys of a trusted issuer that `kid` may mean; refuses `issuer` where it has none, or means another's."""
    name = did.canonical(issuer) if isinstance(issuer, str) else ""
    keys = _trusted(name, trust)
    if not keys:
        raise refused("issuer", "not_trusted")
    if kid is not None and not isinstance(kid, str):
        raise refused("issuer", "key_unknown")
    if (
        isinstance(kid, str)
        and kid.startswith("did:")
        and did.canonical(kid).partition("#")[0] != name
    ):
        raise refused("issuer", "key_of_another")
    meant = [key for key in keys if kid is None or _means(kid, key, name)]
    if not meant:
        raise refused("issuer", "key_unknown")
    return meant


def _trusted(name: str, trust: Trust) -> Sequence[Jwk]:
    """The keys of an issuer, however its host is written in the trust list."""
    if name in trust:
        return trust[name]
    return next((keys for one, keys in trust.items() if did.canonical(one) == name), ())


def fits(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether a key may be used with an algorithm: of its type, and for what its owner says it is for."""
    return (
        key.get("kty") == jose.ALGORITHMS[algorithm]
        and key.get("crv") == jose.CURVES[algorithm]
        and key.get("use", "sig") == "sig"
        and _may_verify(key.get("key_ops"))
        and _meaning(str(key.get("alg", algorithm))) == _meaning(algorithm)
    )


def _may_verify(operations: object) -> bool:
    return operations is None or (isinstance(operations, list) and "verify" in operations)


def try_keys(keys: Sequence[Jwk], check: Callable[[Jwk], None]) -> None:
    """Refuse what none of these keys signed; another key of the same issuer may have."""
    if not keys:
        raise refused("alg", "not_of_key")
    for key in keys[:-1]:
        try:
            return check(key)
        except Broken:
            continue
    return check(keys[-1])


def _means(kid: object, key: Jwk, issuer: str) -> bool:
    """Whether a name is this key's: the one in the trust list, its thumbprint, or itself in multibase (z6Mk…)."""
    name = _name(kid, issuer)
    return _name(key.get("kid", kid), issuer) == name or name in _own_names(key)


def _own_names(key: Jwk) -> tuple[str, ...]:
    """What anybody may call a key, because it follows from it."""
    try:
        public = jose.only_public(key)
    except Broken:
        return ()
    return jose.thumbprint(public), did.from_jwk(public).removeprefix("did:key:")


def _name(kid: object, issuer: str) -> object:
    """A key's name without its DID: trust lists hold it either way."""
    return (
        did.canonical(kid).removeprefix(issuer).removeprefix("#") if isinstance(kid, str) else kid
    )


def _meaning(algorithm: str) -> str:
    return _MEANS.get(algorithm, algorithm)
