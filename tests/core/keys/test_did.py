"""Names of people are keys, names of nodes are addresses."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from core.errors import Refusal
from core.keys import did, jose
from tests.conftest import NOW

# from the did:key specification: (key in hexadecimal or JWK coordinates, DID)
ED25519 = (
    "2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6",
    "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
)
P256 = (
    {"kty": "EC", "crv": "P-256", "x": "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns",
     "y": "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM"},
    "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",
)  # fmt: skip


def test_the_did_of_an_ed25519_key_is_the_published_one() -> None:
    jwk = jose.ed25519_jwk(bytes.fromhex(ED25519[0]))

    assert did.from_jwk(jwk) == ED25519[1]
    assert did.to_jwk(ED25519[1]) == jwk


def test_the_did_of_a_p256_key_is_the_published_one() -> None:
    assert did.from_jwk(P256[0]) == P256[1]
    assert did.to_jwk(P256[1]) == P256[0]


@given(st.integers(1, 2**200))
def test_every_p256_key_comes_back_from_its_did(number: int) -> None:
    jwk = jose.public_jwk(ec.derive_private_key(number, ec.SECP256R1()))

    assert did.to_jwk(did.from_jwk(jwk)) == jwk


@given(st.binary(max_size=40))
def test_base58_loses_nothing(data: bytes) -> None:
    assert did.unbase58(did.base58(data)) == data


@pytest.mark.parametrize(
    "text",
    ["", "did:key:", "did:key:z", "did:key:z0OIl", "did:web:x", "x" + ED25519[1], ED25519[1] + "1", ED25519[1][:-1],
     "did:key:z" + "2" * 5000, "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"],
)  # fmt: skip
def test_what_is_no_did_key_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="did_malformed"):
        did.to_jwk(text)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://node.example", "did:web:node.example"),
        ("https://Node.Example/", "did:web:node.example"),
        ("http://127.0.0.1:8080", "did:web:127.0.0.1%3A8080"),
        ("https://node.example:8443/a/b", "did:web:node.example%3A8443:a:b"),
    ],
)
def test_the_did_of_a_node_is_its_address(url: str, name: str) -> None:
    assert did.web(url) == name


def document() -> dict[str, Any]:
    issuing = [jose.public_jwk(SigningKey.generate()), P256[0]]
    return did.document("did:web:n.example", issuing=issuing, signing_in=issuing[:1])


def test_a_document_lists_every_key_once_and_says_what_it_may() -> None:
    found = document()

    names = [method["id"] for method in found["verificationMethod"]]
    assert len(names) == 2
    assert found["assertionMethod"] == names
    assert found["authentication"] == names[:1]
    assert all(method["controller"] == found["id"] for method in found["verificationMethod"])


def test_only_keys_that_may_assert_issue() -> None:
    found = document()
    found["assertionMethod"].pop(0)

    keys = did.issuing_keys(found, "did:web:n.example", now=NOW)

    assert [key["kid"] for key in keys] == found["assertionMethod"]


def test_the_document_of_somebody_else_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        did.issuing_keys(document(), "did:web:other.example", now=NOW)

    assert refusal.value.facts == {"reason": "issuer"}


@pytest.mark.parametrize(
    ("end", "is_over"),
    [
        ("2020-01-01T00:00:00Z", True),
        ("2099-01-01T00:00:00Z", False),
        ("2099-01-01", True),
        (5, True),
    ],
)
@pytest.mark.parametrize("name", ["expires", "revoked"])
def test_a_key_that_has_ended_issues_nothing(name: str, end: object, is_over: bool) -> None:
    found = document()
    found["verificationMethod"][0][name] = end

    keys = did.issuing_keys(found, found["id"], now=NOW)

    assert len(keys) == (1 if is_over else 2)


def test_a_key_is_for_what_its_owner_says() -> None:
    found = document()
    found["verificationMethod"][0]["publicKeyJwk"]["use"] = "enc"

    assert did.issuing_keys(found, found["id"], now=NOW)[0]["use"] == "enc"


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("did:web:Node.Example", "did:web:node.example"),
        ("did:web:Node.Example%3a8443:A", "did:web:node.example%3A8443:A"),
        ("did:web:Node.Example#Key", "did:web:node.example#Key"),
        ("HTTPS://Node.Example/A", "https://node.example/A"),
        (ED25519[1], ED25519[1]),
        ("urn:X:y", "urn:X:y"),
    ],
)
def test_a_host_is_the_same_in_any_case(name: str, same: str) -> None:
    assert did.canonical(name) == same
