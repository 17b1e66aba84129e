"""The same list for credentials and presentations of the W3C data model, each line with a name of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from nacl.signing import SigningKey

from config.limits import PRESENTATION_SECONDS
from core.credentials import Format, Issuer, StatusAnswer, Verified, dataintegrity
from core.credentials.times import stamped
from core.errors import Refusal
from core.keys import did, jose
from tests.conftest import NOW
from tests.core.credentials.made import (
    AT,
    AUDIENCE,
    HOLDER,
    HOLDER_DID,
    ISSUER,
    NONCE,
    TRUST,
    URL,
    credential,
    presentation,
    refused,
    verify,
)

BEFORE = stamped(NOW - timedelta(days=1))
STRANGER = SigningKey(b"s" * 32)
STRANGER_DID = did.from_jwk(jose.public_jwk(STRANGER))
CONTEXT = "https://www.w3.org/ns/credentials/v2"
METHOD = ISSUER.jwk["kid"]
TOKEN_HEAD = {"typ": "vc+jwt", "kid": METHOD}


def content(**changes: Any) -> dict[str, Any]:
    """A credential of the W3C before it is secured; None takes a member away."""
    made = {
        "@context": [CONTEXT], "type": ["VerifiableCredential"], "issuer": ISSUER.did,
        "credentialSubject": {"id": HOLDER_DID, "a": 1},
    } | changes  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def token(key: Any = ISSUER.key, head: dict[str, Any] = TOKEN_HEAD, **changes: Any) -> str:
    return jose.sign(head, content(**changes), key)


def proven(
    key: SigningKey = ISSUER.key, options: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """A credential with a proof whose options say whatever the test wants."""
    document = content(**changes)
    asked = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": stamped(NOW),
             "verificationMethod": METHOD, "proofPurpose": "assertionMethod"} | (options or {})  # fmt: skip
    proof = {name: value for name, value in asked.items() if value is not None}
    signature = key.sign(dataintegrity._hash(document, proof)).signature
    return {**document, "proof": {**proof, "proofValue": "z" + did.base58(signature)}}


def document(**given: Any) -> str:
    return json.dumps(proven(**given))


def changed(change: Callable[[dict[str, Any]], Any]) -> str:
    """A good credential with a proof that somebody changed afterwards."""
    made = proven()
    change(made)
    return json.dumps(made)


def stamp(**later: int) -> str:
    return stamped(NOW + timedelta(**later))


def alone(text: str, **changes: Any) -> Verified:
    return verify(text, **({"audience": None, "nonce": None, "require_binding": False} | changes))


def deep(levels: int) -> dict[str, Any]:
    return {"x": deep(levels - 1)} if levels else {}


def credential_without_end() -> str:
    claims = jose.parse(credential(format=Format.VC_JWT)).payload
    del claims["validUntil"]
    return token(**claims)


def contexts(*found: object) -> str:
    return token(**{"@context": list(found)})


def listed(**changes: Any) -> str:
    """A credential whose place in a status list is not quite right."""
    return token(credentialStatus=BSL | changes)


def options(**said: Any) -> str:
    """A proof whose options say something else."""
    return document(options=said)


def value(text: str) -> str:
    """A proof with another signature."""
    return changed(lambda made: made["proof"].update(proofValue=text))


OURS = ["VerifiableCredential", "GrowrKyc"]
BSL = {
    "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7",
    "statusListCredential": "https://x.example/1",
}  # fmt: skip
P256 = Issuer(ISSUER.did, URL, ec.derive_private_key(4711, ec.SECP256R1()))

Forgery = Callable[[], str]
CREDENTIALS: dict[str, tuple[Forgery, str, str]] = {
    # as a JWT
    "another typ": (lambda: token(head={**TOKEN_HEAD, "typ": "JWT"}), "malformed", "typ"),
    "another content type": (lambda: token(head={**TOKEN_HEAD, "cty": "vp"}), "malformed", "typ"),
    "an SD-JWT VC without disclosures": (lambda: token(head={**TOKEN_HEAD, "typ": "dc+sd-jwt"}), "malformed", "typ"),
    "an unknown critical header": (lambda: token(head={**TOKEN_HEAD, "crit": ["x"]}), "malformed", "header"),
    "the wrapper of version 1.1": (lambda: token(vc={}), "malformed", "vc_1_1"),
    "no algorithm": (lambda: token(head={**TOKEN_HEAD, "alg": "none"}), "alg", "not_allowed"),
    "an algorithm of another kind of key": (lambda: token(head={**TOKEN_HEAD, "alg": "ES256"}), "alg", "not_of_key"),
    "an issuer nobody trusts": (lambda: token(issuer="did:web:other.example"), "issuer", "not_trusted"),
    "an issuer without a name": (lambda: token(issuer={"name": ISSUER.did}), "issuer", "not_trusted"),
    "two issuers": (lambda: token(iss="did:web:other.example"), "issuer", "two_names"),
    "a key of another": (lambda: token(head={**TOKEN_HEAD, "kid": "did:web:x#1"}), "issuer", "key_of_another"),
    "a key that came along": (lambda: token(head={**TOKEN_HEAD, "jwk": {}}), "issuer", "key_in_header"),
    "another's signature": (lambda: token(key=STRANGER), "signature", "wrong"),
    "expired by its JWT": (lambda: token(exp=AT), "time", "expired"),
    "expired": (lambda: token(validUntil=stamp(seconds=0)), "time", "expired"),
    "not valid yet": (lambda: token(validFrom=stamp(seconds=61)), "time", "not_yet_valid"),
    "over before it begins": (
        lambda: token(validFrom=stamp(seconds=30), validUntil=stamp(seconds=20)), "time", "ends_before_it_starts"
    ),
    "a date without a zone": (lambda: token(validUntil="2099-01-01T00:00:00"), "time", "not_a_date"),
    "a date in another form": (lambda: token(validUntil="1 January 2099"), "time", "not_a_date"),
    "a day after the last year": (
        lambda: token(validUntil="9999-12-31T23:59:59-14:00"), "time", "not_a_date"
    ),
    "a day that does not exist": (lambda: token(validUntil="2099-02-30T00:00:00Z"), "time", "not_a_date"),
    "a date that is a number": (lambda: token(validUntil=AT + 60), "time", "not_a_date"),
    "ours without end": (credential_without_end, "time", "no_validity"),
    "no context": (lambda: token(**{"@context": None}), "malformed", "context"),
    "a context of version 1": (lambda: contexts("https://www.w3.org/2018/credentials/v1"), "malformed", "context"),
    "a context that is no address": (lambda: contexts(CONTEXT, 5), "malformed", "context"),
    "another document": (lambda: token(type=["Diploma"]), "malformed", "not_w3c"),
    "no issuer": (lambda: token(issuer=None), "issuer", "not_trusted"),
    "no subject": (lambda: token(credentialSubject=None), "malformed", "subject"),
    "an empty subject": (lambda: token(credentialSubject=[]), "malformed", "subject"),
    "objects without end": (lambda: token(credentialSubject=deep(50)), "malformed", "too_deep"),
    "one of our types that breaks its schema": (lambda: token(type=OURS), "type", "schema"),
    "a status nobody looked up": (lambda: token(credentialStatus=BSL), "status", "not_looked_up"),
    "a status of an unknown kind": (lambda: token(credentialStatus={"type": "x"}), "status", "kind_unknown"),
    "a place that is a number": (lambda: listed(statusListIndex=7), "status", "index"),
    "a place beyond all lists": (lambda: listed(statusListIndex="9" * 40), "status", "index"),
    "a list for another purpose": (lambda: listed(statusPurpose="message"), "status", "purpose"),
    "a list of several bits": (lambda: listed(statusSize=2), "status", "size"),
    "a list with messages": (lambda: listed(statusMessage=[]), "status", "size"),
    "another list beside it": (lambda: token(credentialStatus=[BSL, {"type": "x"}]), "status", "kind_unknown"),
    "a list of a JWT beside it": (lambda: token(status={"other": {}}), "status", "kind_unknown"),
    "a place in a list of a JWT": (
        lambda: token(status={"status_list": {"idx": 1, "uri": "https://x.example/1"}}), "status", "not_looked_up",
    ),
    "a holder in other words": (lambda: token(cnf={"kid": "x"}), "binding", "holder_key"),
    "a proof nobody checks": (lambda: token(proof={"type": "x"}), "malformed", "proof"),
    "a JWT of another name": (lambda: token(jti="urn:x:1"), "malformed", "two_names"),
    "a JWT of another subject": (lambda: token(sub="did:web:x"), "malformed", "two_names"),
    "an envelope without context": (
        lambda: json.dumps({"type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt,x"}),
        "malformed", "context",
    ),
    "a list at no address": (lambda: listed(statusListCredential="x"), "status", "address"),
    # with a proof inside
    "no proof": (lambda: json.dumps(content()), "malformed", "proof"),
    "an empty list of proofs": (lambda: json.dumps(content(proof=[])), "malformed", "proof"),
    "a proof of another type": (lambda: options(type="Ed25519Signature2020"), "malformed", "proof"),
    "a chain of proofs": (lambda: options(previousProof="urn:x"), "malformed", "proof_chain"),
    "another suite": (lambda: options(cryptosuite="eddsa-rdfc-2022"), "alg", "not_allowed"),
    "another purpose": (lambda: options(proofPurpose="authentication"), "issuer", "proof_purpose"),
    "no purpose": (lambda: options(proofPurpose=None), "issuer", "proof_purpose"),
    "a method of another": (lambda: options(verificationMethod="did:web:x#1"), "issuer", "key_of_another"),
    "a method the issuer does not have": (
        lambda: options(verificationMethod=f"{ISSUER.did}#x"), "issuer", "key_unknown",
    ),
    "no method": (lambda: options(verificationMethod=None), "malformed", "proof"),
    "a proof of the future": (lambda: options(created=stamp(seconds=61)), "time", "made_in_future"),
    "a proof that has expired": (lambda: options(expires=stamp(seconds=0)), "time", "expired"),
    "a proof made at no time": (lambda: options(created="today"), "time", "not_a_date"),
    "another's proof": (lambda: document(key=STRANGER), "signature", "wrong"),
    "a changed claim": (lambda: changed(lambda made: made["credentialSubject"].update(a=2)), "signature", "wrong"),
    "a claim added": (lambda: changed(lambda made: made.update(name="x")), "signature", "wrong"),
    "a context added": (lambda: changed(lambda made: made["@context"].append("urn:x")), "signature", "wrong"),
    "a changed proof": (lambda: changed(lambda made: made["proof"].update(created=BEFORE)), "signature", "wrong"),
    "a context other than the proof's": (
        lambda: document(options={"@context": [CONTEXT, "https://x.example"]}), "signature", "context_changed",
    ),
    "a signature cut short": (lambda: value("z2222"), "signature", "length"),
    "a signature in another base": (lambda: value("uAAAA"), "malformed", "proof_value"),
    "a signature that is none": (lambda: value("z0OIl"), "malformed", "proof_value"),
    "an endless signature": (lambda: value("z" + "2" * 9999), "malformed", "proof_value"),
    "a number no two programs write alike": (
        lambda: changed(lambda made: made.update(number=2**60)), "malformed", "not_canonical",
    ),
    "half a character": (lambda: document().replace('"a": 1', '"a": "\\ud800"'), "malformed", "json"),
    "duplicate names": (lambda: document()[:-1] + ', "issuer": "x"}', "malformed", "duplicate_name"),
    "NaN": (lambda: document().replace('"a": 1', '"a": NaN'), "malformed", "number"),
    # enveloped
    "an envelope around nothing": (lambda: enveloped("x"), "malformed", "envelope"),
    "an envelope around something else": (lambda: enveloped("data:application/pdf,x"), "malformed", "envelope"),
    "an envelope around a forgery": (
        lambda: enveloped("data:application/vc+jwt," + token(key=STRANGER)), "signature", "wrong",
    ),
}  # fmt: skip


def enveloped(address: str) -> str:
    return json.dumps({"@context": CONTEXT, "type": "EnvelopedVerifiableCredential", "id": address})


@pytest.mark.parametrize("line", CREDENTIALS)
def test_a_credential_is_refused_with_its_own_reason(line: str) -> None:
    forge, reason, detail = CREDENTIALS[line]

    with refused(reason, detail):
        alone(forge())


def test_they_would_be_believed_without_what_is_wrong() -> None:
    for text in (token(), document(), enveloped("data:application/vc+jwt," + token())):
        assert alone(text).claims["credentialSubject"]["a"] == 1


# --- presentations


def shown(
    inner: object = None, key: Any = HOLDER, head: dict[str, Any] | None = None, **changes: Any
) -> str:
    """A vp+jwt that says whatever the test wants."""
    envelope = json.loads(enveloped(f"data:application/vc+jwt,{token()}"))
    words = {
        "@context": [CONTEXT], "type": "VerifiablePresentation",
        "verifiableCredential": [envelope] if inner is None else inner,
        "holder": HOLDER_DID, "aud": AUDIENCE, "nonce": NONCE, "iat": AT,
    } | changes  # fmt: skip
    words = {name: value for name, value in words.items() if value is not None}
    return jose.sign({"typ": "vp+jwt", **(head or {})}, words, key)


def embedded(key: SigningKey = HOLDER, **options: Any) -> str:
    """A presentation with a proof whose options say whatever the test wants."""
    words = {
        "purpose": "authentication", "method": did.method(HOLDER_DID), "challenge": NONCE,
        "domain": AUDIENCE, "now": NOW,
    } | options  # fmt: skip
    plain = {
        "@context": [CONTEXT],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": proven(),
    }
    return json.dumps(dataintegrity.sign(plain, key=key, **words))


def unsigned() -> str:
    made = json.loads(embedded())
    del made["proof"]
    return json.dumps(made)


PRESENTATIONS: dict[str, tuple[Forgery, str, str]] = {
    "a bare credential": (token, "binding", "missing"),
    "a bare document": (document, "binding", "missing"),
    "a presentation nobody signed": (unsigned, "binding", "missing"),
    "another signer": (lambda: shown(key=STRANGER), "binding", "not_the_holder"),
    "another holder": (lambda: shown(key=STRANGER, holder=STRANGER_DID), "binding", "not_the_holder"),
    "a holder by another name": (lambda: shown(iss=STRANGER_DID), "binding", "not_the_holder"),
    "another verifier": (lambda: shown(aud="did:web:other"), "binding", "audience"),
    "several others": (lambda: shown(aud=["did:web:x", "did:web:y"]), "binding", "audience"),
    "another nonce": (lambda: shown(nonce="other"), "binding", "nonce"),
    "no nonce": (lambda: shown(nonce=None), "binding", "nonce"),
    "too old": (lambda: shown(iat=AT - PRESENTATION_SECONDS - 1), "binding", "age"),
    "of the future": (lambda: shown(iat=AT + 61), "binding", "age"),
    "expired": (lambda: shown(exp=AT), "time", "expired"),
    "without algorithm": (lambda: shown(head={"alg": "none"}), "alg", "not_of_key"),
    "without credential": (lambda: shown(inner=[]), "malformed", "not_one_credential"),
    "with two": (lambda: shown(inner=[{}, {}]), "malformed", "not_one_credential"),
    "with a text": (lambda: shown(inner=[token()]), "malformed", "not_one_credential"),
    "with the wrapper of version 1.1": (lambda: shown(vp={}), "malformed", "vc_1_1"),
    "of a subject without a key": (
        lambda: shown(inner=[proven(credentialSubject={"id": "did:web:x"})], holder=None), "binding", "holder_key",
    ),
    "of a forged credential": (lambda: shown(inner=[proven(key=STRANGER)]), "signature", "wrong"),
    "a proof of another": (lambda: embedded(key=STRANGER), "signature", "wrong"),
    "a proof by another's method": (
        lambda: embedded(key=STRANGER, method=did.method(STRANGER_DID)), "binding", "not_the_holder",
    ),
    "a proof for another purpose": (lambda: embedded(purpose="assertionMethod"), "binding", "proof_purpose"),
    "a proof to another challenge": (lambda: embedded(challenge="other"), "binding", "nonce"),
    "a proof for another domain": (lambda: embedded(domain="did:web:other"), "binding", "audience"),
    "a proof too old": (lambda: embedded(now=NOW - timedelta(hours=1)), "binding", "age"),
}  # fmt: skip


@pytest.mark.parametrize("line", PRESENTATIONS)
def test_a_presentation_is_refused_with_its_own_reason(line: str) -> None:
    forge, reason, detail = PRESENTATIONS[line]

    with refused(reason, detail):
        verify(forge())


def test_a_presentation_would_be_believed_without_what_is_wrong() -> None:
    for text in (shown(), embedded(), shown(iat=None), shown(holder={"id": HOLDER_DID})):
        assert verify(text).holder_jwk == jose.public_jwk(HOLDER)


def test_only_an_sd_jwt_approves_a_transaction() -> None:
    for text in (shown(), embedded()):
        with refused("binding", "transaction"):
            verify(text, transaction_data=["terms"])


# --- other ways that are good


def test_a_holder_may_be_named_by_a_did_jwk() -> None:
    name = "did:jwk:" + jose.b64u(jose.dumps(jose.public_jwk(HOLDER)).encode())
    inner = proven(credentialSubject={"id": name})

    assert verify(shown(inner=[inner], holder=name)).holder_jwk == jose.public_jwk(HOLDER)


def test_a_key_may_be_called_by_what_it_is() -> None:
    name = did.from_jwk(jose.public_jwk(ISSUER.key)).removeprefix("did:key:")
    rsa = {"kty": "RSA", "kid": "rsa"}

    for said in (f"{ISSUER.did}#{name}", f"{METHOD}"):
        text = options(verificationMethod=said)
        assert alone(text, trust={ISSUER.did: [rsa, ISSUER.jwk]}).issuer == ISSUER.did
    with refused("issuer", "key_unknown"):
        alone(
            options(verificationMethod=f"{ISSUER.did}#{name}x"),
            trust={ISSUER.did: [rsa, ISSUER.jwk]},
        )


def test_the_data_model_may_come_as_an_sd_jwt() -> None:
    inner = content(cnf={"jwk": jose.public_jwk(HOLDER)})
    text = jose.sign({"typ": "vc+sd-jwt", "kid": METHOD}, inner, ISSUER.key) + "~"

    assert verify(presentation(text, paths=[])).claims == inner
    with refused("malformed", "typ"):
        verify(jose.sign({"typ": "vc+sd-jwt"}, {**inner, "vct": "x"}, ISSUER.key) + "~")


def test_every_one_of_several_proofs_must_be_good() -> None:
    one, two = proven(), proven(options={"created": stamp(days=-1)})
    both = {**one, "proof": [one["proof"], two["proof"]]}

    assert alone(json.dumps(both)).issuer == ISSUER.did

    both["proof"][1] = proven(key=STRANGER)["proof"]
    with refused("signature", "wrong"):
        alone(json.dumps(both))


def test_a_p256_issuer_signs_no_eddsa_proof() -> None:
    with pytest.raises(Refusal) as refusal:
        credential(issuer=P256, format=Format.DI_JCS)

    assert refusal.value.code == "key_unfit"
    assert alone(credential(issuer=P256, format=Format.VC_JWT), trust={P256.did: [P256.jwk]})
    assert alone(credential(format=Format.DI_JCS), trust=TRUST)


@pytest.mark.parametrize("name", [AUDIENCE, [AUDIENCE], ["did:web:x", AUDIENCE]], ids=str)
def test_a_presentation_may_name_us_among_others(name: Any) -> None:
    for text in (shown(aud=name), embedded(domain=name)):
        assert verify(text).claims["credentialSubject"]["a"] == 1


def test_the_clock_of_who_signs_may_be_a_minute_ahead() -> None:
    soon = stamp(seconds=60)
    for text in (token(validFrom=soon, nbf=AT + 60, iat=AT + 60), options(created=soon)):
        assert alone(text)
    for text in (shown(iat=AT + 60, nbf=AT + 60), embedded(now=NOW + timedelta(seconds=60))):
        assert verify(text)


def test_a_status_list_of_a_jwt_may_answer_for_a_credential_of_the_w3c() -> None:
    listed = {"status_list": {"idx": 4, "uri": "https://x.example/1"}}

    found = alone(token(status=listed), status=lambda _: StatusAnswer.VALID)

    assert [(one.kind, one.index, one.issuer) for one in found.status] == [("token", 4, ISSUER.did)]
