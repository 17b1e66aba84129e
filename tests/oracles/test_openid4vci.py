"""A wallet nobody here wrote takes her record from our issuer, over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.credentials import Issuer
from core.keys import jose
from core.onboarding import wallet_settling, wallets
from tests.core.credentials.made import HOLDER
from tests.gateway.asking import Lender, moved
from tests.gateway.test_wallet_news import borrow, repay
from tests.gateway.wallet import LaterWallet, Wallet, amina, start
from tests.oracles.lender import listening
from tests.oracles.made import P256_HOLDER, private
from tests.oracles.oracle import Oracle, Said

pytestmark = pytest.mark.xdist_group("oracles")


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Lender]:
    with listening(databases, tmp_path, redis_url) as made:
        yield made


@pytest.mark.parametrize("key", [HOLDER, P256_HOLDER])
def test_a_wallet_takes_all_she_holds(oracle: Oracle, hall: Lender, key: Any) -> None:
    start(hall)
    told = Wallet(hall)

    taken = oracle.ask(
        "openid4vci.take", link=wallets.uri(told.address), number=told.number, key=private(key),
        at=int(hall.node.clock().timestamp()),
    )  # fmt: skip

    assert sorted(taken) == ["growr_community_membership", "growr_kyc"]
    [kyc] = taken["growr_kyc"]
    signer = Issuer.fitting(hall.node.keyring, hall.node.settings.url, jose.public_jwk(key))
    verified = oracle.ask(
        "sdjwt.verify", text=kyc, key=signer.jwk, now=int(hall.node.clock().timestamp())
    )
    assert verified["payload"]["cnf"]["jwk"] == jose.public_jwk(key)
    assert verified["payload"]["given_name"] == "Wanjiru"
    her = amina(hall)
    with (
        hall.node.sessions.begin() as db
    ):  # it said nothing of what became of them: its own at the end
        wallet_settling.settle_ended(
            db, keyring=hall.node.keyring, issuer=hall.node.issuer,
            now=hall.node.clock() + timedelta(days=30), limit=9,
        )  # fmt: skip
        assert wallets.left(db, her)


def test_a_wallet_with_a_wrong_number_is_told_so(oracle: Oracle, hall: Lender) -> None:
    start(hall)
    told = Wallet(hall)
    wrong = f"{(int(told.number) + 1) % 10**6:06d}"

    with pytest.raises(Said, match="access token"):
        oracle.ask(
            "openid4vci.take", link=wallets.uri(told.address), number=wrong, key=private(HOLDER),
            at=int(hall.node.clock().timestamp()),
        )  # fmt: skip


def test_the_wallet_that_has_her_record_takes_what_came_later(oracle: Oracle, hall: Lender) -> None:
    borrow(hall, moved(hall, HOLDER))
    repay(hall)
    told = LaterWallet(hall)
    asked = {"link": wallets.uri(told.address), "number": told.number}

    taken = oracle.ask(
        "openid4vci.take", **asked, key=private(HOLDER), at=int(hall.node.clock().timestamp())
    )

    assert sorted(taken) == ["growr_credit_history", "growr_credit_summary"]
    verified = oracle.ask(
        "sdjwt.verify", text=taken["growr_credit_history"][0], key=hall.node.issuer.jwk,
        now=int(hall.node.clock().timestamp()),
    )  # fmt: skip
    assert verified["payload"]["loan_status"] == "closed"
