"""Who is not the node she named gets nothing, and ends nothing."""

from __future__ import annotations

from typing import Any

import pytest
from nacl.signing import SigningKey
from sqlalchemy import func, select

from config.limits import HANDOVER_OVER_DAYS, HANDOVER_SECONDS
from core.jobs import upkeep
from core.keys import did, jose
from core.onboarding import arrivals
from core.onboarding.models import Arrival, ArrivalState
from tests.core.onboarding.circle import AMINA
from tests.gateway.handover.her import is_whole
from tests.gateway.wallet import Wallet, start
from tests.two_nodes import TwoNodes


def signed_up(nodes: TwoNodes) -> dict[str, Any]:
    """What the other node holds once she typed her PIN there: the token, the proofs, her word."""
    nodes.announced()
    nodes.arrive()
    return arrivals.kept(nodes.b.node.keyring, nodes.b.last(Arrival))


def tell_taken(nodes: TwoNodes, token: str, statement: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"}
    answer = nodes.a.client.post("/handover/taken", data=statement, headers=headers)
    return answer.status_code, str((answer.get_json() or {}).get("error"))


def test_without_the_token_nothing_is_given_and_nothing_ends(nodes: TwoNodes) -> None:
    known = signed_up(nodes)

    assert nodes.a.client.get("/handover/record").status_code == 401
    assert tell_taken(nodes, "guess", known["statement"]) == (401, "token_unknown")
    assert is_whole(nodes)


def test_nothing_ends_before_all_was_given(nodes: TwoNodes) -> None:
    known = signed_up(nodes)

    assert tell_taken(nodes, known["token"], known["statement"]) == (409, "hand_over_incomplete")
    assert is_whole(nodes)


def test_only_the_key_that_has_her_copies_may_follow_the_old_one(nodes: TwoNodes) -> None:
    known, thief = signed_up(nodes), SigningKey.generate()
    nodes.a.shut()
    nodes.b.handover()
    said = jose.parse(known["statement"])
    forged = jose.sign(
        said.header, said.payload | {"iss": did.from_jwk(jose.public_jwk(thief))}, thief
    )
    wrong = [
        jose.sign(said.header, said.payload, thief), jose.sign({}, said.payload, thief), "x", forged + "x",
        jose.sign(said.header, said.payload | {"iss": forged}, thief),
    ]  # fmt: skip

    assert {tell_taken(nodes, known["token"], one) for one in wrong} == {(400, "statement_refused")}
    assert is_whole(nodes)


def test_a_second_key_gets_no_copy(nodes: TwoNodes) -> None:
    known, thief = signed_up(nodes), SigningKey.generate()
    [name, other] = known["proofs"]
    headers = {"Authorization": f"Bearer {known['token']}"}

    def ask(name: str, proof: str) -> Any:
        body = {"credential_configuration_id": name, "proofs": {"jwt": [proof]}}
        return nodes.a.client.post("/openid/credential", json=body, headers=headers).get_json()

    assert "credentials" in ask(name, known["proofs"][name])
    proof = jose.parse(known["proofs"][other])
    forged = jose.sign(proof.header | {"jwk": jose.public_jwk(thief)}, proof.payload, thief)
    assert ask(other, forged) == {"error": "invalid_proof"}


def test_an_old_token_of_a_wallet_reads_no_record(nodes: TwoNodes) -> None:
    start(nodes.a)
    wallet = Wallet(nodes.a)
    wallet.enter()

    headers = {"Authorization": f"Bearer {wallet.access}"}
    assert nodes.a.client.get("/handover/record", headers=headers).status_code == 401


@pytest.mark.parametrize("token", ["a\r\nHost: x", None])
def test_a_node_that_sends_no_token_is_not_spoken_to_again(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch, token: Any
) -> None:
    nodes.announced()

    def lying(_: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [jose.dumps({"access_token": token, "c_nonce": "n"}).encode()]

    monkeypatch.setattr(nodes.a.address, "app", lying)
    nodes.type_number()

    assert nodes.b.last(Arrival).state is ArrivalState.OVER
    assert is_whole(nodes)


def test_whoever_never_came_is_forgotten(nodes: TwoNodes) -> None:
    nodes.announced()
    nodes.pass_time(seconds=HANDOVER_SECONDS + 1)
    nodes.b.handover()
    assert nodes.b.last(Arrival).phone == AMINA

    nodes.pass_time(days=HANDOVER_OVER_DAYS + 1)
    upkeep.sweep(nodes.b.node)

    with nodes.b.node.sessions() as db:
        assert db.scalar(select(func.count()).select_from(Arrival)) == 0
