"""Nobody is asked who she is: a project with a protected attribute among its criteria cannot be written."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refusal
from core.lending import project_file
from core.lending.fairness import protected
from tests.core.lending.village import project_json


def asking(*path: Any, kind: str = "kyc", **more: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "claims": [{"path": list(path), **more}]}]


@pytest.mark.parametrize(
    "path",
    [
        ("gender",), ("sex",), ("religion",), ("ethnicity",), ("tribe",), ("marital_status",), ("is_married",),
        ("disability",), ("political_opinion",), ("political-party",), ("pregnancy",), ("health", "status"),
        ("hiv_status",), ("nationality",), ("race",), ("birthdate",), ("date_of_birth",), ("age",),
        ("age_over", "21"), ("age_over", "65"), ("Gender",), ("household", 0, "religion"),
    ],
)  # fmt: skip
def test_a_protected_attribute_is_no_criterion(path: tuple[Any, ...]) -> None:
    with pytest.raises(Refusal) as refused:
        project_file.read(project_json(eligibility_criteria=asking(*path)))

    assert refused.value.facts["field"] == "eligibility_criteria"
    named = ".".join(["kyc", *map(str, path)])
    assert refused.value.facts["reason"] == f"protected_attribute {named}"


@pytest.mark.parametrize(
    "criteria",
    [
        asking("age_over", "18", values=[True]),
        asking("age_over", "18"),
        asking("resident_of", "KE", values=[True]),
        asking("in_good_standing", kind="community_membership", values=[True]),
        asking("member_over_years", "2", kind="community_membership"),
        [{"type": "credit_history"}],
        [],
    ],
)
def test_what_a_lender_needs_to_know_may_be_asked(criteria: list[dict[str, Any]]) -> None:
    assert protected(criteria) is None
    assert project_file.read(project_json(eligibility_criteria=criteria))


def test_being_too_old_is_no_criterion() -> None:
    assert protected(asking("age_over", "18", values=[False])) == "kyc.age_over.18"


def test_a_query_hides_no_protected_attribute() -> None:
    query = {
        "credentials": [
            {
                "id": "me",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": ["https://node.example/vct/kyc/1"]},
                "claims": [{"path": ["gender"], "values": ["female"]}],
            }
        ]
    }

    with pytest.raises(Refusal) as refused:
        project_file.read(project_json(eligibility_criteria=query))

    assert refused.value.facts["reason"] == "protected_attribute kyc.gender"
