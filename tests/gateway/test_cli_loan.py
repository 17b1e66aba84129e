"""An operator finds the loans whose money did not arrive, and acts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.test_cli_payment import growr
from tests.journey.running import PIN, Handset, borrow
from tests.journey.test_village import CASH_BACK, OWED, RECEIVED, pay_all
from tests.village import Village, registered, village

REFUSED = "result:2040"  # M-PESA says certainly that the money did not arrive


@pytest.fixture
def place(tmp_path: Path, databases: dict[str, Any], redis_url: str) -> Iterator[Village]:
    with village(tmp_path / "home", databases["sqlite"].fresh(tmp_path), redis_url) as made:
        yield made


@pytest.fixture
def phone(place: Village) -> Handset:
    return registered(place, PIN)


@pytest.fixture
def failed(place: Village, phone: Handset) -> str:
    """The code of a loan whose payout failed."""
    place.fault("b2c", REFUSED)
    borrow(phone)
    phone.hang_up()
    place.live()
    (row,) = growr(place, "loan", "list", "--status", "approved")
    assert row["payout_failed"]
    return str(row["loan"])


def test_a_loan_is_paid_out_at_the_second_go(place: Village, phone: Handset, failed: str) -> None:
    told = growr(place, "loan", "disburse-again", failed.lower())
    place.live()

    assert told == {"loan": failed, "status": "approved", "sending": "KES 1,960"}
    assert phone.balance() == 1_000 + RECEIVED
    (row,) = growr(place, "loan", "list")
    assert (row["loan"], row["status"], row["payout_failed"]) == (failed, "disbursed", False)
    assert growr(place, "loan", "list", "--status", "approved") == []
    with pytest.raises(AssertionError, match="loan_not_cancellable"):
        growr(place, "loan", "disburse-again", failed)


def test_a_loan_that_never_arrived_is_cancelled(
    place: Village, phone: Handset, failed: str
) -> None:
    assert growr(place, "loan", "cancel", failed) == {"loan": failed, "status": "cancelled"}

    assert [row["loan"] for row in growr(place, "loan", "list", "--status", "cancelled")] == [
        failed
    ]
    assert phone.balance() == 1_000
    with pytest.raises(AssertionError, match="loan_not_cancellable"):
        growr(place, "loan", "cancel", failed)


def test_what_we_owe_is_asked_for_again(place: Village, phone: Handset, failed: str) -> None:
    growr(place, "loan", "disburse-again", failed)
    place.live()
    place.fault("b2c", REFUSED)  # now the cash-back
    pay_all(place, phone)
    assert phone.balance() == 1_000 + RECEIVED - OWED

    (asked,) = growr(place, "loan", "return-owed", failed)
    place.live()

    assert (asked["kind"], asked["amount"]) == ("cash_back", "KES 20")
    assert phone.balance() == 1_000 + RECEIVED - OWED + CASH_BACK
    assert growr(place, "loan", "return-owed", failed) == []
