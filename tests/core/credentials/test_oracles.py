"""Libraries nobody here wrote verify what we issue, and we verify what they issue."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from core import credentials
from core.credentials import CredentialType, Issuer
from core.keys import jose
from tests.core.credentials.made import (
    AUDIENCE,
    HOLDER,
    HOLDER_JWK,
    ISSUER,
    NONCE,
    URL,
    credential,
    presentation,
)

KEY = ec.derive_private_key(4711, ec.SECP256R1())
HOLDER_KEY = ec.derive_private_key(815, ec.SECP256R1())
P256_ISSUER = Issuer("did:web:node.example", URL, KEY)


def oracle_key(key: ec.EllipticCurvePrivateKey) -> JWK:
    return JWK.from_pem(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_sd_jwt_reads_what_we_present() -> None:
    ours = credential(issuer=P256_ISSUER, holder_jwk=jose.public_jwk(HOLDER_KEY))
    text = presentation(ours, paths=[["age_over", "18"], ["residence", "region"]], key=HOLDER_KEY)

    found = SDJWTVerifier(text, lambda *_: oracle_key(KEY), AUDIENCE, NONCE).get_verified_payload()

    assert found["age_over"] == {"18": True}
    assert found["residence"] == {"region": "Nakuru"}
    assert "given_name" not in found


def test_sd_jwt_presents_what_we_issue_and_we_verify_it() -> None:
    now = datetime.fromtimestamp(int(time.time()), UTC)
    ours = credential(
        issuer=P256_ISSUER,
        holder_jwk=jose.public_jwk(HOLDER_KEY),
        now=now,
        expires_at=now + timedelta(days=1),
    )
    holder = SDJWTHolder(ours)
    holder.create_presentation({"given_name": True}, NONCE, AUDIENCE, oracle_key(HOLDER_KEY))

    found = credentials.verify(
        holder.sd_jwt_presentation, trust={P256_ISSUER.did: [P256_ISSUER.jwk]}, type=CredentialType.KYC,
        audience=AUDIENCE, nonce=NONCE, now=now + timedelta(seconds=1),
    )  # fmt: skip

    assert found.claims["given_name"] == "Wanjiru"


def theirs(claims: dict[Any, Any], now: float) -> str:
    plain = {"iss": "did:web:x", "vct": "https://x/y", "iat": int(now), "exp": int(now) + 60}
    issuer = SDJWTIssuer(
        plain | claims, oracle_key(KEY), JWK.from_json(json.dumps(jose.public_jwk(HOLDER_KEY))),
        add_decoy_claims=True, extra_header_parameters={"typ": "dc+sd-jwt"},
    )  # fmt: skip
    return str(issuer.sd_jwt_issuance)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({}, {"list": ["a"], "open": {"plain": 1}}),
        ({"name": True}, {"name": "W", "list": ["a"], "open": {"plain": 1}}),
        ({"list": [False, True, False]}, {"list": ["a", "b"], "open": {"plain": 1}}),
        (
            {"deep": {"er": {"est": True}}},
            {"deep": {"er": {"est": 5}}, "list": ["a"], "open": {"plain": 1}},
        ),
    ],
    ids=["nothing", "a claim", "an element", "nested"],
)
def test_we_verify_what_sd_jwt_issues(shown: dict[str, Any], expected: dict[str, Any]) -> None:
    now = time.time()
    claims = {
        SDObj("name"): "W",
        "list": ["a", SDObj("b"), SDObj("c")],
        "open": {"plain": 1, SDObj("hidden"): 2},
        SDObj("deep"): {SDObj("er"): {SDObj("est"): 5}},
    }
    holder = SDJWTHolder(theirs(claims, now))
    holder.create_presentation(shown, NONCE, AUDIENCE, oracle_key(HOLDER_KEY))

    found = credentials.verify(
        holder.sd_jwt_presentation, trust={"did:web:x": [jose.public_jwk(KEY)]}, type=None,
        audience=AUDIENCE, nonce=NONCE, now=datetime.fromtimestamp(now + 1, UTC),
    )  # fmt: skip

    assert {name: found.claims.get(name) for name in expected} == expected
    assert found.claims.keys() - expected.keys() == {"iss", "vct", "iat", "exp", "cnf"}


def test_jwcrypto_verifies_the_signatures_of_an_ed25519_presentation() -> None:
    token, *_, binding = presentation().split("~")

    for text, jwk in ((token, ISSUER.jwk), (binding, HOLDER_JWK)):
        oracle = JWS()
        oracle.deserialize(
            text, JWK(**{name: value for name, value in jwk.items() if name != "kid"})
        )
        assert oracle.is_valid


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_we_verify_an_ed25519_credential_signed_by_jwcrypto(alg: str) -> None:
    now = datetime.now(UTC)
    key = JWK.generate(kty="OKP", crv="Ed25519")
    claims = {"iss": "https://x", "vct": "v", "cnf": {"jwk": HOLDER_JWK}}
    oracle = JWS(json.dumps(claims))
    oracle.allowed_algs = ["EdDSA", "Ed25519"]
    oracle.add_signature(
        key, alg, protected=json.dumps({"alg": alg, "typ": "dc+sd-jwt", "kid": "k"})
    )
    text = credentials.present(
        oracle.serialize(compact=True) + "~",
        paths=[],
        key=HOLDER,
        audience=AUDIENCE,
        nonce=NONCE,
        now=now,
    )

    found = credentials.verify(
        text, trust={"https://x": [{**key.export_public(as_dict=True), "kid": "k"}]}, type=None,
        audience=AUDIENCE, nonce=NONCE, now=now,
    )  # fmt: skip

    assert found.claims == claims
