"""Who signs credentials: a name, the address of its types, and a key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from core.keys import Keyring, did, jose
from core.keys.jose import Jwk, PrivateKey

KEY = "issuer"  # the name of both keys in the keyring
Algorithm = Literal["EdDSA", "ES256"]


@dataclass(frozen=True)
class Issuer:
    """Who signs credentials: a DID (or an https address), the address of its types, a key of Ed25519 or P-256."""

    did: str
    base_url: str
    key: PrivateKey

    @classmethod
    def of(cls, keyring: Keyring, url: str, algorithm: Algorithm = "EdDSA") -> Issuer:
        """The issuer every node is: did:web of its address, a key "issuer" of its keyring."""
        key = keyring.signing_key(KEY) if algorithm == "EdDSA" else keyring.p256_key(KEY)
        return cls(did.web(url), url, key)

    @cached_property
    def jwk(self) -> Jwk:
        """The public key that verifies what this issuer signs, with its `kid`."""
        public = jose.public_jwk(self.key)
        return {**public, "kid": did.key_id(self.did, public)}


def trusted_keys(keyring: Keyring, url: str) -> dict[str, list[Jwk]]:
    """Both issuer keys of a node and those of before they were rotated, as who trusts it holds them."""
    every: list[PrivateKey] = [*keyring.signing_keys(KEY), *keyring.p256_keys(KEY)]
    return {did.web(url): [Issuer(did.web(url), url, key).jwk for key in every]}
