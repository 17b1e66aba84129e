"""Names that are keys (did:key, for borrowers) and names that are addresses (did:web, for nodes)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.errors import Refusal
from core.keys import jose
from core.keys.jose import Jwk
from core.refusal_codes import RefusalCode

_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519, _P256 = b"\xed\x01", b"\x80\x24"  # multicodec, as varints
# characters of a DID of a kind we know; longer is not worth decoding
_LONGEST = {"key": 100, "jwk": 500}
_ENDS = {"expires", "revoked"}  # of a verification method (Controlled Identifiers 1.0)
_USES = ("use", "key_ops", "alg")  # what the owner of a JWK says it is for
_CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]


def from_jwk(jwk: Mapping[str, Any]) -> str:
    """The did:key of a public key: z6Mk… for Ed25519, zDn… for P-256."""
    return f"did:key:z{base58(_multikey(jwk))}"


def to_jwk(did: str) -> Jwk:
    """The public key a did:key or a did:jwk is. Refuses what is neither."""
    kind, _, text = did.removeprefix("did:").partition(":")
    try:
        if len(did) > _LONGEST[kind] or not did.startswith("did:"):
            raise Refusal(RefusalCode.DID_MALFORMED)
        return (
            _jwk(_unmultibase(text))
            if kind == "key"
            else jose.only_public(jose.loads(jose.unb64u(text)))
        )
    except (KeyError, ValueError) as error:
        raise Refusal(RefusalCode.DID_MALFORMED) from error


def is_key(did: str) -> bool:
    """Whether a DID is itself the key, so that nothing need be looked up."""
    return did.startswith(("did:key:", "did:jwk:"))


def method(did: str) -> str:
    """The DID URL of the only key of a did:key or a did:jwk."""
    return f"{did}#0" if did.startswith("did:jwk:") else f"{did}#{did.removeprefix('did:key:')}"


def web(url: str) -> str:
    """The did:web of the node that answers at `url`."""
    place = urlsplit(url)
    path = [quote(part, safe="") for part in place.path.split("/") if part]
    return ":".join(["did:web", quote(place.netloc.lower(), safe=""), *path])


def canonical(name: str) -> str:
    """A name with its host in small letters: of a did:web (or a DID URL of it) or an https address, in any case."""
    if name.startswith("did:web:"):
        host, colon, path = name.removeprefix("did:web:").partition(":")
        host, sharp, key = host.partition("#")
        return f"did:web:{quote(unquote(host).lower(), safe='')}{sharp}{key}{colon}{path}"
    scheme, mark, rest = name.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}" if mark else name


def document(did: str, *, issuing: Iterable[Jwk], signing_in: Iterable[Jwk] = ()) -> dict[str, Any]:
    """The DID document: `issuing` keys assert credentials, `signing_in` keys authenticate the node."""
    asserts = {key_id(did, jwk): jwk for jwk in issuing}
    enters = {key_id(did, jwk): jwk for jwk in signing_in}
    methods = [
        {"id": name, "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}
        for name, jwk in (asserts | enters).items()
    ]
    return {
        "@context": _CONTEXT,
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": list(asserts),
        "authentication": list(enters),
    }


def key_id(did: str, jwk: Mapping[str, Any]) -> str:
    """The DID URL of a key: its thumbprint, so that a rotated key never takes over an old name."""
    return f"{did}#{jose.thumbprint(jwk)}"


def issuing_keys(document: Mapping[str, Any], did: str, *, now: datetime) -> list[Jwk]:
    """The keys with which `did` may sign credentials now, each with its `kid`; refuses another's document.

    Keys of a kind we do not know, or whose time is over, are left out; a key may be a JWK or a Multikey.
    """
    return _keys_for(document, did, "assertionMethod", now)


def authenticating_keys(document: Mapping[str, Any], did: str, *, now: datetime) -> list[Jwk]:
    """The same for the keys with which `did` may enter."""
    return _keys_for(document, did, "authentication", now)


def _keys_for(document: Mapping[str, Any], did: str, purpose: str, now: datetime) -> list[Jwk]:
    if canonical(str(document.get("id"))) != canonical(did):
        raise Refusal(RefusalCode.CREDENTIAL_REFUSED, reason="issuer")
    listed = _listed(document, purpose)
    methods = [*_listed(document, "verificationMethod"), *listed]
    allowed = {_absolute(did, one.get("id") if isinstance(one, dict) else one) for one in listed}
    found: dict[str, Jwk] = {}
    for one in methods:
        if isinstance(one, dict) and (name := _absolute(did, one.get("id"))) in allowed:
            key = _key_of(one)
            if key is not None and not any(_is_past(one[end], now) for end in _ENDS & one.keys()):
                found.setdefault(name, {**key, "kid": name})
    return list(found.values())


def _listed(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name, [])
    return found if isinstance(found, list) else []


def _absolute(did: str, name: object) -> str:
    return f"{did}{name}" if str(name).startswith("#") else str(name)


def _is_past(moment: object, now: datetime) -> bool:
    """Whether a key has ended; at what is no moment it has."""
    try:
        return datetime.fromisoformat(str(moment)) <= now
    except (ValueError, TypeError):  # no date, or one without its offset
        return True


def _key_of(method: Mapping[str, Any]) -> Jwk | None:
    try:
        if "publicKeyJwk" in method:
            jwk = method["publicKeyJwk"]
            return {**jose.only_public(jwk), **{name: jwk[name] for name in _USES if name in jwk}}
        return _jwk(_unmultibase(str(method.get("publicKeyMultibase"))))
    except ValueError:
        return None


def base58(data: bytes) -> str:
    """Base58 in the alphabet of Bitcoin; every leading zero byte is a 1."""
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = _DIGITS[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def unbase58(text: str) -> bytes:
    """The bytes of a base58 text; a ValueError for any other character."""
    number = 0
    for digit in text:
        number = number * 58 + _DIGITS.index(digit)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def _unmultibase(text: str) -> bytes:
    if not text.startswith("z") or len(text) > _LONGEST["key"]:
        raise ValueError(text)
    return unbase58(text[1:])


def _multikey(jwk: Mapping[str, Any]) -> bytes:
    x = jose.unb64u(jwk["x"])
    if jwk["kty"] == "OKP":
        return _ED25519 + x
    return _P256 + (b"\x03" if jose.unb64u(jwk["y"])[-1] & 1 else b"\x02") + x


def _jwk(data: bytes) -> Jwk:
    kind, key = data[:2], data[2:]
    if kind == _ED25519:
        return jose.only_public(jose.ed25519_jwk(key))
    if kind != _P256:
        raise ValueError(kind)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint) != key:
        raise ValueError(kind)
    return {"kty": "EC", "crv": "P-256", "x": jose.b64u(point[1:33]), "y": jose.b64u(point[33:])}
