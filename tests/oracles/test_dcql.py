"""A project's DCQL query means to a wallet's library what it means to us: who can answer is eligible."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import pytest

from core.credentials import CredentialType
from tests.core.credentials.test_dcql import (
    ADULT,
    MEMBER,
    SUMMARY,
    asks,
    decide,
    kyc,
    member,
    query,
    shown,
)
from tests.oracles.oracle import Oracle, Said

pytestmark = pytest.mark.xdist_group("oracles")

REPAID = asks("sum", "credit_summary", {"path": ["loans_repaid"], "values": [3, 4]})
HELD = {
    "kyc": {"age_over": {"18": True}},
    "community_membership": {"in_good_standing": True},
    "credit_summary": SUMMARY,
}
SHOWN = {
    "kyc": kyc,
    "community_membership": member,
    "credit_summary": lambda: shown(CredentialType.CREDIT_SUMMARY, SUMMARY),
}
QUERIES = [
    query(ADULT),
    query(ADULT, MEMBER),
    query(asks("any", "credit_summary")),
    query(asks("sum", "credit_summary", {"path": ["loans_repaid"], "values": ["3"]})),
    query(ADULT, MEMBER, REPAID, credential_sets=[{"options": [["id", "coop"], ["sum"]]}]),
    query(ADULT, MEMBER, REPAID, credential_sets=[{"options": [["id"]]}, {"options": [["coop"], ["sum"]]}]),
    query(ADULT, MEMBER, credential_sets=[{"options": [["id"]]}, {"options": [["coop"]], "required": False}]),
]  # fmt: skip


@pytest.mark.parametrize("asked", QUERIES)
def test_who_satisfies_the_query_is_eligible(oracle: Oracle, asked: dict[str, Any]) -> None:
    for types in chain.from_iterable(combinations(HELD, n) for n in range(4)):
        held = [
            {"vct": f"https://any.example/vct/{type}/1", "claims": HELD[type]} for type in types
        ]

        said = oracle.ask("dcql.satisfied", query=asked, held=held)

        assert (decide(asked, *(SHOWN[type]() for type in types)) is None) == said, types


@pytest.mark.parametrize(
    "asked",
    [query(), query(ADULT, ADULT), query({**ADULT, "id": "a b"}), query({**ADULT, "claims": []})],
)
def test_what_we_refuse_is_no_query_to_the_library_either(
    oracle: Oracle, asked: dict[str, Any]
) -> None:
    with pytest.raises(Said):
        oracle.ask("dcql.satisfied", query=asked, held=[])
