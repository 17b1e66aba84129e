"""What a wallet posts is judged by the query it answers, and by nothing it was not asked for."""

from __future__ import annotations

from typing import Any

import pytest

from core import credentials
from core.credentials import CredentialType, claims
from core.credentials.eligibility import check_eligibility
from core.credentials.openid_vp import Asked, read_answer
from core.credentials.types import vct
from core.errors import Refusal
from core.keys import jose
from tests.conftest import NOW
from tests.core.credentials.made import (
    AUDIENCE,
    HOLDER_DID,
    NONCE,
    TRUST,
    URL,
    credential,
    presentation,
    refused,
)

KYC = vct(URL, CredentialType.KYC)


def kyc_of(name: str) -> str:
    """A presentation of a KYC credential in which this name is shown."""
    facts = claims.kyc({"given_name": name, "birthdate": "1990-05-04"}, on=NOW.date())
    return presentation(credential(claims=facts), paths=[["given_name"]])


def query(*asked: tuple[str, str]) -> dict[str, Any]:
    """One credential query for each (id, given name)."""
    return {
        "credentials": [
            {"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [KYC]},
             "claims": [{"path": ["given_name"], "values": [name]}]}
            for id, name in asked
        ]
    }  # fmt: skip


def answered(token: object, criteria: dict[str, Any]) -> dict[str, str]:
    asked = Asked(query=criteria, nonce=NONCE, state="s", response_uri="https://node.example/x")
    return read_answer({"state": "s", "vp_token": jose.dumps(token)}, asked)


def decided(shown: dict[str, str], criteria: dict[str, Any]) -> bool:
    return check_eligibility(
        shown, criteria=criteria, holder_did=HOLDER_DID, trust=TRUST, audience=AUDIENCE, nonce=NONCE, now=NOW,
        status=lambda _: credentials.StatusAnswer.VALID,
    ).met  # fmt: skip


def test_each_presentation_is_judged_by_its_query() -> None:
    criteria = query(("hers", "Wanjiru"), ("his", "Juma"))
    hers, his = kyc_of("Wanjiru"), kyc_of("Juma")

    assert decided(answered({"hers": [hers], "his": [his]}, criteria), criteria)

    swapped = answered({"hers": [his], "his": [hers]}, criteria)
    with pytest.raises(Refusal, match="not_eligible"):
        decided(swapped, criteria)
    with pytest.raises(Refusal, match="not_eligible"):
        decided(answered({"hers": [hers]}, criteria), criteria)


def test_a_figure_is_looked_for_in_the_answer_to_its_own_query() -> None:
    asked = query(("a", "Wanjiru"), ("b", "Juma"))
    criteria = asked | {"conditions": [{"credential": "a", "path": ["given_name"], "at_least": 1}]}
    shown = answered({"a": [kyc_of("Wanjiru")], "b": [kyc_of("Juma")]}, asked)

    with pytest.raises(Refusal) as refusal:
        decided(shown, criteria)

    assert refusal.value.facts == {"criterion": "kyc.given_name"}


def test_by_phone_it_is_judged_by_its_type_as_ever() -> None:
    criteria = [{"type": "kyc", "claims": [{"path": ["given_name"], "values": ["Wanjiru"]}]}]

    assert check_eligibility(
        [kyc_of("Wanjiru")], criteria=criteria, holder_did=HOLDER_DID, trust=TRUST, audience=AUDIENCE, nonce=NONCE,
        now=NOW,
    ).met  # fmt: skip


def test_another_type_than_was_asked_for_is_refused() -> None:
    criteria = query(("a", "Wanjiru"))
    criteria["credentials"][0]["meta"]["vct_values"] = ["https://other.example/vct/kyc/1"]

    with refused("type", "another_than_asked"):
        answered({"a": [kyc_of("Wanjiru")]}, criteria)


@pytest.mark.parametrize(
    "token",
    [
        {},
        [],
        "x",
        {"b": ["x~"]},
        {"a": "x~"},
        {"a": []},
        {"a": ["x~", "y~"]},
        {"a": [{}]},
        {"a": ["x.y.z"]},
    ],
)
def test_what_answers_no_query_is_refused(token: object) -> None:
    with refused("malformed"):
        answered(token, query(("a", "Wanjiru")))
