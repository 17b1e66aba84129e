"""The examples that the specifications themselves print."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from core import credentials
from core.credentials import binding, dataintegrity, sdjwt
from core.credentials.disclosures import Processed, hash_of, opened
from core.credentials.question import Question
from core.keys import did, jose
from tests.core.credentials.made import refused

RFC9901 = json.loads(Path(__file__).with_name("rfc9901.json").read_text())
EXAMPLES = RFC9901["examples"]
BOUND_AT = datetime.fromtimestamp(RFC9901["bound_at"], UTC)
QUESTION = Question({}, RFC9901["audience"], RFC9901["nonce"], BOUND_AT)


def text(example: str) -> str:
    return "".join(EXAMPLES[example]["text"])


# --- RFC 9901: SD-JWT


@pytest.mark.parametrize("example", EXAMPLES)
def test_rfc_9901_is_processed_as_it_prints(example: str) -> None:
    parts = sdjwt.parse(text(example))
    token = jose.parse(parts.issued)
    jose.verify(token, RFC9901["issuer_key"])

    algorithm = hash_of(token.payload)
    processed = Processed(token.payload, opened(parts.disclosures, algorithm))

    assert processed.payload == EXAMPLES[example]["claims"]
    if parts.binding:
        binding.check(parts, binding.holder(processed.payload), algorithm, QUESTION)


def test_rfc_9901_sd_jwt_vc_is_believed() -> None:
    example = "A.3 SD-JWT VC presented"
    claims = EXAMPLES[example]["claims"]
    asked: dict[str, Any] = {
        "trust": {claims["iss"]: [RFC9901["issuer_key"]]}, "type": None, "audience": RFC9901["audience"],
        "nonce": RFC9901["nonce"], "now": BOUND_AT,
    }  # fmt: skip

    assert credentials.verify(text(example), **asked).claims == claims

    with refused("binding", "nonce"):
        credentials.verify(text(example), **(asked | {"nonce": "0987654321"}))


def test_rfc_9901_what_is_chosen_is_what_the_example_shows() -> None:
    issued = text("5.1 issued")
    paths = [["family_name"], ["address"], ["given_name"], ["nationalities", 0]]

    shown = credentials.present(
        issued,
        paths=paths,
        key=SigningKey.generate(),
        audience="a",
        nonce="n",
        now=BOUND_AT,
    )

    expected = sdjwt.parse(text("5.2 presented")).disclosures
    assert sorted(sdjwt.parse(shown).disclosures) == sorted(expected)


@pytest.mark.parametrize(
    ("salt", "value", "expected"),
    [
        ("2GLC42sKQveCfGfryNRN9w", ["given_name", "John"], "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4"),
        ("lklxF5jMYlGTPUovMNIvCA", ["US"], "pFndjkZ_VCzmyTa6UjlZo3dh-ko8aIKQc9DlGzhaVYo"),
        ("eI8ZWm9QnKPpNPeNenHdhQ", ["country", "DE"], "WN9r9dCBJ8HTCsS2jKASxTjEyW5m5x65_Z_2ro2jfXM"),
    ],
)  # fmt: skip
def test_rfc_9901_digests(salt: str, value: list[Any], expected: str) -> None:
    disclosure = jose.b64u(json.dumps([salt, *value]).encode())

    assert jose.digest(disclosure) == expected


# --- RFC 8037, appendix A: Ed25519

RFC8037_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC8037_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def test_rfc_8037_signs_and_verifies_to_the_byte() -> None:
    signed, _, signature = RFC8037_JWS.rpartition(".")
    key = jose.private_key(RFC8037_KEY)

    assert jose.b64u(jose.sign_bytes(signed.encode(), key)) == signature
    jose.check_bytes(signed.encode(), jose.unb64u(signature), RFC8037_KEY)


def test_rfc_8037_public_key_and_thumbprint() -> None:
    public = jose.public_jwk(jose.private_key(RFC8037_KEY))

    assert public["x"] == RFC8037_KEY["x"]
    assert jose.thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


# --- W3C, Data Integrity EdDSA Cryptosuites 1.0, appendix B: eddsa-jcs-2022

ISSUER = "https://vc.example/issuers/5678"
MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
SIGNED = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/examples/v2",
    ],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": ISSUER,
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"{ISSUER}#{MULTIKEY}",
        "proofPurpose": "assertionMethod",
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://www.w3.org/ns/credentials/examples/v2",
        ],
        "proofValue": "z63t83Y53KfzJ5ZosfKTnqfMcKB2dmTrfjSaQjeNNjAD5srBowQfmWqeRb8rRjmeEuCBEsddF9LsVogtuTsijJKh4",
    },
}


def test_w3c_eddsa_jcs_2022_is_believed() -> None:
    key = {**did.to_jwk(f"did:key:{MULTIKEY}"), "kid": f"{ISSUER}#{MULTIKEY}"}
    asked: dict[str, Any] = {
        "trust": {ISSUER: [key]}, "type": None, "audience": None, "nonce": None, "require_binding": False,
        "now": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip

    found = credentials.verify(json.dumps(SIGNED), **asked)

    assert found.claims["credentialSubject"]["alumniOf"] == "The School of Examples"
    with refused("signature", "wrong"):
        credentials.verify(json.dumps(SIGNED | {"name": "Alumna Credential"}), **asked)


def test_w3c_eddsa_jcs_2022_is_signed_to_the_byte() -> None:
    key = SigningKey(did.unbase58(SECRET[1:])[2:])
    bare = {name: value for name, value in SIGNED.items() if name != "proof"}
    assert did.from_jwk(jose.public_jwk(key)) == f"did:key:{MULTIKEY}"

    made = dataintegrity.sign(
        bare, key=key, method=f"{ISSUER}#{MULTIKEY}", now=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
    )  # fmt: skip

    assert made == SIGNED


# --- did:key, W3C CCG: test vectors of Ed25519 and P-256


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", "Ed25519"),
        ("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", "P-256"),
    ],
)
def test_a_did_key_is_the_key_it_names(name: str, curve: str) -> None:
    jwk = did.to_jwk(name)

    assert jwk["crv"] == curve
    assert did.from_jwk(jwk) == name
