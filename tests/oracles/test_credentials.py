"""Three libraries of others believe what we issue and show, and we believe what they do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import credentials
from core.credentials import CredentialType, Format, claims, schemas
from core.credentials.times import stamped
from core.keys import did, jose
from tests.conftest import NOW
from tests.core.credentials.made import (
    AT,
    AUDIENCE,
    HOLDER,
    HOLDER_DID,
    HOLDER_JWK,
    ISSUER,
    NONCE,
    TRUST,
    credential,
    presentation,
    verify,
)
from tests.core.credentials.test_types import EVERYTHING
from tests.oracles.made import HOLDERS, ISSUERS, multikey, private, signing
from tests.oracles.oracle import Oracle, Said

pytestmark = pytest.mark.xdist_group("oracles")
algorithms = pytest.mark.parametrize("alg", ["EdDSA", "ES256"])
each_type = pytest.mark.parametrize("type", CredentialType)
STAMP = stamped(NOW)
METHOD = did.method(HOLDER_DID)
KEYS = [multikey(ISSUER.jwk["kid"], ISSUER.jwk), multikey(METHOD, HOLDER_JWK)]
W3C = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/undefined-terms/v2",
    ],
    "type": ["VerifiableCredential", "Diploma"],
    "issuer": ISSUER.did,
    "validFrom": STAMP,
    "credentialSubject": {"id": HOLDER_DID, "title": "Mkulima hodari, größte Kühe", "grade": 1.5},
}


# --- SD-JWT VC


@algorithms
def test_sd_jwt_vc_believes_what_we_present(oracle: Oracle, alg: str) -> None:
    ours = credential(issuer=ISSUERS[alg], holder_jwk=jose.public_jwk(HOLDERS[alg]))
    text = presentation(ours, paths=[["age_over", "18"], ["residence", "region"]], key=HOLDERS[alg])

    found = oracle.ask("sdjwt.verify", text=text, key=ISSUERS[alg].jwk, nonce=NONCE, now=AT)

    assert found["payload"]["age_over"] == {"18": True}
    assert found["payload"]["residence"] == {"region": "Nakuru"}
    assert "given_name" not in found["payload"]
    assert found["binding"]["aud"] == AUDIENCE


@algorithms
def test_sd_jwt_vc_shows_what_we_issue_and_we_believe_it(oracle: Oracle, alg: str) -> None:
    ours = credential(issuer=ISSUERS[alg], holder_jwk=jose.public_jwk(HOLDERS[alg]))
    frame = {"given_name": True, "age_over": {"21": True}}

    text = oracle.ask(
        "sdjwt.present", credential=ours, frame=frame, key=private(HOLDERS[alg]), aud=AUDIENCE,
        nonce=NONCE, iat=AT,
    )  # fmt: skip

    found = verify(text, trust={ISSUER.did: [ISSUERS[alg].jwk]})
    assert (found.claims["given_name"], found.claims["age_over"]) == ("Wanjiru", {"21": True})
    assert "birthdate" not in found.claims


@algorithms
def test_we_believe_what_sd_jwt_vc_issues_and_show_it_back(oracle: Oracle, alg: str) -> None:
    issuer, holder = ISSUERS[alg], HOLDERS[alg]
    payload = {
        "iss": issuer.did, "vct": "https://other.example/x", "iat": AT, "exp": AT + 60,
        "cnf": {"jwk": jose.public_jwk(holder)}, "name": "Ngũgĩ", "list": ["a", "b"],
        "deep": {"er": {"est": 5}, "open": 1},
    }  # fmt: skip
    frame: dict[str, Any] = {
        "_sd": ["name", "deep"], "_sd_decoy": 2, "list": {"_sd": [1], "_sd_decoy": 1},
        "deep": {"_sd": ["er"], "er": {"_sd": ["est"]}},
    }  # fmt: skip
    theirs = oracle.ask(
        "sdjwt.issue",
        payload=payload,
        frame=frame,
        key=private(issuer.key),
        kid=issuer.jwk["kid"],
    )
    paths = [["deep", "er", "est"], ["list", 1]]

    text = credentials.present(
        theirs, paths=paths, key=holder, audience=AUDIENCE, nonce=NONCE, now=NOW
    )

    found = verify(text, trust={issuer.did: [issuer.jwk]}).claims
    assert (found["deep"], found["list"]) == ({"er": {"est": 5}, "open": 1}, ["a", "b"])
    assert "name" not in found
    assert oracle.ask("sdjwt.verify", text=text, key=issuer.jwk, nonce=NONCE, now=AT)


def test_a_library_throws_at_what_was_changed(oracle: Oracle) -> None:
    text = presentation().replace("~", "~x", 1)

    with pytest.raises(Said):
        oracle.ask("sdjwt.verify", text=text, key=ISSUER.jwk, nonce=NONCE, now=AT)


@each_type
def test_sd_jwt_vc_believes_every_type_and_reads_its_description(
    oracle: Oracle, type: CredentialType
) -> None:
    built = claims.build(type, EVERYTHING[type], on=NOW.date())
    text = presentation(credential(type=type, claims=built), paths=[[name] for name in built])
    metadata = schemas.metadata(type, ISSUER.base_url)

    found = oracle.ask(
        "sdjwt.verify", text=text, key=ISSUER.jwk, nonce=NONCE, now=AT, metadata=metadata
    )

    assert built.items() <= found["payload"].items()
    assert found["type"] == metadata


def test_sd_jwt_vc_throws_at_a_description_that_is_none(oracle: Oracle) -> None:
    with pytest.raises(Said, match="Invalid VCT"):
        oracle.ask(
            "sdjwt.verify", text=presentation(), key=ISSUER.jwk, nonce=NONCE, now=AT, metadata={"claims": 5}
        )  # fmt: skip


# --- vc+jwt


@each_type
def test_jose_believes_every_type(oracle: Oracle, type: CredentialType) -> None:
    built = claims.build(type, EVERYTHING[type], on=NOW.date())
    text = credential(type=type, claims=built, format=Format.VC_JWT)

    found = oracle.ask("vcjwt.verify", text=text, key=ISSUER.jwk, typ="vc+jwt", now=AT)

    assert built.items() <= found["payload"]["credentialSubject"].items()


@algorithms
def test_jose_believes_what_we_issue(oracle: Oracle, alg: str) -> None:
    text = credential(issuer=ISSUERS[alg], format=Format.VC_JWT)

    found = oracle.ask("vcjwt.verify", text=text, key=ISSUERS[alg].jwk, typ="vc+jwt", now=AT)

    assert found["payload"]["credentialSubject"]["given_name"] == "Wanjiru"
    assert found["header"]["cty"] == "vc"


@algorithms
def test_jose_believes_what_we_present(oracle: Oracle, alg: str) -> None:
    holder = HOLDERS[alg]
    ours = credential(format=Format.VC_JWT, holder_jwk=jose.public_jwk(holder))

    found = oracle.ask(
        "vcjwt.verify", text=presentation(ours, key=holder), key=jose.public_jwk(holder),
        typ="vp+jwt", aud=AUDIENCE, now=AT,
    )  # fmt: skip

    inner = found["payload"]["verifiableCredential"][0]["id"].removeprefix(
        "data:application/vc+jwt,"
    )
    assert inner == ours
    assert found["payload"]["nonce"] == NONCE


@algorithms
def test_we_believe_what_jose_signs(oracle: Oracle, alg: str) -> None:
    header = {"typ": "vc+jwt", "cty": "vc", "kid": ISSUERS[alg].jwk["kid"]}
    theirs = oracle.ask("vcjwt.sign", payload=W3C, key=private(ISSUERS[alg].key), header=header)
    trust = {ISSUER.did: [ISSUERS[alg].jwk]}
    envelope = {"@context": W3C["@context"][0], "type": "EnvelopedVerifiableCredential",
                "id": f"data:application/vc+jwt,{theirs}"}  # fmt: skip

    for text in (theirs, json.dumps(envelope)):
        found = verify(text, trust=trust, audience=None, nonce=None, require_binding=False)
        assert found.claims == W3C


def test_we_believe_a_presentation_that_jose_signs(oracle: Oracle) -> None:
    words = {
        "@context": W3C["@context"][:1], "type": "VerifiablePresentation", "aud": AUDIENCE, "nonce": NONCE, "iat": AT,
        "verifiableCredential": [
            {"@context": W3C["@context"][0], "type": "EnvelopedVerifiableCredential",
             "id": f"data:application/vc+jwt,{credential(format=Format.VC_JWT)}"}
        ],
    }  # fmt: skip
    header = {"typ": "vp+jwt", "cty": "vp", "kid": METHOD}

    text = oracle.ask("vcjwt.sign", payload=words, key=private(HOLDER), header=header)

    assert verify(text).claims["credentialSubject"]["given_name"] == "Wanjiru"


# --- Data Integrity, eddsa-jcs-2022


def test_digitalbazaar_believes_what_we_issue(oracle: Oracle) -> None:
    ours = json.loads(credential(format=Format.DI_JCS))

    assert oracle.ask("dataintegrity.verify", credential=ours, keys=KEYS, now=STAMP)

    ours["credentialSubject"]["given_name"] = "Another"
    with pytest.raises(Said):
        oracle.ask("dataintegrity.verify", credential=ours, keys=KEYS, now=STAMP)


@each_type
def test_digitalbazaar_believes_every_type(oracle: Oracle, type: CredentialType) -> None:
    built = claims.build(type, EVERYTHING[type], on=NOW.date())
    ours = json.loads(credential(type=type, claims=built, format=Format.DI_JCS))

    assert oracle.ask("dataintegrity.verify", credential=ours, keys=KEYS, now=STAMP)


def test_digitalbazaar_believes_what_we_present(oracle: Oracle) -> None:
    shown = json.loads(presentation(credential(format=Format.DI_JCS)))
    asked = {"keys": KEYS, "domain": AUDIENCE, "now": STAMP}

    assert oracle.ask(
        "dataintegrity.verifyPresentation", presentation=shown, challenge=NONCE, **asked
    )

    with pytest.raises(Said):
        oracle.ask(
            "dataintegrity.verifyPresentation", presentation=shown, challenge="another", **asked
        )


def test_we_believe_what_digitalbazaar_issues_and_presents(oracle: Oracle) -> None:
    issuer, holder = signing(ISSUER.jwk["kid"], ISSUER.key), signing(METHOD, HOLDER)
    theirs = oracle.ask("dataintegrity.issue", credential=W3C, key=issuer, keys=KEYS, date=STAMP)

    shown = oracle.ask(
        "dataintegrity.present", credential=theirs, holder=HOLDER_DID, key=holder, keys=KEYS,
        challenge=NONCE, domain=AUDIENCE, date=STAMP,
    )  # fmt: skip

    alone = verify(json.dumps(theirs), audience=None, nonce=None, require_binding=False)
    assert alone.claims == W3C == verify(json.dumps(shown), trust=TRUST).claims
