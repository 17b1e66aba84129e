"""The small strict part of JOSE we need: base64url, JSON, public JWKs and compact JWS with Ed25519 or P-256.

What comes from outside is either exactly right or `Broken`; nothing is repaired.
"""

from __future__ import annotations

import hashlib
import json
import math
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

Jwk = dict[str, Any]
PrivateKey = SigningKey | ec.EllipticCurvePrivateKey

# RFC 9864 renames EdDSA to Ed25519: we write the old name, which everybody reads, and read both.
ALGORITHMS = {"EdDSA": "OKP", "Ed25519": "OKP", "ES256": "EC"}
CURVES = {"EdDSA": "Ed25519", "Ed25519": "Ed25519", "ES256": "P-256"}
MEMBERS = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y")}

# We know no critical extension; and a key, or where to fetch one, never comes with what it signed (RFC 8725, 3.10).
NOT_UNDERSTOOD = {"crit", "b64", "jku", "x5u"}

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(
    b"-_+/=", b"+/\0\0\0"
)  # what is foreign to base64url becomes foreign to base64
# A text of 2 or 3 characters more than a multiple of four ends in 4 or 2 bits that say nothing: they must be zero.
_LAST = {2: frozenset("AQgw"), 3: frozenset("AEIMQUYcgkosw048")}
_KEYS = 1_024  # public keys that are kept ready; an issuer's is used again and again
_HEADERS = 128
_SIGNATURE_BYTES = 64
_HALF = 32


class Broken(ValueError):
    """Not what it claims to be; `reason` is "malformed", "alg" or "signature", `detail` says what is wrong with it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Token(NamedTuple):
    """A compact JWS taken apart and not yet believed."""

    header: Mapping[str, Any]
    payload: dict[str, Any]
    signed: bytes
    signature: bytes


def b64u(data: bytes) -> str:
    """Base64url without padding."""
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=\n").decode()


def unb64u(text: str) -> bytes:
    """The bytes of a base64url text; padding, other alphabets and stray last bits are refused."""
    rest = len(text) % 4
    if rest == 1 or (rest and text[-1] not in _LAST[rest]):
        raise Broken("malformed", "base64url")
    try:
        padded = text.encode("ascii").translate(_FROM_URL) + b"==="[: -rest % 4]
        return a2b_base64(padded, strict_mode=True)
    except ValueError as error:
        raise Broken("malformed", "base64url") from error


def dumps(value: object) -> str:
    """Compact JSON."""
    return "".join(_WRITE(value, 0))


def loads(data: bytes | str) -> Any:
    """JSON in UTF-8 without duplicate names, NaN, infinity or half a character, which nobody could write again."""
    try:
        if isinstance(data, str):
            data = data.encode()
        found = _read(data.decode())
        if b"\\u" in data:
            dumps(found).encode()
    except Broken:
        raise
    except (ValueError, RecursionError) as error:
        raise Broken("malformed", "json") from error
    return found


def digest(text: str) -> str:
    """The base64url SHA-256 of a text exactly as it was received."""
    return b64u(hashlib.sha256(text.encode()).digest())


def public_jwk(key: PrivateKey) -> Jwk:
    """The public half of a key as a JWK."""
    if isinstance(key, SigningKey):
        return ed25519_jwk(bytes(key.verify_key))
    point = key.public_key().public_numbers()
    x, y = (b64u(number.to_bytes(_HALF)) for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def ed25519_jwk(public: bytes) -> Jwk:
    """The JWK of 32 bytes of Ed25519 public key."""
    return {"kty": "OKP", "crv": "Ed25519", "x": b64u(public)}


def only_public(jwk: object) -> Jwk:
    """The members that make the key, and nothing else; refuses a key that is not Ed25519 or P-256."""
    if not isinstance(jwk, Mapping) or jwk.get("kty") not in list(MEMBERS):
        raise Broken("malformed", "key")
    members = {name: jwk.get(name) for name in MEMBERS[jwk["kty"]]}
    _verify_key(members)
    return members


def private_key(jwk: object) -> PrivateKey:
    """The key of a private JWK (RFC 8037, RFC 7518); refuses one whose two halves do not belong together."""
    public = only_public(jwk)
    assert isinstance(jwk, Mapping)
    secret = _coordinate(jwk.get("d"))
    try:
        key: PrivateKey = (
            SigningKey(secret)
            if public["kty"] == "OKP"
            else ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
        )
    except ValueError as error:  # zero, or beyond the order of the curve
        raise Broken("malformed", "key") from error
    if public_jwk(key) != public:
        raise Broken("malformed", "key")
    return key


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The RFC 7638 name of a key."""
    members = {name: jwk[name] for name in MEMBERS[jwk["kty"]]}
    return b64u(hashlib.sha256(dumps(members).encode()).digest())


def is_same_key(one: object, other: object) -> bool:
    """Whether two JWKs are one key, whatever else they say of it: by their thumbprints."""
    try:
        return thumbprint(only_public(one)) == thumbprint(only_public(other))
    except Broken:
        return False


def sign(header: Mapping[str, Any], payload: Mapping[str, Any], key: PrivateKey) -> str:
    """A compact JWS; the algorithm is the key's own."""
    ed25519 = isinstance(key, SigningKey)
    head = {"alg": "EdDSA" if ed25519 else "ES256", **header}
    text = f"{b64u(dumps(head).encode())}.{b64u(dumps(payload).encode())}"
    return f"{text}.{b64u(sign_bytes(text.encode(), key))}"


def parse(text: str) -> Token:
    """Take a compact JWS apart. Its signature is not checked here."""
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        raise Broken("malformed", "jws")
    header, payload = _header(parts[0]), loads(unb64u(parts[1]))
    if not isinstance(payload, dict):
        raise Broken("malformed", "jws")
    return Token(header, payload, f"{parts[0]}.{parts[1]}".encode(), unb64u(parts[2]))


@lru_cache(_HEADERS)
def _header(text: str) -> Mapping[str, Any]:
    header = loads(unb64u(text))
    if not isinstance(header, dict):
        raise Broken("malformed", "jws")
    if header.keys() & NOT_UNDERSTOOD:
        raise Broken("malformed", "header")
    return MappingProxyType(header)  # it is everybody's: one issuer writes the same one for years


def verify(token: Token, jwk: Mapping[str, Any]) -> None:
    """Refuse a token that `jwk` did not sign with an algorithm of its own kind."""
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or ALGORITHMS.get(algorithm) != jwk.get("kty"):
        raise Broken("alg", "not_of_key")
    key = _verify_key(jwk)
    _check(key, token.signed, token.signature)


def check_bytes(signed: bytes, signature: bytes, jwk: Mapping[str, Any]) -> None:
    """Refuse bytes that `jwk` did not sign."""
    _check(_verify_key(jwk), signed, signature)


def sign_bytes(data: bytes, key: PrivateKey) -> bytes:
    """The 64 bytes of a signature: Ed25519, or r || s of P-256 with SHA-256."""
    if isinstance(key, SigningKey):
        return key.sign(data).signature
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
    return r.to_bytes(_HALF) + s.to_bytes(_HALF)


def _check(key: VerifyKey | ec.EllipticCurvePublicKey, signed: bytes, signature: bytes) -> None:
    if len(signature) != _SIGNATURE_BYTES:
        raise Broken("signature", "length")
    try:
        if isinstance(key, VerifyKey):
            key.verify(signed, signature)
        else:
            key.verify(_der(signature), signed, ec.ECDSA(SHA256()))
    except (BadSignatureError, InvalidSignature) as error:
        raise Broken("signature", "wrong") from error


def _der(signature: bytes) -> bytes:
    r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    return utils.encode_dss_signature(r, s)


def _verify_key(jwk: Mapping[str, Any]) -> VerifyKey | ec.EllipticCurvePublicKey:
    try:
        return _ready_key(jwk.get("kty"), jwk.get("crv"), jwk.get("x"), jwk.get("y"))
    except TypeError as error:  # a member that is a list
        raise Broken("malformed", "key") from error


@lru_cache(_KEYS)
def _ready_key(
    kty: object, crv: object, x: object, y: object
) -> VerifyKey | ec.EllipticCurvePublicKey:
    try:
        if (kty, crv) == ("OKP", "Ed25519"):
            return VerifyKey(_coordinate(x))
        if (kty, crv) == ("EC", "P-256"):
            place = (int.from_bytes(_coordinate(x)), int.from_bytes(_coordinate(y)))
            return ec.EllipticCurvePublicNumbers(*place, ec.SECP256R1()).public_key()
    except ValueError as error:
        raise Broken("malformed", "key") from error
    raise Broken("malformed", "key")


def _coordinate(text: object) -> bytes:
    data = unb64u(text) if isinstance(text, str) else b""
    if len(data) != _HALF:
        raise Broken("malformed", "key")
    return data


def _read(text: str) -> Any:
    """What JSON says; without a space around it, as everybody writes it, nothing looks for one."""
    if text[:1] in ("{", "["):
        found, end = _DECODER.raw_decode(text)
        if end == len(text):
            return found
    return _DECODER.decode(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Broken("malformed", "duplicate_name")
    return found


def _never(_: str) -> Any:
    raise Broken("malformed", "number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Broken("malformed", "number")
    return number


# made once: json.dumps and json.loads make a new one at every call
_ENCODER = json.JSONEncoder()
_WRITE = json.encoder.c_make_encoder(  # type: ignore[attr-defined]
    None, _ENCODER.default, json.encoder.encode_basestring, None, ":", ",", False, False, False
)
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_never, parse_float=_finite)
