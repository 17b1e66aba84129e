"""Keys as the libraries want them."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from nacl.signing import SigningKey

from core.credentials import Issuer
from core.keys import did, jose
from core.keys.jose import Jwk, PrivateKey
from tests.core.credentials.made import HOLDER, ISSUER, URL

P256 = ec.derive_private_key(4711, ec.SECP256R1())
P256_HOLDER = ec.derive_private_key(815, ec.SECP256R1())
ISSUERS = {"EdDSA": ISSUER, "ES256": Issuer(ISSUER.did, URL, P256)}
HOLDERS: dict[str, PrivateKey] = {"EdDSA": HOLDER, "ES256": P256_HOLDER}


def private(key: PrivateKey) -> Jwk:
    """A private key as a JWK."""
    secret = (
        bytes(key)
        if isinstance(key, SigningKey)
        else key.private_numbers().private_value.to_bytes(32)
    )
    return {**jose.public_jwk(key), "d": jose.b64u(secret)}


def multikey(method: str, jwk: Jwk) -> dict[str, str]:
    """A key as it stands in a DID document that the libraries load from us instead of the network."""
    return {
        "id": method,
        "controller": method.partition("#")[0],
        "publicKeyMultibase": did.from_jwk(jwk).removeprefix("did:key:"),
    }


def signing(method: str, key: PrivateKey) -> dict[str, Any]:
    """A private key with the name under which it signs."""
    return {"id": method, "controller": method.partition("#")[0], "jwk": private(key)}
