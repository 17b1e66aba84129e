"""SD-JWT VC on the wire: issue one, present some of it bound to one verifier and one nonce, take one apart.

<issuer JWS>~<disclosure>~…~            issued
<issuer JWS>~<disclosure>~…~<KB-JWT>    presented
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from config.limits import CREDENTIAL_CHARACTERS, CREDENTIAL_DISCLOSURES
from core.credentials.disclosures import ALG, SD, Hider, Path, Processed, choose
from core.credentials.errors import refused
from core.credentials.types import COMMON, KINDS, CredentialType, vct
from core.errors import Refusal
from core.keys import Keyring, did, jose
from core.keys.jose import Jwk, PrivateKey, Token

TYP, BINDING_TYP = "dc+sd-jwt", "kb+jwt"


@dataclass(frozen=True)
class Issuer:
    """Who signs credentials: a DID, the address of its types, and a key of Ed25519 or P-256."""

    did: str
    base_url: str
    key: PrivateKey

    @classmethod
    def of(cls, keyring: Keyring, url: str) -> Issuer:
        """The issuer every node is: did:web of its address, the Ed25519 key "issuer" of its keyring."""
        return cls(did.web(url), url, keyring.signing_key("issuer"))

    @cached_property
    def jwk(self) -> Jwk:
        """The public key that verifies what this issuer signs, with its `kid`."""
        public = jose.public_jwk(self.key)
        return {**public, "kid": did.key_id(self.did, public)}


@dataclass(frozen=True, slots=True)
class Parts:
    """A credential taken apart and not yet believed."""

    issued: str  # the issuer's JWS
    disclosures: tuple[str, ...]
    binding: str  # the key binding JWT, empty if there is none

    @property
    def bound(self) -> str:
        """The text a key binding vouches for."""
        return "~".join([self.issued, *self.disclosures, ""])


def issue(
    *,
    issuer: Issuer,
    type: CredentialType,
    claims: Mapping[str, Any],
    holder_jwk: Jwk,
    now: datetime,
    expires_at: datetime,
) -> str:
    """Sign `claims` of a type for the holder of a key. Refuses `claim_unknown`."""
    kind, hider = KINDS[type], Hider()
    unknown = claims.keys() - kind.visible - kind.selective - kind.predicates - COMMON
    if unknown:
        raise Refusal("claim_unknown", type=type, names=sorted(unknown))
    at = int(now.timestamp())
    payload = {
        "iss": issuer.did,
        "vct": vct(issuer.base_url, type),
        "iat": at,
        "nbf": at,
        "exp": int(expires_at.timestamp()),
        "cnf": {"jwk": jose.only_public(holder_jwk)},
        "schema_id": f"{type}/1",
        "evidence_level": kind.evidence,
        "hard_soft": kind.hard_soft,
        "proof_of": kind.proof_of,
        "as_of": now.date().isoformat(),
        ALG: "sha-256",
        **{name: value for name, value in claims.items() if name in kind.visible | COMMON},
        **_bands(hider, claims, kind.predicates),
    }
    hidden = {name: value for name, value in claims.items() if name not in payload}
    size = len(kind.selective) + len(kind.predicates)
    payload[SD] = hider.object(hidden, size=size)[SD]
    token = jose.sign({"typ": TYP, "kid": issuer.jwk["kid"]}, payload, issuer.key)
    return "~".join([token, *hider.disclosures, ""])


def present(
    credential: str,
    *,
    paths: Iterable[Path],
    key: PrivateKey,
    audience: str,
    nonce: str,
    now: datetime,
    claims: Mapping[str, Any] | None = None,
    transaction_data: Sequence[str] = (),
) -> str:
    """Show the claims at `paths` to one verifier, once. `claims` are further words of the holder, e.g. her custody."""
    parts = parse(credential)
    chosen = choose(jose.parse(parts.issued).payload, parts.disclosures, paths)
    shown = Parts(parts.issued, tuple(chosen), "").bound
    binding = {
        **(claims or {}),
        "iat": int(now.timestamp()),
        "aud": audience,
        "nonce": nonce,
        "sd_hash": jose.digest(shown),
    }
    if transaction_data:
        binding["transaction_data_hashes"] = [jose.digest(text) for text in transaction_data]
    return shown + jose.sign({"typ": BINDING_TYP}, binding, key)


def parse(text: str) -> Parts:
    """Take a credential apart; refuses `malformed`."""
    issued, *rest = text.split("~")
    if len(text) > CREDENTIAL_CHARACTERS or not rest or len(rest) > CREDENTIAL_DISCLOSURES:
        raise refused("malformed")
    return Parts(issued, tuple(rest[:-1]), rest[-1])


def received(credential: str) -> Token:
    """What a holder takes from an issuer: a credential without a key binding, whose signature is not checked here."""
    parts = parse(credential)
    if parts.binding:
        raise refused("malformed")
    try:
        return jose.parse(parts.issued)
    except jose.Broken as broken:
        raise refused(broken.reason) from broken


def contents(credential: str) -> dict[str, Any]:
    """Everything a credential holds, for its holder to look into; no check is made here."""
    parts = parse(credential)
    return Processed(jose.parse(parts.issued).payload, parts.disclosures).payload


def _bands(hider: Hider, claims: Mapping[str, Any], predicates: frozenset[str]) -> dict[str, Any]:
    return {
        name: hider.object(value)
        for name, value in claims.items()
        if name in predicates and isinstance(value, Mapping)
    }
