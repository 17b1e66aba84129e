"""One credential in three formats, with keys of two curves: what went in comes out, and the wire stays silent."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from nacl.signing import SigningKey

from core import credentials
from core.credentials import Format, Issuer, StatusAnswer, StatusRef, trusted_keys
from core.credentials.disclosures import digest
from core.errors import Refusal
from core.keys import Keyring, did, jose
from tests.core.credentials.made import (
    FACTS,
    HOLDER,
    HOLDER_JWK,
    ISSUER,
    TRUST,
    URL,
    bound,
    credential,
    payload,
    presentation,
    refused,
    signed,
    verify,
)

P256 = ec.derive_private_key(4711, ec.SECP256R1())
UNBOUND: dict[str, Any] = {"audience": None, "nonce": None, "require_binding": False}
LISTS = [
    StatusRef("token", f"{URL}/status/1", 7),
    StatusRef("bitstring", f"{URL}/status/1/revocation", 7, "revocation"),
    StatusRef("bitstring", f"{URL}/status/1/suspension", 7, "suspension"),
]
every_format = pytest.mark.parametrize("format", Format)


def claims(found: credentials.Verified) -> dict[str, Any]:
    inner: dict[str, Any] = found.claims.get("credentialSubject", found.claims)
    return inner


@every_format
@pytest.mark.parametrize("holder", [HOLDER, P256], ids=["Ed25519", "P-256"])
def test_what_is_issued_and_shown_is_believed(format: Format, holder: jose.PrivateKey) -> None:
    if (format, holder) == (Format.DI_JCS, P256):
        with pytest.raises(Refusal):
            presentation(credential(format=format), key=holder)
        return
    text = credential(format=format, holder_jwk=jose.public_jwk(holder))

    found = verify(presentation(text, paths=[["residence"]], key=holder))

    assert claims(found)["residence"] == FACTS["residence"]
    assert found.type is credentials.CredentialType.KYC
    assert found.holder_jwk == jose.public_jwk(holder)
    assert found.expires_at is not None


@every_format
def test_a_status_is_asked_of_every_list_that_is_named(format: Format) -> None:
    asked: list[StatusRef] = []

    def reader(ref: StatusRef) -> StatusAnswer:
        asked.append(ref)
        return StatusAnswer.VALID

    text = credential(format=format, status=LISTS)

    found = verify(presentation(text), status=reader)

    kinds = {ref.kind for ref in LISTS if (ref.kind == "token") == (format is Format.SD_JWT)}
    assert {ref.kind for ref in asked} == kinds
    assert {(ref.index, ref.issuer) for ref in asked} == {(7, ISSUER.did)}
    assert list(found.status) == asked
    with refused("status", "not_looked_up"):
        verify(presentation(text))


@every_format
@pytest.mark.parametrize("answer", list(StatusAnswer)[1:])
def test_only_valid_is_valid(format: Format, answer: StatusAnswer) -> None:
    with refused("status", answer.value):
        verify(presentation(credential(format=format, status=LISTS)), status=lambda _: answer)


@every_format
def test_the_status_of_what_is_refused_anyway_is_not_asked(format: Format) -> None:
    def reader(ref: StatusRef) -> StatusAnswer:
        raise AssertionError(ref)

    text = credential(format=format, status=LISTS)

    with refused("issuer", "not_trusted"):
        verify(presentation(text), trust={}, status=reader)


def test_nothing_a_credential_names_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def dial(*_: object, **__: object) -> None:
        raise AssertionError("somebody used the network")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, dial)
    inside = "https://169.254.169.254/latest"
    place = {"status_list": {"idx": 0, "uri": inside}}

    found = verify(bound(signed(payload(vct=inside))))

    assert found.claims["vct"] == inside
    with refused("issuer"):
        verify(bound(signed(payload(iss=inside))))
    with refused("status", "unknown"):
        text = bound(signed(payload(status=place)))
        verify(text, status=lambda _: StatusAnswer.UNKNOWN)


@pytest.mark.parametrize("name", ["sha-384", "sha-512"])
def test_stronger_hashes_are_read(name: str) -> None:
    text = jose.b64u(b'["salt","a",1]')
    hashed = digest(text, name)
    whole = signed(payload(_sd=[hashed], _sd_alg=name), [text])

    shown = presentation(whole, paths=[["a"]])

    assert verify(shown).claims["a"] == 1
    with refused("binding", "sd_hash"):
        verify(bound(whole))  # bound by SHA-256


def test_a_node_is_trusted_by_both_its_keys(keyring: Keyring) -> None:
    trust = trusted_keys(keyring, URL)

    for algorithm in ("EdDSA", "ES256"):
        issuer = Issuer.of(keyring, URL, algorithm)
        assert verify(credential(issuer=issuer), trust=trust, **UNBOUND).issuer == issuer.did


def test_an_issuer_may_be_an_https_address() -> None:
    issuer = Issuer("https://issuer.example/a", URL, P256)

    for format in (Format.SD_JWT, Format.VC_JWT):
        text = credential(issuer=issuer, format=format)
        assert verify(text, trust={issuer.did: [issuer.jwk]}, **UNBOUND).issuer == issuer.did


def test_a_w3c_credential_names_its_schema_and_its_holder() -> None:
    document = json.loads(credential(format=Format.DI_JCS))

    assert document["credentialSchema"]["id"] == f"{URL}/schemas/kyc/1.vc.json"
    assert document["credentialSubject"]["id"] == did.from_jwk(HOLDER_JWK)
    assert verify(json.dumps(document), trust=TRUST, **UNBOUND).claims["issuer"] == ISSUER.did


@pytest.mark.parametrize("text", ["{}", "[", "{", '{"@context": 1}', "a.b.c", "a.b.c~"])
def test_what_is_no_credential_cannot_be_shown(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        presentation(text)

    assert refusal.value.facts["reason"] == "malformed"


@every_format
def test_what_was_shown_is_not_shown_again(format: Format) -> None:
    shown = presentation(credential(format=format))

    with refused("malformed"):
        presentation(shown)


# --- private keys


@pytest.mark.parametrize("key", [HOLDER, P256], ids=["Ed25519", "P-256"])
def test_a_private_jwk_is_read_back(key: jose.PrivateKey) -> None:
    secret = bytes(key) if isinstance(key, SigningKey) else (4711).to_bytes(32)
    jwk = {**jose.public_jwk(key), "d": jose.b64u(secret)}

    assert jose.public_jwk(jose.private_key(jwk)) == jose.public_jwk(key)

    wrong = jose.b64u(bytes(31) + b"\1")
    for broken in (jwk | {"d": wrong}, jwk | {"d": jose.b64u(bytes(32))}, jwk | {"d": 5}, {"d": "x"}, []):  # fmt: skip
        with pytest.raises(jose.Broken):
            jose.private_key(broken)


@pytest.mark.parametrize(
    "name", ["did:jwk:", "did:jwk:e30", "did:jwk:!", "did:jwk:" + "A" * 600, "did:web:x", "x", ""]
)
def test_a_did_that_is_no_key_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        did.to_jwk(name)

    assert refusal.value.code == "did_malformed"


def test_the_method_of_a_did_is_its_only_key() -> None:
    assert did.method("did:key:z6Mkabc") == "did:key:z6Mkabc#z6Mkabc"
    assert did.method("did:jwk:abc") == "did:jwk:abc#0"
