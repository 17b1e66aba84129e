"""She borrows again with a wallet of her own: her phone asks, her wallet answers, and nobody else's does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import credentials
from core.keys import jose
from core.messaging import Template
from tests.gateway.asking import Lender, Questioned, apply, moved, name_of
from tests.gateway.wallet import Wallet


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Lender]:
    url = databases["sqlite"].fresh(tmp_path)
    made = Lender(tmp_path / "home", url, redis_url)
    yield made
    made.close()
    databases["sqlite"].drop(url)


@pytest.fixture
def wallet(hall: Lender) -> Wallet:
    return moved(hall)


def test_she_borrows_with_the_yes_of_her_wallet(hall: Lender, wallet: Wallet) -> None:
    page = apply(hall)
    assert "The loan is made when your wallet has said yes" in page
    assert hall.loans() == []
    asked = Questioned(hall, wallet)

    assert asked.answer() == (200, {})

    [loan] = hall.loans()
    assert loan.user_did == name_of(wallet.key)
    assert loan.eligibility
    said = credentials.read_attestation(loan.eligibility, jwk=hall.node.issuer.jwk, now=hall.node.clock())
    assert (said["met"], said["sub"]) == (True, name_of(wallet.key))
    assert loan.code in hall.texts(Template.LOAN_TERMS)[-1].text
