"""The query a wallet gets: standard members only, for criteria in the short form and for a project's own query."""

from __future__ import annotations

from core.credentials import dcql_query
from tests.core.credentials.test_dcql import ADULT, MEMBER, query

HOSTS = ["https://node.example", "https://sacco.example"]


def test_criteria_in_the_short_form_become_a_query() -> None:
    criteria = [
        {"type": "kyc", "claims": [{"path": ["age_over", "18"], "values": [True]}]},
        {"type": "kyc"},
        {"type": "credit_summary", "claims": [{"path": ["loans_repaid"], "at_least": 3}]},
    ]

    first, second, third = dcql_query.query(criteria, HOSTS)["credentials"]

    assert first == {
        "id": "kyc", "format": "dc+sd-jwt", "claims": [{"path": ["age_over", "18"], "values": [True]}],
        "meta": {"vct_values": ["https://node.example/vct/kyc/1", "https://sacco.example/vct/kyc/1"]},
    }  # fmt: skip
    assert (second["id"], "claims" in second) == ("kyc_2", False)
    assert third["claims"] == [{"path": ["loans_repaid"]}]  # a figure is compared by us


def test_a_query_of_a_project_stays_as_it_is_but_for_what_is_ours() -> None:
    own = query(
        ADULT, MEMBER, credential_sets=[{"options": [["id"], ["coop"]]}],
        conditions=[{"credential": "coop", "path": ["members_count"], "at_least": 5}],
    )  # fmt: skip

    made = dcql_query.query(own, HOSTS)

    assert made["credential_sets"] == own["credential_sets"]
    assert "conditions" not in made
    assert made["credentials"][0] == ADULT
    assert made["credentials"][1]["claims"] == [*MEMBER["claims"], {"path": ["members_count"]}]
