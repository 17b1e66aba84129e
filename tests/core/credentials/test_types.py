"""Nine types and the summary of one: a library of others agrees with our check, and the documents say all of it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from core import credentials
from core.credentials import KINDS, CredentialType, claims, integrity, schemas, shape
from core.credentials.catalogue import AGES, COMMON
from core.credentials.fields import Field
from core.credentials.labels import CLAIMS, DESCRIPTIONS, TITLES
from core.errors import Refusal
from core.keys import jose
from tests.core.credentials.made import URL, credential, presentation, refused, verify

DAY = date(2026, 11, 21)
FIELDS = [
    (f"{type}.{name}", field) for type, kind in KINDS.items() for name, field in kind.fields.items()
]
MONEY = {"value": "1000.00", "currency": "KES"}
EVERYTHING: dict[CredentialType, dict[str, Any]] = {
    CredentialType.KYC: {"birthdate": "1990-05-04", "residence": {"country": "KE"}},
    CredentialType.COMMUNITY_MEMBERSHIP: {"member_since": "2024-01-01", "standing": "good"},
    CredentialType.CREDIT_HISTORY: {"product": "fixed", "loan_status": "closed", "lender": "Mavuno"},
    CredentialType.CREDIT_SUMMARY: {
        "lender": "Mavuno", "currency": "KES", "loans_repaid": 3, "on_time_ratio": "0.94", "worst_dpd_24m": 20,
    },
    CredentialType.FINANCIAL_DATA: {
        "period_months": 12, "sources": ["till"], "currency": "KES", "avg_monthly_inflow": MONEY
    },
    CredentialType.SAVINGS_HISTORY: {
        "scheme": "vsla", "cycle": "weekly", "since": "2025-05-21", "deposits_count": 60, "expected_count": 80,
        "total_saved": {"value": "2600.00", "currency": "KES"},
    },
    CredentialType.BUSINESS_ACTIVITY: {
        "sector_isic": "A0111", "form": "sole", "started_at": "2024-10-01", "turnover_last12m": MONEY,
        "offtake_contracts": [{"buyer": "Mill", "crop": "maize"}],
    },
    CredentialType.OWNERSHIP: {
        "asset_type": "land", "title_kind": "customary", "area_ha": "0.80", "encumbered": False,
        "valuation": {"amount": MONEY, "date": "2026-01-01"},
    },
    CredentialType.SOCIAL_ENDORSEMENT: {"endorsement_kind": "vouches"},
    CredentialType.FINANCIAL_HEALTH: {"programme": "Money", "provider": "Mavuno", "score": 70},
}  # fmt: skip

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 1_000),
    st.text(max_size=12),
    st.sampled_from(["KE", "KES", "good", "2026-02-30", "2026-02-28", "0.95", "1.1", "-3.5", "did:web:a", "A01"]),
    st.lists(st.sampled_from(["a", "till", 3]), max_size=3),
    st.dictionaries(st.sampled_from(["18", "KE", "value", "currency", "country"]), st.booleans(), max_size=3),
    st.just(MONEY),
)  # fmt: skip


@pytest.mark.parametrize("field", [field for _, field in FIELDS], ids=[name for name, _ in FIELDS])
def test_the_schema_of_a_claim_is_one(field: Field) -> None:
    Draft202012Validator.check_schema(field.schema)


@settings(max_examples=400, deadline=None)
@given(field=st.sampled_from([field for _, field in FIELDS]), value=odd)
def test_the_check_says_what_a_library_says_by_the_schema(field: Field, value: Any) -> None:
    library = Draft202012Validator(field.schema, format_checker=FormatChecker())

    assert field.fits(value, True) == library.is_valid(value)


@pytest.mark.parametrize("type", CredentialType)
def test_the_schema_of_a_type_takes_what_we_build_and_nothing_broken(type: CredentialType) -> None:
    schema = schemas.schema(type, URL)
    Draft202012Validator.check_schema(schema)
    library = Draft202012Validator(schema, format_checker=FormatChecker())

    built = {
        **claims.build(type, EVERYTHING[type], on=DAY),
        "evidence_level": KINDS[type].evidence.value,
    }

    assert library.is_valid(built)
    for name in KINDS[type].required:
        assert not library.is_valid({**built, name: 5.5})
        assert not library.is_valid({key: value for key, value in built.items() if key != name})


@pytest.mark.parametrize("type", CredentialType)
def test_every_type_is_issued_shown_and_believed(type: CredentialType) -> None:
    built = claims.build(type, EVERYTHING[type], on=DAY)

    text = presentation(credential(type=type, claims=built), paths=[[name] for name in built])

    found = verify(text, type=type)
    assert built.items() <= found.claims.items()


@pytest.mark.parametrize(
    ("type", "answer", "yes", "no"),
    [
        (CredentialType.CREDIT_SUMMARY, "loans_repaid_over", "3", "5"),
        (CredentialType.CREDIT_SUMMARY, "on_time_ratio_over", "90", "95"),
        (CredentialType.CREDIT_SUMMARY, "dpd_max_under", "30", "15"),
        (CredentialType.FINANCIAL_DATA, "inflow_over", "1000", "2500"),
        (CredentialType.SAVINGS_HISTORY, "regularity_over", "70", "80"),
        (CredentialType.SAVINGS_HISTORY, "months_saving_over", "12", "24"),
        (CredentialType.SAVINGS_HISTORY, "total_saved_over", "2500", "5000"),
        (CredentialType.BUSINESS_ACTIVITY, "turnover_over", "1000", "5000"),
        (CredentialType.BUSINESS_ACTIVITY, "years_in_business_over", "2", "5"),
        (CredentialType.OWNERSHIP, "land_over", "0.5", "1"),
        (CredentialType.OWNERSHIP, "value_over", "1000", "2500"),
        (CredentialType.FINANCIAL_HEALTH, "score_over", "70", "90"),
    ],
)
def test_a_figure_answers_the_questions_about_it(
    type: CredentialType, answer: str, yes: str, no: str
) -> None:
    answers = claims.build(type, EVERYTHING[type], on=DAY)[answer]

    assert (answers[yes], answers[no]) == (True, False)
    assert answers.keys() == KINDS[type].answered[answer].schema["properties"].keys()


def test_an_answer_that_needs_no_figure_follows_too() -> None:
    land = claims.build(CredentialType.OWNERSHIP, EVERYTHING[CredentialType.OWNERSHIP], on=DAY)
    shop = claims.build(
        CredentialType.BUSINESS_ACTIVITY, EVERYTHING[CredentialType.BUSINESS_ACTIVITY], on=DAY
    )

    assert land["unencumbered"] is True
    assert shop["has_offtake_contract"] is True


def test_what_no_figure_tells_the_issuer_answers() -> None:
    course = {**EVERYTHING[CredentialType.FINANCIAL_HEALTH], "passed": True}
    money = {
        **EVERYTHING[CredentialType.FINANCIAL_DATA],
        "dti_under": {"20": False, "30": False, "40": True, "50": True},
    }

    assert claims.build(CredentialType.FINANCIAL_HEALTH, course, on=DAY)["passed"] is True
    assert claims.build(CredentialType.FINANCIAL_DATA, money, on=DAY)["dti_under"]["40"] is True


def test_what_a_figure_tells_need_not_be_given_whole() -> None:
    known = {
        **EVERYTHING[CredentialType.KYC],
        "age_over": {"18": True},
        "resident_of": {"UG": True},
    }

    built = claims.build(CredentialType.KYC, known, on=DAY)

    assert (built["age_over"]["18"], built["age_over"]["65"]) == (True, False)
    assert built["resident_of"] == {"KE": True, "UG": True}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (
            {"birthdate": "2015-01-01", "age_over": {str(age): True for age in AGES}},
            "claim_malformed",
        ),
        ({"age_over": {"18": True}}, "claim_malformed"),  # and the other steps?
        ({"residence": {"country": "KE"}, "resident_of": {"KE": False}}, "claim_malformed"),
        ({"level": "very high"}, "claim_malformed"),
        ({"nationality": "Kenyan"}, "claim_malformed"),
        ({"residence": {"street": "x"}}, "claim_malformed"),
        ({"given_name": ""}, "claim_malformed"),
    ],
)
def test_what_breaks_the_type_is_not_signed(facts: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        claims.build(CredentialType.KYC, facts, on=DAY)


def test_without_what_it_is_about_a_credential_is_not_signed() -> None:
    with pytest.raises(Refusal, match="claim_missing"):
        claims.build(CredentialType.OWNERSHIP, {"asset_type": "land"}, on=DAY)


def test_a_part_of_an_object_may_be_shown_alone() -> None:
    loan = {**EVERYTHING[CredentialType.CREDIT_HISTORY], "principal": MONEY}

    text = credential(type=CredentialType.CREDIT_HISTORY, claims=loan)

    shown = verify(presentation(text, paths=[["principal", "currency"]])).claims["principal"]
    assert shown == {"currency": "KES"}
    with pytest.raises(Refusal, match="claim_malformed"):
        shape.check_whole(CredentialType.CREDIT_HISTORY, {**loan, "principal": {"currency": "KES"}})


def test_a_shown_claim_of_the_wrong_kind_is_refused() -> None:
    text = credential(claims={"kyc_passed": True, "level": "very high", "method": "agent"})

    with refused("type"):
        verify(presentation(text, paths=[]))


@pytest.mark.parametrize("type", CredentialType)
def test_the_type_metadata_names_every_claim_in_both_languages(type: CredentialType) -> None:
    found = schemas.metadata(type, URL)

    assert found["vct"] == credentials.vct(URL, type)
    assert {one["locale"] for one in found["display"]} == {"en", "sw"}
    named = {claim["path"][0] for claim in found["claims"]}
    assert named == KINDS[type].fields.keys() | COMMON.keys()
    for claim in found["claims"]:
        labels = {one["locale"]: one["label"] for one in claim["display"]}
        assert labels["en"] != labels["sw"], claim["path"]


@pytest.mark.parametrize("type", CredentialType)
def test_the_type_metadata_says_what_may_be_hidden_as_it_is_issued(type: CredentialType) -> None:
    built = claims.build(type, EVERYTHING[type], on=DAY)
    shut = verify(presentation(credential(type=type, claims=built), paths=[])).claims
    rules = {tuple(claim["path"]): claim["sd"] for claim in schemas.metadata(type, URL)["claims"]}

    for (name, *rest), rule in rules.items():
        if name in built and not rest:
            assert (name in shut) == (rule == "never"), name
        elif name in built:
            assert rule == "always"
            assert rest[0] not in shut[name]


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_the_hash_of_a_type_may_be_any_of_the_three(name: str) -> None:
    document = jose.dumps(schemas.metadata(CredentialType.KYC, URL)).encode()
    right = f"{name}-{b64encode(hashlib.new(name, document).digest()).decode()}"

    integrity.check(CredentialType.KYC, f"{URL}/vct/kyc/1", f"sha256-AAAA {right}")
    with refused("type", "integrity"):
        integrity.check(CredentialType.KYC, "https://other.example/vct/kyc/1", right)


# Credentials that are out there carry these: whoever changes a claim or a label makes a version 2 of the type.
VERSION_1 = {
    CredentialType.KYC: "OssW7EJCji+tnbYC1vUa0sbkCQh/nxU8zCdwy9vgfqk=",
    CredentialType.COMMUNITY_MEMBERSHIP: "lKW5C/zyOVNGyUl+jKxgNP2UmIrtSye5rFfLmiF+xY0=",
    CredentialType.CREDIT_HISTORY: "B91bNmiZhVzc56oNPLvifmhC1ySnk/O9mHmy5O4w/io=",
    CredentialType.CREDIT_SUMMARY: "ESIvfonRQ1ePCkL9EmYZhgGDPJpAfqiC9CGfogVbZsg=",
    CredentialType.FINANCIAL_DATA: "qbV2j6c+emrEyeEtpODdu+RopljyYzDf07GDKEofYpY=",
    CredentialType.SAVINGS_HISTORY: "nX6pNIgfFk9/SoJ6YypHJOtMjNdHHOytQbsjzvj3FsU=",
    CredentialType.BUSINESS_ACTIVITY: "qYqD2G5w0k4GXBObdm2U87EdlG1BUZ488m1brnZNMRo=",
    CredentialType.OWNERSHIP: "+PLl1qefOFLw1+zLnVP4Ec3BQJcFYWL9wGsUWgZMZTY=",
    CredentialType.SOCIAL_ENDORSEMENT: "Ek9pqaj64X7wZERKYD/hqcAGA6QsF1Zc/ZzBClRg+TA=",
    CredentialType.FINANCIAL_HEALTH: "IS0Mc/UUa8yfS3KS8eIyZCWHrmhJa+sc9SN6Ev7akYw=",
}


@pytest.mark.parametrize("type", CredentialType)
def test_a_version_of_a_type_never_changes(type: CredentialType) -> None:
    assert integrity.of(type, URL) == f"sha256-{VERSION_1[type]}"


def test_everything_has_a_name_for_people() -> None:
    claims_of_all = {name for kind in KINDS.values() for name in kind.fields} | COMMON.keys()

    assert claims_of_all == CLAIMS.keys()
    assert set(TITLES) == set(DESCRIPTIONS) == set(CredentialType)


def test_patterns_mean_the_same_to_others() -> None:
    patterns = re.findall(r"'pattern': '(.*?)'", str([field.schema for _, field in FIELDS]))

    assert patterns
    assert all(one.startswith("^") and one.endswith("$") for one in patterns)
    assert not any("\\d" in one or "\\w" in one or "(?" in one for one in patterns)
