"""The list of what a verifier must refuse, line by line: every line has a name of its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.signing import SigningKey

from config.limits import CREDENTIAL_CHARACTERS, CREDENTIAL_DISCLOSURES, PRESENTATION_SECONDS
from core import credentials
from core.keys import jose
from tests.core.credentials.made import (
    AT,
    AUDIENCE,
    HOLDER_JWK,
    ISSUER,
    bound,
    credential,
    disclosure,
    payload,
    presentation,
    refused,
    signed,
    verify,
)

STRANGER = SigningKey(b"s" * 32)
P256 = ec.derive_private_key(4711, ec.SECP256R1())
P256_JWK = {**jose.public_jwk(P256), "kid": "p256"}
A = disclosure("a", 1)
ELEMENT = disclosure(1)
KYC = "https://node.example/vct/kyc/1"


def shown(*disclosures: str, **claims: Any) -> str:
    return bound(signed(payload(**claims), disclosures))


def digests(*texts: str) -> list[str]:
    return [jose.digest(text) for text in texts]


def by_hand(header: str, body: str, *, key: SigningKey = ISSUER.key) -> str:
    """An SD-JWT over texts that no honest writer of JSON would write."""
    text = f"{jose.b64u(header.encode())}.{jose.b64u(body.encode())}"
    return f"{text}.{jose.b64u(key.sign(text.encode()).signature)}~"


def body(**more: Any) -> str:
    return jose.dumps(payload(**more))


def deep(levels: int) -> dict[str, Any]:
    return {"x": deep(levels - 1)} if levels else {}


def hidden(name: str, value: Any) -> str:
    text = disclosure(name, value)
    return shown(text, **{name: None, "_sd": digests(text)})


def last_character_changed() -> str:
    """The same 64 bytes of a signature written with stray bits at the end."""
    token = signed(payload())[:-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return bound(token[:-1] + alphabet[alphabet.index(token[-1]) + 1] + "~")


def signature_cut_short() -> str:
    head, content, signature = signed(payload())[:-1].split(".")
    return bound(f"{head}.{content}.{jose.b64u(jose.unb64u(signature)[:40])}~")


def listed(index: Any, uri: str = "https://x.example/1") -> str:
    return shown(status={"status_list": {"idx": index, "uri": uri}})


def signature_as_der() -> str:
    head, content, _ = signed(payload(), key=P256, kid="p256").split(".")
    der = P256.sign(f"{head}.{content}".encode(), ec.ECDSA(SHA256()))
    return bound(f"{head}.{content}.{jose.b64u(der)}~")


HEAD = '{"alg":"EdDSA","typ":"dc+sd-jwt"}'
TWO_HEADS = HEAD[:-1] + ',"alg":"none"}'
SPOT = {"...": jose.digest(ELEMENT)}
OTHERS_KEY = "did:web:other.example#1"
TWICE = disclosure("a", 2)
INNER = disclosure("outer", {"_sd": digests(A)})

Forgery = Callable[[], str]
LINES: dict[str, tuple[Forgery, str, str]] = {
    # malformed
    "a bare JWT": (lambda: presentation().split("~")[0], "malformed", "typ"),
    "padding": (lambda: bound(signed(payload())[:-1] + "=~"), "malformed", "base64url"),
    "the standard alphabet": (lambda: "a+b/." * 2 + "c~", "malformed", "base64url"),
    "stray bits at the end": (last_character_changed, "malformed", "base64url"),
    "two parts": (lambda: "a.b~", "malformed", "jws"),
    "no JSON": (lambda: by_hand(HEAD, "{"), "malformed", "json"),
    "a payload that is a list": (lambda: by_hand(HEAD, "[]"), "malformed", "jws"),
    "duplicate names": (lambda: by_hand(HEAD, body()[:-1] + ',"iss":"x"}'), "malformed", "duplicate_name"),
    "duplicate names in the header": (lambda: by_hand(TWO_HEADS, body()), "malformed", "duplicate_name"),
    "NaN": (lambda: by_hand(HEAD, body()[:-1] + ',"x":NaN}'), "malformed", "number"),
    "a float beyond all floats": (lambda: by_hand(HEAD, body()[:-1] + ',"x":1e999}'), "malformed", "number"),
    "an integer of 5000 digits": (lambda: by_hand(HEAD, body()[:-1] + f',"x":{"9" * 5000}}}'), "malformed", "json"),
    "brackets without end": (lambda: by_hand(HEAD, "[" * 20_000), "malformed", "json"),
    "objects without end": (lambda: shown(deep=deep(50)), "malformed", "too_deep"),
    "a text without end": (lambda: "A" * (CREDENTIAL_CHARACTERS + 1), "malformed", "too_large"),
    "disclosures without end": (lambda: "a.b.c" + "~x" * (CREDENTIAL_DISCLOSURES + 1), "malformed", "too_large"),
    "another typ": (lambda: bound(signed(payload(), typ="JWT")), "malformed", "typ"),
    "an unknown critical header": (lambda: bound(signed(payload(), crit=["x"])), "malformed", "header"),
    "a payload that is not encoded": (lambda: bound(signed(payload(), b64=False)), "malformed", "header"),
    "an address of keys": (lambda: bound(signed(payload(), jku="https://x.example")), "malformed", "header"),
    "an address of certificates": (lambda: bound(signed(payload(), x5u="https://x.example")), "malformed", "header"),
    "a disclosure that is no JSON": (lambda: shown("eA", _sd=digests("eA")), "malformed", "disclosure"),
    "a disclosure of two in an object": (lambda: shown(ELEMENT, _sd=digests(ELEMENT)), "malformed", "disclosure"),
    "a disclosure of three in a list": (lambda: shown(A, list=[{"...": jose.digest(A)}]), "malformed", "disclosure"),
    "hashes that are no list": (lambda: shown(_sd={}), "malformed", "digests"),
    "a hash that is no text": (lambda: shown(_sd=[1]), "malformed", "digests"),
    "a hash algorithm further in": (lambda: shown(inner={"_sd_alg": "sha-256"}), "malformed", "reserved_name"),
    "a placeholder outside a list": (lambda: shown(inner={"...": "x"}), "malformed", "reserved_name"),
    "a placeholder with more in it": (lambda: shown(list=[SPOT | {"x": 1}]), "malformed", "placeholder"),
    # alg
    "no algorithm": (lambda: bound(signed(payload(), alg="none")), "alg", "not_allowed"),
    "a public key as a secret": (lambda: bound(signed(payload(), alg="HS256")), "alg", "not_allowed"),
    "an algorithm of another kind of key": (lambda: bound(signed(payload(), alg="ES256")), "alg", "not_of_key"),
    "a weak hash": (lambda: shown(_sd_alg="md5"), "alg", "hash_not_allowed"),
    "a hash cut short": (lambda: shown(_sd=["abc"]), "alg", "hash_cut_short"),
    "a binding without signature": (lambda: bound(credential(), header={"alg": "none"}), "alg", "not_of_key"),
    # issuer
    "an issuer nobody trusts": (lambda: shown(iss="did:web:other.example"), "issuer", "not_trusted"),
    "no issuer": (lambda: shown(iss=None), "issuer", "not_trusted"),
    "a key of another issuer": (lambda: bound(signed(payload(), kid=OTHERS_KEY)), "issuer", "key_of_another"),
    "a key the issuer does not have": (lambda: bound(signed(payload(), kid="key-9")), "issuer", "key_unknown"),
    "a key that came along": (
        lambda: bound(signed(payload(), key=STRANGER, jwk=jose.public_jwk(STRANGER))), "issuer", "key_in_header",
    ),
    # signature
    "another's signature": (lambda: bound(signed(payload(), key=STRANGER)), "signature", "wrong"),
    "a signature cut short": (signature_cut_short, "signature", "length"),
    "a signature of P-256 as other tools write it": (signature_as_der, "signature", "length"),
    # disclosure
    "a disclosure nobody refers to": (lambda: shown(A), "disclosure", "not_referenced"),
    "a disclosure within one that is not there": (lambda: shown(A, _sd=digests(INNER)), "disclosure", "not_referenced"),
    "the same disclosure twice": (lambda: shown(A, A, _sd=digests(A)), "disclosure", "twice"),
    "the same hash twice": (lambda: shown(A, _sd=digests(A, A)), "disclosure", "digest_twice"),
    "the same hash of nothing twice": (lambda: shown(_sd=digests("x", "x")), "disclosure", "digest_twice"),
    "the same hash in a list": (lambda: shown(ELEMENT, list=[SPOT, SPOT]), "disclosure", "digest_twice"),
    "the same hash through another": (lambda: shown(INNER, A, _sd=digests(INNER, A)), "disclosure", "digest_twice"),
    "a claim called _sd": (lambda: hidden("_sd", []), "disclosure", "reserved_name"),
    "a claim called ...": (lambda: hidden("...", "x"), "disclosure", "reserved_name"),
    "a claim that is already there": (lambda: shown(A, a=0, _sd=digests(A)), "disclosure", "name_taken"),
    "a claim disclosed twice": (lambda: shown(A, TWICE, _sd=digests(A, TWICE)), "disclosure", "name_taken"),
    # time
    "expired": (lambda: shown(exp=AT), "time", "expired"),
    "not valid yet": (lambda: shown(nbf=AT + 61), "time", "not_yet_valid"),
    "made in the future": (lambda: shown(iat=AT + 61), "time", "made_in_future"),
    "a date that is a text": (lambda: shown(exp="2099-01-01"), "time", "not_a_date"),
    "a date that is a truth": (lambda: shown(exp=True), "time", "not_a_date"),
    "a date after the last year": (lambda: shown(exp=10**30), "time", "not_a_date"),
    "hidden expiry": (lambda: hidden("exp", AT + 100), "time", "hidden"),
    "hidden beginning": (lambda: hidden("nbf", AT), "time", "hidden"),
    "hidden audience": (lambda: hidden("aud", AUDIENCE), "time", "hidden"),
    "meant for another": (lambda: shown(aud="did:web:other.example"), "time", "audience"),
    "ours without expiry": (lambda: shown(vct=KYC, exp=None), "time", "no_validity"),
    # type
    "no type": (lambda: shown(vct=None), "type", "vct"),
    "a hidden type": (lambda: hidden("vct", "x"), "type", "hidden"),
    "issued for another description of the type": (
        lambda: shown(vct=KYC, **{"vct#integrity": f"sha256-{'A' * 43}="}), "type", "integrity",
    ),
    "a hash of the type that is no text": (lambda: shown(vct=KYC, **{"vct#integrity": 1}), "type", "integrity"),
    "a hidden hash of the type": (lambda: hidden("vct#integrity", "x"), "type", "hidden"),
    "a broken schema": (lambda: shown(vct=KYC), "type", "schema"),
    # binding
    "no binding": (credential, "binding", "missing"),
    "no holder": (lambda: shown(cnf=None), "binding", "holder_key"),
    "a holder without key": (lambda: shown(cnf={"kid": "x"}), "binding", "holder_key"),
    "a hidden holder": (lambda: hidden("cnf", {"jwk": HOLDER_JWK}), "binding", "hidden"),
    "a binding of another typ": (lambda: bound(credential(), header={"typ": "JWT"}), "binding", "typ"),
    "a binding of another holder": (lambda: bound(credential(), key=STRANGER), "binding", "not_the_holder"),
    "a binding to another verifier": (lambda: bound(credential(), aud="did:web:other"), "binding", "audience"),
    "a binding to several others": (lambda: bound(credential(), aud=["x", "y"]), "binding", "audience"),
    "a binding to us and a number": (lambda: bound(credential(), aud=[AUDIENCE, 5]), "binding", "audience"),
    "a binding that has expired": (lambda: bound(credential(), exp=AT), "time", "expired"),
    "a binding not valid yet": (lambda: bound(credential(), nbf=AT + 61), "time", "not_yet_valid"),
    "a binding under another nonce": (lambda: bound(credential(), nonce="other"), "binding", "nonce"),
    "a binding of something else": (lambda: bound(credential(), sd_hash=jose.digest("x")), "binding", "sd_hash"),
    "a binding too old": (lambda: bound(credential(), iat=AT - PRESENTATION_SECONDS - 1), "binding", "age"),
    "a binding of the future": (lambda: bound(credential(), iat=AT + 61), "binding", "age"),
    "a binding of no time": (lambda: bound(credential(), iat=None), "binding", "age"),
    # status
    "a status nobody looked up": (lambda: listed(1), "status", "not_looked_up"),
    "a status of an unknown kind": (lambda: shown(status={"x": 1}), "status", "kind_unknown"),
    "a place that is no number": (lambda: listed("1"), "status", "index"),
    "a place before the first": (lambda: listed(-1), "status", "index"),
    "a place no list has": (lambda: listed(2**64), "status", "index"),
    "a list at no address": (lambda: listed(1, "file:///x"), "status", "address"),
    "a list at an address nobody can write": (lambda: listed(1, "https://x.example/\0"), "status", "address"),
    "a list at an address without end": (lambda: listed(1, "https://x.example/" + "1" * 400), "status", "address"),
    "a hidden status": (lambda: hidden("status", {}), "status", "hidden"),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_it_is_refused_with_its_own_reason(line: str) -> None:
    forge, reason, detail = LINES[line]

    with refused(reason, detail):
        verify(forge(), trust={ISSUER.did: [ISSUER.jwk, P256_JWK]})


def test_a_key_is_used_only_for_what_its_owner_says() -> None:
    text = presentation()

    for says in ({"use": "enc"}, {"key_ops": ["sign"]}, {"alg": "ES256"}, {"crv": "Ed448"}):
        with refused("alg", "not_of_key"):
            verify(text, trust={ISSUER.did: [{**ISSUER.jwk, **says}]})

    verify(text, trust={ISSUER.did: [{**ISSUER.jwk, "use": "sig", "alg": "Ed25519"}]})


@pytest.mark.parametrize(
    "said", [None, [], ["terms"], [jose.digest("other")], jose.digest("terms")], ids=str
)
def test_a_transaction_nobody_approved_is_refused(said: Any) -> None:
    text = bound(credential(), transaction_data_hashes=said)

    with refused("binding", "transaction"):
        verify(text, transaction_data=["terms"])


@pytest.mark.parametrize("take", [credentials.Held, credentials.received, credentials.contents])
def test_a_holder_takes_no_presentation_for_a_credential(take: Callable[[str], object]) -> None:
    with refused("malformed", "presentation"):
        take(presentation())


# What needs more than one text is told where it is at home.
ELSEWHERE = {
    "issuer: a key without assertionMethod": "keys.test_did.test_only_keys_that_may_assert_issue",
    "issuer: a document with another id": "keys.test_did.test_the_document_of_somebody_else_is_refused",
    "type: another than was asked for": "credentials.test_refusals.test_another_type_is_refused",
    "binding: a nonce used before": "credentials.test_eligibility.test_a_nonce_is_used_once",
    "status: revoked": "credentials.test_status.test_a_minted_credential_is_believed_until_it_is_revoked",
    "status: suspended": "credentials.test_status.test_a_suspended_one_comes_back",
    "status: a list of another sub": "credentials.test_status_reading.test_a_token_list_that_is_wrong_is_refused",
    "status: a list that has ended": "credentials.test_status_reading.test_a_token_list_that_has_ended_is_refused",
    "status: a list of another issuer": (
        "credentials.test_status_reading.test_two_issuers_may_name_one_address_and_neither_answers_for_the_other"
    ),
    "status: a place the list does not have": (
        "credentials.test_status_reading.test_a_list_says_nothing_about_what_is_not_its_own"
    ),
    "status: a bad signature": "credentials.test_status_reading.test_a_list_that_somebody_else_signed_is_refused",
    "status: not to be had": "credentials.test_status_reading.test_what_was_not_fetched_yet_is_unknown",
    "subject: another's": "credentials.test_eligibility.test_a_credential_of_somebody_else_is_refused",
    "subject: of two": (
        "credentials.test_eligibility.test_credentials_of_two_holders_in_one_application_are_refused"
    ),
    "policy: not the value": (
        "credentials.test_eligibility.test_the_answer_is_compared_not_believed_to_be_there"
    ),
}  # fmt: skip


@pytest.mark.parametrize("line", ELSEWHERE)
def test_every_other_line_has_its_test(line: str) -> None:
    module, _, name = ELSEWHERE[line].rpartition(".")

    assert callable(getattr(import_module(f"tests.core.{module}"), name))
