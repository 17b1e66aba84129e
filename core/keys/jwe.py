"""Compact JWE as a wallet encrypts its answer to us (RFC 7516, RFC 7518 4.6): ECDH-ES on P-256, AES-GCM, nothing else.

Whatever is wrong with one is `Broken`, without telling what: who sends guesses learns nothing.
"""

from __future__ import annotations

import struct
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from core.keys import jose
from core.keys.jose import Broken, Jwk

ALGORITHM = "ECDH-ES"
KEY_BYTES = {"A128GCM": 16, "A256GCM": 32}
_NOT_UNDERSTOOD = jose.NOT_UNDERSTOOD | {"zip"}  # what is compressed may unfold without end
_NONCE_BYTES, _TAG_BYTES, _PARTS = 12, 16, 5


def public_jwk(key: ec.EllipticCurvePrivateKey) -> Jwk:
    """The key a wallet encrypts to, with what it is for."""
    jwk = jose.public_jwk(key)
    return {**jwk, "kid": jose.thumbprint(jwk), "use": "enc", "alg": ALGORITHM}


def decrypt(text: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """What was encrypted to `key`."""
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise Broken("malformed", "jwe")
    header = jose.loads(jose.unb64u(parts[0]))
    _, wrapped, nonce, sealed, tag = (jose.unb64u(part) for part in parts)
    size = _key_bytes(header)
    if wrapped or len(nonce) != _NONCE_BYTES or len(tag) != _TAG_BYTES:
        raise Broken("malformed", "jwe")
    try:
        return AESGCM(_agreed(header, key, size)).decrypt(nonce, sealed + tag, parts[0].encode())
    except InvalidTag as error:
        raise Broken("malformed", "jwe") from error


def _key_bytes(header: Any) -> int:
    if not isinstance(header, dict) or header.keys() & _NOT_UNDERSTOOD:
        raise Broken("malformed", "jwe")
    size = KEY_BYTES.get(str(header.get("enc")))
    if header.get("alg") != ALGORITHM or size is None:
        raise Broken("malformed", "jwe")
    return size


def _agreed(header: dict[str, Any], key: ec.EllipticCurvePrivateKey, size: int) -> bytes:
    """The key both sides can make: Concat KDF (NIST SP 800-56A) of what ECDH yields."""
    shared = key.exchange(ec.ECDH(), _public(header.get("epk")))
    parties = [jose.unb64u(str(header.get(name, ""))) for name in ("apu", "apv")]
    words = [header["enc"].encode(), *parties]
    told = b"".join(struct.pack(">I", len(word)) + word for word in words)
    info = told + struct.pack(">I", size * 8)
    return ConcatKDFHash(SHA256(), size, otherinfo=info).derive(shared)


def _public(jwk: object) -> ec.EllipticCurvePublicKey:
    """The point a wallet made for this one message; refuses what is not on the curve."""
    known = jose.only_public(jwk)
    if known["kty"] != "EC":
        raise Broken("malformed", "jwe")
    x, y = (int.from_bytes(jose.unb64u(known[name])) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
