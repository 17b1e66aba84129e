"""A project decides from verified presentations of the applicant herself, by values it compared itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from freezegun import freeze_time
from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config.limits import ELIGIBILITY_SECONDS
from core import credentials
from core.credentials import CredentialType, Eligibility, statements
from core.credentials.eligibility import TYP
from core.credentials.models import CredentialNonce
from core.errors import Refusal
from core.keys import did, jose
from tests.conftest import NOW
from tests.core.credentials.made import (
    AUDIENCE,
    HOLDER_DID,
    ISSUER,
    NONCE,
    TRUST,
    credential,
    presentation,
    refused,
)

ADULT = {"type": "kyc", "claims": [{"path": ["age_over", "18"], "values": [True]}]}
MEMBER = {
    "type": "community_membership",
    "claims": [{"path": ["in_good_standing"], "values": [True]}],
}


def decide(presentations: list[str], criteria: list[dict[str, Any]], **changes: Any) -> Eligibility:
    asked = {
        "holder_did": HOLDER_DID,
        "trust": TRUST,
        "audience": AUDIENCE,
        "nonce": NONCE,
        "now": NOW,
    }
    return credentials.check_eligibility(presentations, criteria=criteria, **(asked | changes))


def not_eligible(criterion: str, presentations: list[str], criteria: list[dict[str, Any]]) -> None:
    with pytest.raises(Refusal) as refusal:
        decide(presentations, criteria)
    assert (refusal.value.code, refusal.value.facts) == ("not_eligible", {"criterion": criterion})


def membership(standing: str = "good") -> str:
    built = credentials.claims.community_membership(
        {"standing": standing, "group_name": "Mavuno"}, on=NOW.date()
    )
    text = credential(type=CredentialType.COMMUNITY_MEMBERSHIP, claims=built)
    return presentation(text, paths=[["in_good_standing"]])


def kyc(**claims: Any) -> str:
    built = {"kyc_passed": True, "level": "basic", "method": "agent", **claims}
    paths = [["age_over"], ["residence"], ["given_name"], ["gender"]]
    return presentation(credential(claims=built), paths=paths)


def test_who_meets_everything_is_eligible() -> None:
    found = decide([presentation(), membership()], [ADULT, MEMBER])

    assert (found.met, found.holder_did, found.at) == (True, HOLDER_DID, NOW)


def test_the_answer_is_compared_not_believed_to_be_there() -> None:
    young = kyc(age_over={"18": False})

    not_eligible("kyc.age_over.18", [young], [ADULT])


def test_what_was_not_shown_is_not_met() -> None:
    not_eligible("kyc.age_over.18", [presentation(paths=[])], [ADULT])


def test_a_missing_credential_is_named() -> None:
    not_eligible("community_membership", [presentation()], [ADULT, MEMBER])


def test_the_first_criterion_that_fails_is_named() -> None:
    not_eligible(
        "community_membership.in_good_standing",
        [presentation(), membership("suspended")],
        [ADULT, MEMBER],
    )


def course(**claims: Any) -> str:
    """She shows what she learnt."""
    given = {"programme": "Money", "provider": "Mavuno", **claims}
    text = credential(type=CredentialType.FINANCIAL_HEALTH, claims=given)
    return presentation(text, paths=[[name] for name in claims])


@pytest.mark.parametrize(
    ("value", "wanted", "met"),
    [("f", ["f"], True), ("f", ["m", "f"], True), ("f", ["m"], False), ("1", [1], False), (1, [True], False),
     (1, ["1"], False), (1, [1], True), (1, [1.0], False), ("f", [], False), ("f", None, True)],
)  # fmt: skip
def test_type_and_value_must_both_match(value: Any, wanted: list[Any] | None, met: bool) -> None:
    name = "gender" if isinstance(value, str) else "mentor_hours"
    claim = {"path": [name]} | ({} if wanted is None else {"values": wanted})
    type = CredentialType.KYC if name == "gender" else CredentialType.FINANCIAL_HEALTH
    criteria = [{"type": type, "claims": [claim]}]
    shown = [kyc(gender=value) if name == "gender" else course(mentor_hours=value)]

    if met:
        assert decide(shown, criteria).met
    else:
        not_eligible(f"{type}.{name}", shown, criteria)


def test_a_path_leads_into_lists() -> None:
    def asks(*path: Any) -> list[dict[str, Any]]:
        return [{"type": "financial_health", "claims": [{"path": list(path), "values": ["b"]}]}]

    shown = [course(modules=["a", "b"])]

    assert decide(shown, asks("modules", None)).met
    assert decide(shown, asks("modules", 1)).met
    not_eligible("financial_health.modules.0", shown, asks("modules", 0))
    not_eligible("financial_health.modules.9", shown, asks("modules", 9))
    not_eligible("financial_health.modules.b", shown, asks("modules", "b"))


def test_a_criterion_without_claims_asks_for_the_credential_only() -> None:
    assert decide([presentation(paths=[])], [{"type": "kyc"}]).met


def test_an_empty_container_is_no_answer() -> None:
    not_eligible(
        "kyc.age_over",
        [presentation(paths=[])],
        [{"type": "kyc", "claims": [{"path": ["age_over"]}]}],
    )


def test_a_credential_of_somebody_else_is_refused() -> None:
    other = did.from_jwk(jose.public_jwk(SigningKey.generate()))

    with refused("subject"):
        decide([presentation()], [ADULT], holder_did=other)


def test_credentials_of_two_holders_in_one_application_are_refused() -> None:
    friend = SigningKey.generate()
    borrowed = presentation(credential(holder_jwk=jose.public_jwk(friend)), key=friend)

    with refused("subject"):
        decide([presentation(), borrowed], [ADULT])


def test_one_bad_presentation_spoils_all() -> None:
    with refused("binding"):
        decide([presentation(), presentation(nonce="other")], [ADULT])


def test_an_issuer_this_project_does_not_trust_is_refused() -> None:
    with refused("issuer"):
        decide([presentation()], [ADULT], trust={})


def test_the_request_asks_for_the_criteria_and_no_more() -> None:
    twice = [ADULT, MEMBER, {"type": "kyc", "claims": [{"path": ["kyc_passed"]}]}]

    assert credentials.requested(twice) == {
        "kyc": [["age_over", "18"], ["kyc_passed"]],
        "community_membership": [["in_good_standing"]],
    }


@pytest.mark.parametrize(
    "criteria",
    [None, {}, "x", [1], [{}], [{"type": "shoes"}], [{"type": "kyc", "claims": {}}], [{"type": "kyc", "claims": [{}]}],
     [{"type": "kyc", "claims": [{"path": []}]}], [{"type": "kyc", "claims": [{"path": "x"}]}],
     [{"type": "kyc", "claims": [{"path": [1.5]}]}], [{"type": "kyc", "claims": [{"path": ["x"], "values": True}]}]],
)  # fmt: skip
def test_criteria_that_are_none_are_refused(criteria: object) -> None:
    with pytest.raises(Refusal, match="criteria_malformed"):
        credentials.dcql.check(criteria)


def test_good_criteria_pass() -> None:
    credentials.dcql.check([ADULT, MEMBER, {"type": "credit_history"}])


def test_the_nodes_statement_says_who_and_what_was_met_and_nothing_else() -> None:
    found = decide([presentation()], [ADULT])

    text = credentials.attest(found, issuer=ISSUER, project_id="p")

    words = credentials.read_attestation(text, jwk=ISSUER.jwk, now=NOW)
    assert words.keys() == {"iss", "sub", "project", "criteria_hash", "met", "iat", "exp"}
    assert (words["sub"], words["met"]) == (HOLDER_DID, True)


@freeze_time(NOW)
def test_a_statement_of_yesterday_of_another_or_of_another_kind_is_refused() -> None:
    text = credentials.attest(decide([presentation()], [ADULT]), issuer=ISSUER, project_id="p")
    stranger = jose.public_jwk(SigningKey.generate())

    with refused("time"):
        credentials.read_attestation(
            text, jwk=ISSUER.jwk, now=NOW + timedelta(seconds=ELIGIBILITY_SECONDS)
        )
    with refused("signature"):
        credentials.read_attestation(text, jwk=stranger, now=NOW)
    with refused("malformed"):
        credentials.read_attestation(credential().split("~")[0], jwk=ISSUER.jwk, now=NOW)


@freeze_time(NOW)
def test_a_statement_is_judged_by_whichever_key_signed_it_and_never_without_an_end() -> None:
    text = credentials.attest(decide([presentation()], [ADULT]), issuer=ISSUER, project_id="p")
    said = jose.parse(text)
    older = jose.public_jwk(SigningKey.generate())
    trust = {ISSUER.did: [older, jose.public_jwk(ISSUER.key)]}
    nameless = jose.sign({"typ": TYP}, said.payload, ISSUER.key)

    assert statements.judged(nameless, trust=trust, now=NOW) == said.payload
    assert statements.judged(credential().split("~")[0], trust=trust, now=NOW) is None
    for reason, changes in [
        ("time", {"exp": "x"}),
        ("time", {"exp": None}),
        ("issuer", {"iss": 7}),
    ]:
        with refused(reason):
            other = jose.sign({"typ": TYP}, said.payload | changes, ISSUER.key)
            statements.judged(other, trust=trust, now=NOW)
    with refused("time"):
        endless = {name: value for name, value in said.payload.items() if name != "exp"}
        statements.judged(jose.sign({"typ": TYP}, endless, ISSUER.key), trust=trust, now=NOW)


def test_a_nonce_is_used_once(db: Session, now: datetime) -> None:
    nonce = credentials.new_nonce()
    credentials.use_nonce(db, nonce, now)
    credentials.use_nonce(db, credentials.new_nonce(), now)

    with refused("binding"):
        credentials.use_nonce(db, nonce, now)


def test_a_refused_nonce_leaves_the_transaction_usable(
    sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions.begin() as db:
        credentials.use_nonce(db, "a", now)
        with refused("binding"):
            credentials.use_nonce(db, "a", now)
        credentials.use_nonce(db, "b", now)

    with sessions() as db:
        assert set(db.scalars(select(CredentialNonce.nonce))) == {"a", "b"}


def test_old_nonces_are_forgotten_and_young_ones_kept(db: Session, now: datetime) -> None:
    credentials.use_nonce(db, "old", now - timedelta(hours=1))
    credentials.use_nonce(db, "young", now - timedelta(minutes=4))

    credentials.forget_nonces(db, now=now)

    assert list(db.scalars(select(CredentialNonce.nonce))) == ["young"]
