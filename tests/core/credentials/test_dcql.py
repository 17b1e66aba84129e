"""A project's conditions as a DCQL query, with numbers: what is asked, what is enough, and what is refused at once."""

from __future__ import annotations

from typing import Any

import pytest

from core import credentials
from core.credentials import CredentialType, dcql
from core.credentials.dcql import Criteria
from core.errors import Refusal
from tests.conftest import NOW
from tests.core.credentials.made import (
    AUDIENCE,
    HOLDER_DID,
    NONCE,
    TRUST,
    credential,
    presentation,
)

SUMMARY = {
    "lender": "Mavuno", "currency": "KES", "loans_repaid": 3, "on_time_ratio": "0.94",
    "total_borrowed": {"value": "7500.00", "currency": "KES"},
}  # fmt: skip


def asks(id: str, type: str, *claims: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One credential query."""
    meta = {"vct_values": [f"https://any.example/vct/{type}/1"]}
    found = {"id": id, "format": "dc+sd-jwt", "meta": meta}
    return {**found, **({"claims": list(claims)} if claims else {}), **more}


def yes(*path: str) -> dict[str, Any]:
    return {"path": list(path), "values": [True]}


ADULT, MEMBER = (
    asks("id", "kyc", yes("age_over", "18")),
    asks("coop", "community_membership", yes("in_good_standing")),
)
REPAID = asks("sum", "credit_summary", {"path": ["loans_repaid"]})


def query(*queries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"credentials": list(queries), **more}


def condition(path: str, **bounds: Any) -> dict[str, Any]:
    return {"conditions": [{"credential": "sum", "path": [path], **bounds}]}


def shown(type: CredentialType, claims: dict[str, Any]) -> str:
    return presentation(credential(type=type, claims=claims), paths=[[name] for name in claims])


def kyc() -> str:
    return presentation()


def member() -> str:
    claims = credentials.claims.community_membership({"standing": "good"}, on=NOW.date())
    return shown(CredentialType.COMMUNITY_MEMBERSHIP, claims)


def decide(criteria: Criteria, *presentations: str) -> str | None:
    """None if she is eligible, else what was missed."""
    try:
        credentials.check_eligibility(
            presentations, criteria=criteria, holder_did=HOLDER_DID, trust=TRUST, audience=AUDIENCE,
            nonce=NONCE, now=NOW,
        )  # fmt: skip
    except Refusal as refusal:
        return str(refusal.facts["criterion"])
    return None


def test_without_sets_every_credential_is_needed() -> None:
    both = query(ADULT, MEMBER)

    assert decide(both, kyc(), member()) is None
    assert decide(both, kyc()) == "community_membership"
    assert dcql.chosen(both, set()) == dcql.every(both)


def test_of_a_set_one_option_is_enough_and_the_preferred_one_is_asked_of_who_can_answer_both() -> (
    None
):
    either = query(ADULT, MEMBER, credential_sets=[{"options": [["id"], ["coop"]]}])

    assert decide(either, kyc()) is None
    assert decide(either, member()) is None
    assert decide(either) == "kyc"
    assert [one["type"] for one in dcql.chosen(either, {"community_membership"})] == [
        "community_membership"
    ]
    assert [one["type"] for one in dcql.chosen(either, {"kyc", "community_membership"})] == ["kyc"]
    assert [one["type"] for one in dcql.chosen(either, {"ownership"})] == ["kyc"]


def test_an_optional_set_is_never_asked() -> None:
    sets = [{"options": [["id"]]}, {"options": [["coop"]], "required": False}]
    either = query(ADULT, MEMBER, credential_sets=sets)

    assert [one["type"] for one in dcql.chosen(either, {"community_membership"})] == ["kyc"]
    assert decide(either, kyc()) is None


@pytest.mark.parametrize(
    ("path", "bounds", "met"),
    [
        ("loans_repaid", {"at_least": 3}, True),
        ("loans_repaid", {"at_least": 4}, False),
        ("loans_repaid", {"at_most": 3}, True),
        ("loans_repaid", {"at_least": 1, "at_most": 2}, False),
        ("total_borrowed", {"at_least": 7_500}, True),
        ("total_borrowed", {"at_least": 7_501}, False),
        ("on_time_ratio", {"at_least": 1}, False),
        ("lender", {"at_least": 0}, False),
        ("score", {"at_least": 0}, False),
    ],
)
def test_a_number_is_compared_by_the_verifier(path: str, bounds: dict[str, int], met: bool) -> None:
    asked = query(asks("sum", "credit_summary"), **condition(path, **bounds))

    missed = decide(asked, shown(CredentialType.CREDIT_SUMMARY, SUMMARY))

    assert missed == (None if met else f"credit_summary.{path}")


def test_a_condition_is_presented_like_any_claim() -> None:
    asked = query(asks("sum", "credit_summary"), **condition("loans_repaid", at_least=3))

    assert credentials.requested(dcql.every(asked)) == {"credit_summary": [["loans_repaid"]]}


def test_what_says_what_we_do_anyway_is_taken() -> None:
    asked = query(
        {**ADULT, "multiple": False, "require_cryptographic_holder_binding": True},
        credential_sets=[{"options": [["id"]], "required": True, "purpose": "who you are"}],
    )

    dcql.check(asked)
    assert decide(asked, kyc()) is None


@pytest.mark.parametrize(
    "criteria",
    [
        query(ADULT, other=[1]), query({**ADULT, "purpose": "x"}), query({**ADULT, "multiple": True}),
        query({**ADULT, "require_cryptographic_holder_binding": False}),
        query({**ADULT, "trusted_authorities": [{"type": "aki", "values": ["x"]}]}),
        query({**ADULT, "meta": {**ADULT["meta"], "issuer": "x"}}),
        query({**ADULT, "claims": [{"path": ["age_over", "18"], "value": [True]}]}),
        query(ADULT, credential_sets=[{"options": [["id"]], "requird": False}]),
        query(ADULT, conditions=[{"credential": "id", "path": ["a"], "at_least": 1, "at_lest": 1}]),
        [{"type": "kyc", "claims": [{"path": ["a"], "atleast": 3}]}], [{"type": "kyc", "clams": []}],
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_nobody_would_read_is_refused_when_it_is_written(criteria: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        dcql.check(criteria)

    assert refusal.value.facts["part"] == "not_understood"


def test_a_set_is_optional_only_where_it_says_so_in_the_right_words() -> None:
    with pytest.raises(Refusal, match="criteria_malformed"):
        dcql.check(query(ADULT, credential_sets=[{"options": [["id"]], "required": "false"}]))


def test_the_short_form_reads_as_ever() -> None:
    criteria: Criteria = [{"type": "kyc", "claims": [yes("age_over", "18")]}]

    dcql.check(criteria)
    assert decide(criteria, kyc()) is None
    assert dcql.chosen(criteria, set()) == [{**criteria[0], "id": "kyc"}]


@pytest.mark.parametrize(
    ("criteria", "part"),
    [
        ("all", "not_a_list"),
        ([{"type": "secrets"}], "not_a_list"),
        ([{"type": "kyc", "claims": [{"path": ["a"], "at_least": "3"}]}], "not_a_list"),
        ([{"type": "kyc", "claims": [{"path": ["a"], "at_least": True}]}], "not_a_list"),
        ({}, "credentials"),
        (query(), "credentials"),
        (query(ADULT, ADULT), "id"),
        (query({**ADULT, "id": "a b"}), "id"),
        (query({**ADULT, "id": 7}), "id"),
        (query(5), "id"),  # type: ignore[arg-type]
        (query({**ADULT, "format": "mso_mdoc"}), "format"),
        (query({**ADULT, "meta": None}), "format"),
        (query({**ADULT, "meta": {}}), "vct_values"),
        (query({**ADULT, "meta": {"vct_values": ["https://a.example/other"]}}), "vct_values"),
        (query({**ADULT, "claims": []}), "claims"),
        (query({**ADULT, "claims": [{"path": []}]}), "claims"),
        (query({**ADULT, "claims": [{"path": [True]}]}), "claims"),
        (query({**ADULT, "claims": [{"path": [-1]}]}), "claims"),
        (query({**ADULT, "claim_sets": [["a"]]}), "claim_sets"),
        (query(ADULT, credential_sets=[]), "credential_sets"),
        (query(ADULT, credential_sets=[{"options": [["nobody"]]}]), "credential_sets"),
        (query(ADULT, credential_sets=[{"options": []}]), "credential_sets"),
        (
            query(ADULT, MEMBER, credential_sets=[{"options": [["id"], ["coop"]]}] * 5),
            "too_many_options",
        ),
        (
            query(ADULT, conditions=[{"credential": "x", "path": ["a"], "at_least": 1}]),
            "conditions",
        ),
        (query(ADULT, conditions=[{"credential": "id", "path": ["a"]}]), "conditions"),
        (query(ADULT, conditions=[{"credential": "id", "path": ["a"], "at_least": 0.5}]), "claims"),
    ],
)
def test_what_cannot_be_asked_is_refused_when_it_is_written(criteria: Any, part: str) -> None:
    with pytest.raises(Refusal) as refusal:
        dcql.check(criteria)

    assert (refusal.value.code, refusal.value.facts["part"]) == ("criteria_malformed", part)
