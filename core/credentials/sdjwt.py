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
from core.credentials import integrity, status_ref
from core.credentials.disclosures import (
    ALG,
    SD,
    Hider,
    Path,
    Processed,
    choose,
    digest,
    hash_of,
    opened,
)
from core.credentials.errors import refused, refusing
from core.credentials.issuer import Issuer
from core.credentials.status_ref import StatusRef
from core.credentials.types import COMMON, KINDS, CredentialType, Kind, vct
from core.errors import Refusal
from core.keys import jose
from core.keys.jose import Jwk, PrivateKey, Token
from core.refusal_codes import RefusalCode

TYP, BINDING_TYP = "dc+sd-jwt", "kb+jwt"
VCDM_TYP = "vc+sd-jwt"  # the W3C's data model as an SD-JWT (profile DIIP); read, not written


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
    status: Sequence[StatusRef] = (),
) -> str:
    """Sign `claims` of a type for the holder of a key. Refuses `claim_unknown`."""
    kind, hider = KINDS[type], Hider()
    claims = whole(type, claims, now=now)
    at = int(now.timestamp())
    payload = {
        "iss": issuer.did,
        "vct": vct(issuer.base_url, type),
        integrity.CLAIM: integrity.of(type, issuer.base_url),
        "iat": at,
        "nbf": at,
        "exp": int(expires_at.timestamp()),
        "cnf": {"jwk": jose.only_public(holder_jwk)},
        **status_ref.claim(status),
        ALG: "sha-256",
        **{name: value for name, value in claims.items() if name in kind.visible | COMMON},
        **_bands(hider, claims, kind.predicates),
    }
    hidden = {name: value for name, value in claims.items() if name not in payload}
    size = len(kind.selective) + len(kind.predicates)
    payload[SD] = hider.object(hidden, size=size)[SD]
    token = jose.sign({"typ": TYP, "kid": issuer.jwk["kid"]}, payload, issuer.key)
    return "~".join([token, *hider.disclosures, ""])


def whole(type: CredentialType, claims: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The claims of a type with what every credential says of itself. Refuses `claim_unknown`."""
    kind: Kind = KINDS[type]
    unknown = claims.keys() - kind.visible - kind.selective - kind.predicates - COMMON
    if unknown:
        raise Refusal(RefusalCode.CLAIM_UNKNOWN, type=type, names=sorted(unknown))
    return {
        "schema_id": f"{type}/1",
        "evidence_level": kind.evidence,
        "hard_soft": kind.hard_soft,
        "proof_of": kind.proof_of,
        "as_of": now.date().isoformat(),
        **claims,
    }


class Held:
    """A credential in the hands of its holder: read once, looked into and shown as often as she likes; unchecked.

    Refuses `malformed`, also for a presentation, which is no holder's to show again.
    """

    def __init__(self, credential: str) -> None:
        parts = parse(credential)
        self._issued, self._payload = parts.issued, _issued(parts).payload
        self._algorithm = hash_of(self._payload)
        self._book = opened(parts.disclosures, self._algorithm)

    @cached_property
    def claims(self) -> dict[str, Any]:
        """Everything it holds."""
        return Processed(self._payload, self._book).payload

    def present(
        self,
        *,
        paths: Iterable[Path],
        key: PrivateKey,
        audience: str,
        nonce: str,
        now: datetime,
        claims: Mapping[str, Any] | None = None,
        transaction_data: Sequence[str] = (),
    ) -> str:
        """Show the claims at `paths` to one verifier, once. `claims` are further words of hers, e.g. her custody."""
        chosen = choose(self._payload, self._book, paths)
        shown = "~".join([self._issued, *chosen, ""])
        binding = {
            **(claims or {}),
            "iat": int(now.timestamp()),
            "aud": audience,
            "nonce": nonce,
            "sd_hash": digest(shown, self._algorithm),
        }
        if transaction_data:
            binding["transaction_data_hashes"] = [jose.digest(text) for text in transaction_data]
        return shown + jose.sign({"typ": BINDING_TYP}, binding, key)


def parse(text: str) -> Parts:
    """Take a credential apart; refuses `malformed`."""
    if len(text) > CREDENTIAL_CHARACTERS:
        raise refused("malformed", "too_large")
    issued, *rest = text.split("~")
    if not rest:
        raise refused("malformed", "no_sd_jwt")
    if len(rest) > CREDENTIAL_DISCLOSURES:
        raise refused("malformed", "too_large")
    return Parts(issued, tuple(rest[:-1]), rest[-1])


def received(credential: str) -> Token:
    """What a holder takes from an issuer: a credential without a key binding, whose signature is not checked here."""
    return _issued(parse(credential))


def contents(credential: str) -> dict[str, Any]:
    """Everything a credential holds, for its holder to look into; no check is made here."""
    return Held(credential).claims


def _issued(parts: Parts) -> Token:
    if parts.binding:
        raise refused("malformed", "presentation")
    with refusing():
        return jose.parse(parts.issued)


def _bands(hider: Hider, claims: Mapping[str, Any], predicates: frozenset[str]) -> dict[str, Any]:
    return {
        name: hider.object(value)
        for name, value in claims.items()
        if name in predicates and isinstance(value, Mapping)
    }
