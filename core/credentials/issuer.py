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

    @classmethod
    def fitting(cls, keyring: Keyring, url: str, holder_jwk: Jwk) -> Issuer:
        """The same, with its P-256 key for a holder of such a key: her wallet may know no other algorithm."""
        return cls.of(keyring, url, "ES256" if holder_jwk["kty"] == "EC" else "EdDSA")

    @classmethod
    def at_address(cls, keyring: Keyring, url: str) -> Issuer:
        """The same node under its https address, with its P-256 key: what HAIP wants."""
        return cls(url, url, keyring.p256_key(KEY))

    @property
    def status_lists(self) -> str:
        """Where this issuer publishes status lists signed with this key: who can check the one can check the other."""
        return status_addresses(self.base_url)[self.key_type]

    @property
    def key_type(self) -> str:
        """`kty` of its key: OKP or EC."""
        return str(jose.public_jwk(self.key)["kty"])

    @cached_property
    def jwk(self) -> Jwk:
        """The public key that verifies what this issuer signs, with its `kid`."""
        return _named(self.did, self.key)


def status_addresses(base_url: str) -> dict[str, str]:
    """Where a node publishes its status lists, by the `kty` of the key that signs them."""
    return {"OKP": f"{base_url}/status", "EC": f"{base_url}/status/es256"}


def address_keys(keyring: Keyring, url: str) -> dict[str, list[Jwk]]:
    """The same keys under the https address of a node, as it serves them at /.well-known/jwt-vc-issuer."""
    pairs = zip(keyring.signing_keys(KEY), keyring.p256_keys(KEY), strict=True)
    return {url: [_named(url, key) for pair in pairs for key in pair]}


def trusted_keys(keyring: Keyring, url: str) -> dict[str, list[Jwk]]:
    """Both issuer keys of a node and those of before they were rotated, as who trusts it holds them."""
    every: list[PrivateKey] = [*keyring.signing_keys(KEY), *keyring.p256_keys(KEY)]
    return {did.web(url): [Issuer(did.web(url), url, key).jwk for key in every]}


def _named(issuer: str, key: PrivateKey) -> Jwk:
    """A public key with its name: a DID URL, or for an issuer that is an address the bare thumbprint."""
    public = jose.public_jwk(key)
    is_did = issuer.startswith("did:")
    return {**public, "kid": did.key_id(issuer, public) if is_did else jose.thumbprint(public)}
