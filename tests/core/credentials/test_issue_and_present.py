"""What is issued hides everything; what is presented shows exactly what was chosen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from core import credentials
from core.credentials import CredentialType, Issuer
from core.credentials.disclosures import choose, opened
from core.errors import Refusal
from core.keys import Keyring, did, jose
from tests.conftest import NOW
from tests.core.credentials.made import (
    AUDIENCE,
    FACTS,
    HOLDER,
    HOLDER_JWK,
    ISSUER,
    NONCE,
    TRUST,
    URL,
    bound,
    credential,
    disclosure,
    hidden,
    presentation,
    refused,
    signed,
    verify,
)

ALWAYS = {
    "iss", "vct", "vct#integrity", "iat", "nbf", "exp", "cnf", "schema_id", "evidence_level", "hard_soft", "proof_of",
    "as_of", "kyc_passed", "level", "method", "age_over", "resident_of",
}  # fmt: skip


def test_a_presentation_shows_what_was_chosen_and_nothing_else() -> None:
    text = presentation(paths=[["age_over", "18"], ["residence", "country"]])

    found = verify(text, type=CredentialType.KYC)

    assert found.claims.keys() == ALWAYS | {"residence"}
    assert found.claims["age_over"] == {"18": True}
    assert found.claims["residence"] == {"country": "KE"}
    assert found.issuer == ISSUER.did
    assert found.holder_jwk == HOLDER_JWK
    assert found.type is CredentialType.KYC


def test_choosing_nothing_shows_nothing_selective() -> None:
    found = verify(presentation(paths=[]))

    assert found.claims.keys() == ALWAYS
    assert found.claims["age_over"] == {}


def test_choosing_an_object_shows_all_of_it() -> None:
    assert verify(presentation(paths=[["residence"]])).claims["residence"] == FACTS["residence"]


@pytest.mark.parametrize(
    "path", [["unknown"], ["age_over", "99"], ["given_name", "x"], ["residence", "x"]]
)
def test_choosing_what_is_not_there_shows_nothing(path: list[str]) -> None:
    assert presentation(paths=[path]).count("~") == 1


def test_nothing_personal_is_readable_in_the_signed_part() -> None:
    text = credential().split("~")[0].split(".")[1]

    content = jose.unb64u(text)

    assert all(
        word not in content
        for word in (b"Wanjiru", b"1990", b"Nakuru", b"true,true", b"given_name")
    )


def test_answers_that_are_no_are_issued_too() -> None:
    ages = credentials.contents(credential())["age_over"]

    assert ages == {"18": True, "21": True, "25": True, "35": True, "50": False, "65": False}


def test_what_is_not_in_a_credential_cannot_be_counted() -> None:
    def hashes(claims: dict[str, Any]) -> int:
        return len(jose.parse(credential(claims=claims).split("~")[0]).payload["_sd"])

    assert hashes({"kyc_passed": True}) == hashes(
        {"kyc_passed": True, "given_name": "A", "gender": "f"}
    )


def test_hashes_are_sorted_so_that_their_order_tells_nothing() -> None:
    payload = jose.parse(credential().split("~")[0]).payload

    assert payload["_sd"] == sorted(payload["_sd"])
    assert payload["age_over"]["_sd"] == sorted(payload["age_over"]["_sd"])


def test_two_credentials_of_the_same_facts_share_no_hash() -> None:
    one, two = (set(jose.parse(credential().split("~")[0]).payload["_sd"]) for _ in range(2))

    assert not one & two


def test_elements_of_a_list_are_shown_one_by_one() -> None:
    text = hidden({"reports": ["0", "7", "31"]})

    found = verify(presentation(text, paths=[["reports", 1]]))

    assert found.claims["reports"] == ["7"]


def test_a_claim_the_type_does_not_know_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        credential(claims={"kyc_passed": True, "shoe_size": 40})

    assert refusal.value.facts["names"] == ["shoe_size"]


def test_a_node_issues_in_the_name_of_its_address(keyring: Keyring) -> None:
    issuer = Issuer.of(keyring, "http://127.0.0.1:8080")

    header = jose.parse(credential(issuer=issuer).split("~")[0]).header

    assert header == {"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": issuer.jwk["kid"]}
    assert header["kid"].startswith("did:web:127.0.0.1%3A8080#")


def test_a_p256_issuer_and_holder_work_as_well() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = Issuer(did.web(URL), URL, key)

    text = presentation(credential(issuer=issuer, holder_jwk=jose.public_jwk(key)), key=key)

    assert verify(text, trust={issuer.did: [issuer.jwk]}).claims["age_over"] == {"18": True}


def test_the_holder_says_who_keeps_her_keys() -> None:
    text = presentation(claims={"growr_custody": {"mode": "custodial"}})

    words = jose.parse(text.rpartition("~")[2]).payload

    assert words["growr_custody"] == {"mode": "custodial"}
    verify(text)


def test_a_binding_may_approve_one_transaction() -> None:
    text = presentation(transaction_data=["terms-of-this-loan"])

    verify(text, transaction_data=["terms-of-this-loan"])

    with refused("binding"):
        verify(text, transaction_data=["terms-of-another"])
    with refused("binding"):
        verify(presentation(), transaction_data=["terms-of-this-loan"])


def test_without_a_binding_a_credential_is_believed_only_when_policy_says_so() -> None:
    text = credential()

    found = verify(text, audience=None, nonce=None, require_binding=False)

    assert found.claims["given_name"] == "Wanjiru"
    with refused("binding"):
        verify(text)


def test_a_binding_that_came_unasked_is_checked_all_the_same() -> None:
    text = signed({"iss": ISSUER.did, "vct": "x", "cnf": {"jwk": HOLDER_JWK}})

    with refused("binding"):
        verify(bound(text, sd_hash="x"), audience=None, nonce=None, require_binding=False)


def test_a_holder_takes_no_presentation_for_a_credential() -> None:
    assert credentials.received(credential()).payload["iss"] == ISSUER.did
    for text in (presentation(), "x~", "a.b.c~", ""):
        with refused("malformed"):
            credentials.received(text)


texts = st.text(min_size=1, max_size=5)
days = st.dates().map(lambda day: day.isoformat())
country = st.from_regex(r"\A[A-Z]{2}\Z")
claims = st.fixed_dictionaries(
    {},
    optional={
        "given_name": texts,
        "family_name": texts,
        "gender": texts,
        "document": st.fixed_dictionaries(
            {}, optional={"expires": days, "issuing_country": country}
        ),
        "residence": st.fixed_dictionaries({}, optional={"country": country, "region": texts}),
    },
)


@settings(max_examples=60, deadline=None)
@given(claims=claims, data=st.data())
def test_any_subset_that_is_presented_is_exactly_what_is_verified(
    claims: dict[str, Any], data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(claims)))) if claims else set()
    ages = data.draw(st.sets(st.sampled_from(["18", "21", "65"])))
    bands = {"18": True, "21": True, "65": False}
    issued = hidden(claims, age_over=bands)

    text = presentation(
        issued, paths=[*([name] for name in chosen), *(["age_over", age] for age in ages)]
    )

    found = verify(text).claims
    assert {name: found[name] for name in found.keys() & claims.keys()} == {
        name: claims[name] for name in chosen
    }
    assert found["age_over"] == {age: bands[age] for age in ages}


@settings(max_examples=30, deadline=None)
@given(claims)
def test_a_credential_holds_every_claim_it_was_issued_with(claims: dict[str, Any]) -> None:
    contents = credentials.contents(credential(claims=claims))

    assert {name: contents[name] for name in claims} == claims


@pytest.mark.parametrize(
    "payload", [{"_sd": 5}, {"_sd": [[]]}, {"_sd": None}, {"cnf": {"_sd": {}}}], ids=str
)
def test_of_what_is_no_credential_nothing_is_chosen(payload: dict[str, Any]) -> None:
    with refused("malformed", "digests"):
        choose(payload, {}, [[None, None]])


def test_a_placeholder_that_is_none_hides_nothing() -> None:
    assert choose({"a": [{"...": []}]}, {}, [[None]]) == []


def test_choosing_twice_is_choosing_once() -> None:
    issued, *disclosures = credential().split("~")[:-1]
    payload = jose.parse(issued).payload

    assert len(choose(payload, opened(disclosures), [["given_name"], ["given_name"]])) == 1


def test_a_credential_read_once_is_shown_to_one_verifier_after_the_other() -> None:
    held = credentials.Held(credential())

    for audience, name in (("did:web:one", "given_name"), ("did:web:two", "birthdate")):
        text = held.present(paths=[[name]], key=HOLDER, audience=audience, nonce=NONCE, now=NOW)

        shown = verify(text, audience=audience).claims
        assert shown.keys() - ALWAYS == {name}
        assert shown[name] == held.claims[name]


def test_a_disclosure_of_the_other_kind_is_never_chosen() -> None:
    named, element = disclosure("a", 1), disclosure(1)
    book = opened([named, element])

    assert choose({"_sd": list(book), "list": [{"...": one} for one in book]}, book, [[None, None], ["a"]]) == [
        named, element,
    ]  # fmt: skip
    assert choose({"_sd": [jose.digest(element)]}, book, [[None]]) == []
    assert choose({"list": [{"...": jose.digest(named)}]}, book, [["list", None]]) == []


def test_the_types_say_when_they_were_true() -> None:
    built = credentials.claims.build(CredentialType.KYC, FACTS, on=date(2026, 1, 2))

    assert credentials.contents(credential(claims=built))["as_of"] == "2026-01-02"


def test_a_presentation_is_good_for_one_verifier_only() -> None:
    text = presentation(audience="did:web:one")

    verify(text, audience="did:web:one")
    with refused("binding"):
        verify(text, audience=AUDIENCE)


def test_an_expired_credential_stays_refused_however_fresh_the_binding() -> None:
    later = NOW + timedelta(days=365)

    with refused("time"):
        verify(presentation(now=later), now=later, trust=TRUST, nonce=NONCE)
