"""A wallet nobody here wrote answers our question with her record, over HTTP on loopback, and she has a loan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import credentials
from gateway.app import create_app
from tests.core.credentials.made import HOLDER
from tests.gateway.asking import Lender, Questioned, apply, moved
from tests.gateway.wallet import Wallet
from tests.oracles.lender import listening
from tests.oracles.made import P256_HOLDER, private
from tests.oracles.oracle import Oracle

pytestmark = pytest.mark.xdist_group("oracles")


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Lender]:
    with listening(databases, tmp_path, redis_url) as made:
        yield made


def held(wallet: Wallet) -> list[dict[str, Any]]:
    """What is in the wallet, as the library wants it."""
    return [
        {"text": text, "key": private(key), "vct": claims["vct"], "claims": claims}
        for text, key in wallet.held.values()
        for claims in (credentials.contents(text),)
    ]


def answer(oracle: Oracle, hall: Lender, wallet: Wallet) -> Any:
    link = Questioned(hall, wallet).uri
    at = int(hall.node.clock().timestamp())
    return oracle.ask("openid4vp.answer", link=link, held=held(wallet), at=at)


@pytest.mark.parametrize("key", [HOLDER, P256_HOLDER])
def test_a_wallet_of_others_says_yes_to_a_loan(oracle: Oracle, hall: Lender, key: Any) -> None:
    wallet = moved(hall, key)
    apply(hall)

    said = answer(oracle, hall, wallet)

    assert (said["status"], said["body"], said["mode"]) == (200, {}, "direct_post")
    assert said["client"]["prefix"] == "decentralized_identifier"
    [loan] = hall.loans()
    assert said["terms"][0]["terms_hash"] == loan.accepted_hash


def test_it_answers_encrypted_where_we_ask_for_it(oracle: Oracle, hall: Lender) -> None:
    settings = hall.node.settings.model_copy(update={"encrypted_presentations": True})
    hall.server.app = create_app(replace(hall.node, settings=settings))
    wallet = moved(hall)
    apply(hall)

    said = answer(oracle, hall, wallet)

    assert (said["status"], said["mode"]) == (200, "direct_post.jwt")
    assert len(hall.loans()) == 1


def test_a_wallet_that_lacks_a_proof_says_so_itself(oracle: Oracle, hall: Lender) -> None:
    wallet = moved(hall)
    apply(hall)
    del wallet.held["community_membership"]

    assert answer(oracle, hall, wallet) == {"can_be_satisfied": False}
    assert hall.loans() == []
