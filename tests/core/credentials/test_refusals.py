"""One test for every line of the list of what a verifier must refuse."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from nacl.signing import SigningKey

from config.limits import CREDENTIAL_CHARACTERS, PRESENTATION_SECONDS
from core.credentials import CredentialType, StatusAnswer
from core.keys import jose
from tests.core.credentials.made import (
    AT,
    AUDIENCE,
    HOLDER_JWK,
    ISSUER,
    NONCE,
    TRUST,
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
KYC = "https://node.example/vct/kyc/1"
A, B = disclosure("a", 1), disclosure("b", 2)
LISTED = {"idx": 0, "uri": "https://x.example/1"}


def check(text: str, reason: str, **changes: Any) -> None:
    with refused(reason):
        verify(text, **changes)


def with_disclosures(claims: dict[str, Any], *disclosures: str) -> str:
    return bound(signed(payload(**claims), disclosures))


# --- malformed


def test_a_bare_jwt_is_no_sd_jwt() -> None:
    check(presentation().split("~")[0], "malformed")


@pytest.mark.parametrize("text", ["", "~", "~~", "a~b~c", "a.b.c~", "....~", "é~", "a.b~" * 10])
def test_nonsense_is_refused(text: str) -> None:
    check(text, "malformed")


def test_a_text_without_end_is_refused() -> None:
    check(presentation() + "~" + "A" * CREDENTIAL_CHARACTERS, "malformed")
    check("~" * 1000, "malformed")


@pytest.mark.parametrize("place", [0, 1])
def test_padding_is_refused(place: int) -> None:
    parts = presentation().split("~")
    parts[place] += "="
    check("~".join(parts), "malformed")


@pytest.mark.parametrize(
    "text",
    [
        "W10", jose.b64u(b"[]"), jose.b64u(b"{}"), jose.b64u(b'["s"]'), jose.b64u(b'["s","a",1,2]'), jose.b64u(b"x"),
        jose.b64u(b'[1,"a",2]'), jose.b64u(b'["s",5,2]'), jose.b64u(b'["s","a",{"b":1,"b":2}]'), "!!", A + "=",
    ],
)  # fmt: skip
def test_a_malformed_disclosure_is_refused(text: str) -> None:
    check(with_disclosures({"_sd": [jose.digest(text)]}, text), "malformed")


def test_a_disclosure_of_an_element_in_an_object_is_refused() -> None:
    element = disclosure(1)
    check(with_disclosures({"_sd": [jose.digest(element)]}, element), "malformed")


def test_a_disclosure_of_a_claim_in_a_list_is_refused() -> None:
    check(with_disclosures({"list": [{"...": jose.digest(A)}]}, A), "malformed")


@pytest.mark.parametrize("hashes", ["x", {}, 1, True, [1], [None], [["x"]]])
def test_hashes_that_are_not_a_list_of_texts_are_refused(hashes: Any) -> None:
    check(with_disclosures({"_sd": hashes}), "malformed")
    check(with_disclosures({"inner": {"_sd": hashes}}), "malformed")


def test_a_nested_hash_algorithm_is_refused() -> None:
    check(with_disclosures({"inner": {"_sd_alg": "sha-256"}}), "malformed")


def test_a_placeholder_with_more_in_it_is_refused() -> None:
    element = disclosure(1)
    check(with_disclosures({"list": [{"...": jose.digest(element), "x": 1}]}, element), "malformed")


def test_a_placeholder_outside_a_list_is_refused() -> None:
    check(with_disclosures({"inner": {"...": jose.digest(A)}}), "malformed")


def test_duplicate_names_are_refused() -> None:
    body = jose.dumps(payload())[:-1] + ',"iss":"x"}'
    head = jose.b64u(jose.dumps({"alg": "EdDSA", "typ": "dc+sd-jwt"}).encode())
    text = f"{head}.{jose.b64u(body.encode())}"
    check(f"{text}.{jose.b64u(STRANGER.sign(text.encode()).signature)}~", "malformed")


@pytest.mark.parametrize("typ", [None, "JWT", "vc+sd-jwt", "kb+jwt", "vc+jwt", 1, ["dc+sd-jwt"]])
def test_another_typ_is_refused(typ: Any) -> None:
    check(bound(signed(payload(), typ=typ)), "malformed")


def test_a_critical_extension_is_refused() -> None:
    check(bound(signed(payload(), crit=["x"])), "malformed")


def test_objects_without_end_are_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"x": deep}
    check(with_disclosures({"deep": deep}), "malformed")


# --- alg


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "ES256K", "RS256", "", None, 5, []])
def test_an_algorithm_not_on_the_list_is_refused(alg: Any) -> None:
    check(
        bound(signed(payload(), alg=alg)) if alg is not None else bound(signed(payload(), alg=0)),
        "alg",
    )


def test_an_algorithm_that_does_not_fit_the_key_is_refused() -> None:
    check(bound(signed(payload(), alg="ES256")), "alg")


@pytest.mark.parametrize("alg", ["sha-1", "md5", "sha3-256", "SHA-256", None, 1])
def test_another_hash_algorithm_is_refused(alg: Any) -> None:
    text = signed({**payload(), "_sd_alg": alg})
    check(bound(text), "alg")


def test_a_hash_cut_short_is_refused() -> None:
    check(with_disclosures({"_sd": [jose.digest(A)[:22]]}, A), "alg")


def test_a_binding_without_signature_is_refused() -> None:
    check(bound(credential(), header={"alg": "none"}), "alg")
    check(bound(credential(), header={"alg": "ES256"}), "alg")


# --- issuer


@pytest.mark.parametrize("iss", ["did:web:stranger.example", "", None, 5, ["did:web:node.example"]])
def test_an_issuer_nobody_trusts_is_refused(iss: Any) -> None:
    check(bound(signed(payload(iss=iss), kid=None)), "issuer")


@pytest.mark.parametrize(
    "kid", ["did:web:other.example#1", "did:web:node.example#other", "other", 5]
)
def test_a_key_that_is_not_the_issuers_is_refused(kid: Any) -> None:
    check(bound(signed(payload(), kid=kid)), "issuer")


@pytest.mark.parametrize("short", [True, False])
def test_a_key_is_known_by_its_name_with_or_without_the_did(short: bool) -> None:
    full, bare = f"{ISSUER.did}#key-1", "key-1"
    keys = [{**ISSUER.jwk, "kid": bare if short else full}]

    verify(bound(signed(payload(), kid=full if short else bare)), trust={ISSUER.did: keys})


@pytest.mark.parametrize("iss", ["did:web:Node.Example", "DID:web:node.example"])
def test_a_host_may_be_written_in_any_case_and_nothing_else(iss: str) -> None:
    text = bound(signed(payload(iss=iss), kid=ISSUER.jwk["kid"].replace("node", "NODE")))

    if iss.startswith("did"):
        verify(text)
    else:
        check(text, "issuer")


def test_a_key_is_known_by_its_thumbprint() -> None:
    named = [{**ISSUER.jwk, "kid": "another name"}]

    verify(bound(signed(payload(), kid=jose.thumbprint(ISSUER.jwk))), trust={ISSUER.did: named})


def test_the_key_of_another_trusted_issuer_is_refused() -> None:
    other = {"did:web:other.example": [jose.public_jwk(STRANGER)]}
    check(bound(signed(payload(), key=STRANGER, kid=None)), "signature", trust=TRUST | other)


def test_an_issuer_without_keys_is_refused() -> None:
    check(presentation(), "issuer", trust={ISSUER.did: []})


# --- signature


def test_a_bad_signature_is_refused() -> None:
    check(bound(signed(payload(), key=STRANGER)), "signature")


def test_a_changed_payload_is_refused() -> None:
    token, rest = presentation().split("~", 1)
    head, _, signature = token.split(".")
    other = jose.b64u(jose.dumps(payload(exp=AT + 10**6)).encode())
    check(f"{head}.{other}.{signature}~{rest}", "signature")


@pytest.mark.parametrize("cut", [0, 32, 63])
def test_a_signature_of_the_wrong_length_is_refused(cut: int) -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    head, body, signature = signed(payload(), key=key, kid=None)[:-1].split(".")
    short = jose.b64u(jose.unb64u(signature)[:cut])
    check(bound(f"{head}.{body}.{short}~"), "signature", trust={ISSUER.did: [jose.public_jwk(key)]})


def test_any_of_the_issuers_keys_may_have_signed() -> None:
    keys = [jose.public_jwk(STRANGER), {**ISSUER.jwk, "kid": ISSUER.jwk["kid"]}]
    verify(bound(signed(payload(), kid=None)), trust={ISSUER.did: keys})


# --- disclosure


def test_a_disclosure_nobody_refers_to_is_refused() -> None:
    check(with_disclosures({"_sd": [jose.digest(A)]}, A, B), "disclosure")
    check(with_disclosures({}, A), "disclosure")


def test_a_disclosure_referred_to_by_one_that_is_not_there_is_refused() -> None:
    inner = disclosure("a", {"_sd": [jose.digest(B)]})
    check(with_disclosures({"_sd": [jose.digest(inner)]}, B), "disclosure")


def test_the_same_disclosure_twice_is_refused() -> None:
    check(with_disclosures({"_sd": [jose.digest(A)]}, A, A), "disclosure")


def test_the_same_hash_twice_is_refused() -> None:
    check(with_disclosures({"_sd": [jose.digest(A), jose.digest(A)]}, A), "disclosure")
    check(
        with_disclosures({"_sd": [jose.digest(A)], "inner": {"_sd": [jose.digest(A)]}}, A),
        "disclosure",
    )
    check(with_disclosures({"_sd": [jose.digest(A), jose.digest(A)]}), "disclosure")


def test_the_same_hash_through_another_disclosure_is_refused() -> None:
    outer = disclosure("outer", {"_sd": [jose.digest(A)]})
    check(with_disclosures({"_sd": [jose.digest(outer), jose.digest(A)]}, outer, A), "disclosure")


def test_the_same_hash_in_a_list_is_refused() -> None:
    element = disclosure(1)
    spot = {"...": jose.digest(element)}
    check(with_disclosures({"list": [spot, spot]}, element), "disclosure")


@pytest.mark.parametrize("name", ["_sd", "..."])
def test_a_reserved_name_is_refused(name: str) -> None:
    text = disclosure(name, [])
    check(with_disclosures({"_sd": [jose.digest(text)]}, text), "disclosure")


def test_a_name_that_is_already_there_is_refused() -> None:
    check(with_disclosures({"a": 0, "_sd": [jose.digest(A)]}, A), "disclosure")
    again = disclosure("a", 2)
    check(with_disclosures({"_sd": [jose.digest(A), jose.digest(again)]}, A, again), "disclosure")


# --- time


@pytest.mark.parametrize("exp", [AT, AT - 1, 0, -1])
def test_what_has_expired_is_refused(exp: int) -> None:
    check(bound(signed(payload(exp=exp))), "time")


def test_the_last_second_counts() -> None:
    verify(bound(signed(payload(exp=AT + 1))))


@pytest.mark.parametrize(
    "changes", [{"nbf": AT + 61}, {"iat": AT + 61}, {"nbf": AT + 90, "exp": AT + 80}]
)
def test_what_is_not_valid_yet_is_refused(changes: dict[str, int]) -> None:
    check(bound(signed(payload(**changes))), "time")


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["2099-01-01", True, [], {}, f"{AT}", 10**30, -5])
def test_a_date_that_is_no_number_is_refused(name: str, value: Any) -> None:
    check(bound(signed(payload(**{name: value}))), "time")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [("exp", AT + 100, "time"), ("nbf", AT - 100, "time"), ("aud", AUDIENCE, "time"), ("vct", "x", "type"),
     ("cnf", {"jwk": HOLDER_JWK}, "binding"), ("status", {}, "status"), ("vct#integrity", "x", "type")],
)  # fmt: skip
def test_what_must_be_in_the_open_is_refused_in_a_disclosure(
    name: str, value: Any, reason: str
) -> None:
    text = disclosure(name, value)
    check(with_disclosures({name: None, "_sd": [jose.digest(text)]}, text), reason)


def test_a_hidden_expiry_does_not_make_one_of_our_types_eternal() -> None:
    hidden = disclosure("exp", 1)
    claims = {"vct": KYC, "exp": None, "_sd": [jose.digest(hidden)]}
    check(with_disclosures(claims), "time")


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_our_types_must_say_how_long_they_hold(name: str) -> None:
    check(bound(signed(payload(vct=KYC, **{name: None}))), "time")


def test_a_credential_meant_for_somebody_else_is_refused() -> None:
    check(bound(signed(payload(aud="did:web:other.example"))), "time")


# --- type


@pytest.mark.parametrize(
    "vct",
    [None, 5, "x", "https://node.example/vct/kyc/2", "https://node.example/vct/kyc/1?x",
     "ftp://node.example/vct/kyc/1", "https://node.example/vct/credit_history/1"],
)  # fmt: skip
def test_another_type_is_refused(vct: Any) -> None:
    check(bound(signed(payload(vct=vct))), "type", type=CredentialType.KYC)


@pytest.mark.parametrize(
    "changes",
    [{}, {"kyc_passed": None}, {"evidence_level": "sworn"}, {"evidence_level": ["x"]}, {"age_over": {"18": "yes"}},
     {"age_over": {"18": 1}}, {"age_over": 1}],
)  # fmt: skip
def test_one_of_our_types_that_breaks_its_schema_is_refused(changes: dict[str, Any]) -> None:
    whole = {
        "kyc_passed": True,
        "level": "basic",
        "method": "agent",
        "evidence_level": "self_declared",
    }
    claims = whole | changes if changes else {}
    check(bound(signed(payload(vct=KYC, **claims))), "type")


# --- binding


def test_a_missing_binding_is_refused() -> None:
    check(credential(), "binding")


def test_a_credential_that_names_no_holder_cannot_be_presented() -> None:
    check(bound(signed(payload(cnf=None))), "binding")


@pytest.mark.parametrize(
    "cnf",
    [
        {},
        {"kid": "x"},
        "x",
        [HOLDER_JWK],
        {"jwk": HOLDER_JWK, "jkt": "x"},
        {"jwk": HOLDER_JWK, "x5t#S256": "x"},
    ],
)
def test_a_holder_without_a_key_is_refused(cnf: Any) -> None:
    check(bound(signed(payload(cnf=cnf))), "binding")


@pytest.mark.parametrize(
    "changes",
    [
        {"header": {"typ": "JWT"}}, {"header": {"typ": None}},
        {"aud": []}, {"aud": ["did:web:other"]}, {"aud": {AUDIENCE: 1}},
        {"aud": "did:web:other"}, {"aud": AUDIENCE + "/"}, {"aud": None},
        {"nonce": "other"}, {"nonce": None}, {"nonce": [NONCE]},
        {"iat": None}, {"iat": AT + 61}, {"iat": AT - PRESENTATION_SECONDS - 1}, {"iat": f"{AT}"}, {"iat": True},
        {"sd_hash": None}, {"sd_hash": "x"}, {"sd_hash": jose.digest("x")},
    ],
    ids=str,
)  # fmt: skip
def test_a_binding_that_is_not_exactly_right_is_refused(changes: dict[str, Any]) -> None:
    check(bound(credential(), **changes), "binding")


@pytest.mark.parametrize("aud", [[AUDIENCE], ["did:web:other", AUDIENCE]], ids=str)
def test_a_binding_may_name_us_in_a_list(aud: list[str]) -> None:
    verify(bound(credential(), aud=aud))


@pytest.mark.parametrize("changes", [{"nbf": AT + 60}, {"iat": AT + 60}])
def test_the_clock_of_an_issuer_or_holder_may_be_a_minute_ahead(changes: dict[str, int]) -> None:
    verify(bound(signed(payload(**changes)), **changes))


def test_a_key_is_the_same_whatever_else_is_said_of_it() -> None:
    key = {**dict(reversed(HOLDER_JWK.items())), "kid": "mine", "use": "sig", "alg": "EdDSA"}

    verify(bound(signed(payload(cnf={"jwk": key, "kid": "mine"}))))


def test_the_binding_of_a_stranger_is_refused() -> None:
    check(bound(credential(), key=STRANGER), "binding")


def test_a_binding_of_fewer_disclosures_is_refused() -> None:
    token, *rest = presentation(paths=[["given_name"], ["birthdate"]]).split("~")
    check("~".join([token, rest[0], rest[-1]]), "binding")


def test_the_binding_of_another_presentation_is_refused() -> None:
    one, two = presentation(), presentation(paths=[["given_name"]])
    check(one.rpartition("~")[0] + "~" + two.rpartition("~")[2], "binding")


# --- status


@pytest.mark.parametrize(
    "changes",
    [{"status": {}}, {"status": None}, {"status": []}, {"status": {"other_list": {}}},
     {"status": {"status_list": LISTED, "other_list": {"idx": 1}}}, {"credentialStatus": []},
     {"status": {"status_list": {**LISTED, "idx": "0"}}}, {"status": {"status_list": [LISTED]}},
     {"status": {"status_list": LISTED, "_sd": ["x" * 43]}}],
    ids=str,
)  # fmt: skip
def test_a_status_that_is_not_understood_is_refused(changes: dict[str, Any]) -> None:
    text = bound(signed(payload() | changes))

    check(text, "status", status=lambda _: StatusAnswer.VALID)


def test_a_status_nobody_looked_up_is_refused() -> None:
    check(bound(signed(payload(status={"status_list": {"idx": 0, "uri": "https://x"}}))), "status")


@pytest.mark.parametrize(
    "missing", [{"audience": None}, {"nonce": None}, {"audience": ""}], ids=str
)
def test_a_verifier_always_names_itself_and_its_nonce(missing: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        verify(presentation(), **missing)
