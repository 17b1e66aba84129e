"""JOSE as the RFCs say it, and nothing that is nearly JOSE."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto import jwk as oracle_jwk
from jwcrypto import jws as oracle_jws
from nacl.signing import SigningKey

from core.keys import jose
from core.keys.jose import Broken

# RFC 8037, appendix A
RFC_SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
RFC_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
ED25519 = SigningKey(bytes(range(32)))
P256 = ec.derive_private_key(12345, ec.SECP256R1())
KEYS = pytest.mark.parametrize("key", [ED25519, P256], ids=["ed25519", "p256"])


def forged(payload: bytes, header: bytes = b'{"alg":"EdDSA"}') -> str:
    text = f"{jose.b64u(header)}.{jose.b64u(payload)}"
    return f"{text}.{jose.b64u(ED25519.sign(text.encode()).signature)}"


def test_the_key_and_its_name_are_those_of_rfc_8037() -> None:
    key = SigningKey(jose.unb64u(RFC_SEED))

    public = jose.public_jwk(key)

    assert public == {"kty": "OKP", "crv": "Ed25519", "x": RFC_PUBLIC}
    assert jose.thumbprint(public) == RFC_THUMBPRINT


def test_the_signature_is_that_of_rfc_8037() -> None:
    header, payload, signature = RFC_TOKEN.split(".")
    signed = f"{header}.{payload}".encode()
    token = jose.Token(json.loads(jose.unb64u(header)), {}, signed, jose.unb64u(signature))

    jose.verify(token, jose.ed25519_jwk(jose.unb64u(RFC_PUBLIC)))

    key = SigningKey(jose.unb64u(RFC_SEED))
    assert jose.b64u(key.sign(signed).signature) == signature


def test_the_thumbprint_of_an_elliptic_key_is_the_one_another_library_computes() -> None:
    public = jose.public_jwk(P256)

    assert jose.thumbprint(public) == oracle_jwk.JWK(**public).thumbprint()


@KEYS
def test_another_library_verifies_what_we_sign(key: jose.PrivateKey) -> None:
    text = jose.sign({"typ": "x"}, {"a": "é"}, key)

    oracle = oracle_jws.JWS()
    oracle.deserialize(text, oracle_jwk.JWK(**jose.public_jwk(key)))

    assert json.loads(oracle.payload) == {"a": "é"}


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519", "ES256"])
def test_we_verify_what_another_library_signs(alg: str) -> None:
    made = oracle_jwk.JWK.generate(
        kty="EC" if alg == "ES256" else "OKP", crv="P-256" if alg == "ES256" else "Ed25519"
    )
    oracle = oracle_jws.JWS(b'{"a":1}')
    oracle.allowed_algs = ["EdDSA", "Ed25519", "ES256"]
    oracle.add_signature(made, alg, protected=json.dumps({"alg": alg}))

    token = jose.parse(oracle.serialize(compact=True))

    jose.verify(token, made.export_public(as_dict=True))
    assert token.payload == {"a": 1}


@KEYS
def test_a_changed_byte_breaks_the_signature(key: jose.PrivateKey) -> None:
    head, _, signature = jose.sign({}, {"a": 1}, key).split(".")
    other = jose.b64u(jose.dumps({"a": 2}).encode())

    with pytest.raises(Broken, match="signature"):
        jose.verify(jose.parse(f"{head}.{other}.{signature}"), jose.public_jwk(key))


@pytest.mark.parametrize("length", [0, 63, 65])
@KEYS
def test_a_signature_of_the_wrong_length_is_refused(key: jose.PrivateKey, length: int) -> None:
    head, body, _ = jose.sign({}, {"a": 1}, key).split(".")

    with pytest.raises(Broken, match="signature"):
        jose.verify(jose.parse(f"{head}.{body}.{jose.b64u(bytes(length))}"), jose.public_jwk(key))


@pytest.mark.parametrize(
    "alg", ["none", "HS256", "RS256", "ES256", "eddsa", "", None, 1, ["EdDSA"]]
)
def test_an_algorithm_that_does_not_fit_the_key_is_refused(alg: Any) -> None:
    token = jose.parse(forged(b"{}", json.dumps({"alg": alg}).encode()))

    with pytest.raises(Broken, match="alg"):
        jose.verify(token, jose.public_jwk(ED25519))


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1e999}',
        b"[]", b'"a"', b"1", b"", b"{", b"{}x", b'\xff{"a":1}', b"\xef\xbb\xbf{}", b"[" * 100_000,
        rb'{"a":"\ud800"}', rb'{"\udfff":1}', rb'[{"a":["\ud83d \ude00"]}]',
        b'{"a":' + b"9" * 5000 + b"}", '{"a":1}'.encode("utf-16"),
    ],
)  # fmt: skip
def test_json_that_is_not_strict_is_refused(payload: bytes) -> None:
    with pytest.raises(Broken, match="malformed"):
        jose.parse(forged(payload))


def test_a_critical_extension_is_refused() -> None:
    with pytest.raises(Broken, match="malformed"):
        jose.parse(forged(b"{}", b'{"alg":"EdDSA","crit":["b64"],"b64":false}'))


@pytest.mark.parametrize(
    "text", ["QQ==", "Q Q", "QQ\n", "Q+/A", "Q", "QR", "QUF", "é", "\uff31\uff31"]
)
def test_base64_that_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(Broken, match="malformed"):
        jose.unb64u(text)


@given(st.binary(max_size=100))
def test_base64url_loses_nothing(data: bytes) -> None:
    assert jose.unb64u(jose.b64u(data)) == data


@pytest.mark.parametrize(
    "jwk",
    [
        None, [], "x", {}, {"kty": ["OKP"]}, {"kty": "RSA", "n": "AQAB"}, {"kty": "oct", "k": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": RFC_PUBLIC}, {"kty": "OKP", "crv": "Ed25519"},
        {"kty": "OKP", "crv": "Ed25519", "x": 5}, {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "EC", "crv": "P-384", "x": RFC_PUBLIC, "y": RFC_PUBLIC},
        {"kty": "EC", "crv": "P-256", "x": RFC_PUBLIC, "y": RFC_PUBLIC},
    ],
)  # fmt: skip
def test_what_is_no_public_key_of_ours_is_refused(jwk: object) -> None:
    with pytest.raises(Broken, match="malformed"):
        jose.only_public(jwk)


def test_the_private_half_of_a_key_is_never_passed_on() -> None:
    assert jose.only_public(
        {**jose.public_jwk(ED25519), "d": RFC_SEED, "kid": "1"}
    ) == jose.public_jwk(ED25519)
