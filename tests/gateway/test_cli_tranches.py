"""A house built in three steps: each part of the loan is sent by the desk, and travels as the first one did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core import ledger
from gateway.cli import demo
from tests.databases import ON_SQLITE
from tests.gateway.test_cli_loan import REFUSED
from tests.gateway.test_cli_payment import growr
from tests.journey.running import PIN, Handset, agree, dial_home
from tests.journey.test_village import is_repaid, pay_all
from tests.village import Village, registered, village

WHY = ("--reason", "The walls are up")


def lend_in_parts(place: Village, tmp_path: Path) -> None:
    """The village lends in tranches from now on."""
    (old,) = growr(place, "project", "list")
    growr(place, "project", "deactivate", old["project"])
    file = tmp_path / "project.json"
    file.write_text(
        json.dumps({**demo.project_terms(place.node), "name": "Roofs", "tranches": [40, 30, 30]})
    )
    made = growr(place, "project", "create", "--file", str(file))
    growr(place, "project", "activate", made["project"])


def sent(place: Village, code: str) -> Any:
    told = growr(place, "loan", "disburse", code, *WHY)
    place.live()
    return told


def borrow_in_parts(place: Village, phone: Handset) -> None:
    """KES 2,000 of the second project, in three parts."""
    dial_home(phone)
    phone.type("1", "2", "2000", "3")
    agree(phone)
    phone.type(PIN)
    phone.hang_up()
    place.live()


def balances(place: Village) -> int:
    with place.node.sessions() as db:
        return sum(money.minor for money in ledger.balances(db).values())


@ON_SQLITE
def test_a_loan_comes_in_parts_one_of_them_at_the_second_go(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        lend_in_parts(place, tmp_path)
        phone = registered(place, PIN)
        borrow_in_parts(place, phone)
        assert any("KES 784 now" in text for text in phone.messages())
        (row,) = growr(place, "loan", "list")
        assert phone.balance() == 1_000 + 784

        place.fault("b2c", REFUSED)
        assert sent(place, row["loan"])["amount"] == "KES 600"
        assert phone.balance() == 1_000 + 784
        assert any("you do not owe it" in text for text in phone.messages())
        sent(place, row["loan"])
        assert phone.balance() == 1_000 + 784 + 588
        assert any("KES 588 more has been sent" in text for text in phone.messages())

        growr(place, "loan", "cancel-rest", row["loan"], *WHY)
        with pytest.raises(AssertionError, match="nothing_to_draw"):
            sent(place, row["loan"])
        pay_all(place, phone)
        assert is_repaid(place, phone)
        assert balances(place) == 0
