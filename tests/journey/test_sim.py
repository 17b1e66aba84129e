"""Her SIM, asked about over real HTTP: what the carrier answers decides who may help her and where her record goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from config.limits import SIM_ASK_AGAIN_SECONDS, SIM_SWAP_HOURS, SIM_UNKNOWN_HOURS
from core.onboarding import SimState
from core.onboarding.models import Recovery, WalletOffer
from tests.journey.running import PIN, dial_home, prove_everything, read_on, register
from tests.village import Village, village

AMINA, BARAKA, JUMA = "+254711000111", "+254733000333", "+254700111222"
NEW_PIN = "502938"


@pytest.fixture
def place(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Village]:
    url = databases["sqlite"].fresh(tmp_path)
    with village(tmp_path / "home", url, redis_url) as made:
        made.work()
        for number in (AMINA, BARAKA, JUMA):
            register(made.phone(number), PIN)
        yield made
    databases["sqlite"].drop(url)


def answered(place: Village, table: type[Recovery | WalletOffer]) -> SimState | None:
    """What came of the question; one whose answer overtook the worker is asked again."""
    for _ in range(5):
        place.work()
        with place.node.sessions() as db:
            sim = db.query(table).one().sim
        if sim is not SimState.ASKED:
            return sim
        place.offset += timedelta(seconds=SIM_ASK_AGAIN_SECONDS + 1)
    return SimState.ASKED


def forgets_her_pin(place: Village) -> None:
    """She has named a guardian; an agent sees her and types her code."""
    amina, juma = place.phone(AMINA), place.phone(JUMA)
    dial_home(amina)
    amina.type("3", "5", "2", "1", BARAKA, PIN, "1")
    amina.hang_up()
    juma.dial()
    juma.type("1", AMINA, PIN)
    place.work()
    code = re.search(r"\d{6}", amina.wait_for_message(r"^Code \d{6}"))
    assert code
    juma.type(code.group())


def chooses_a_new_pin(place: Village) -> None:
    phone = place.phone(AMINA)
    phone.dial()
    phone.type("1", NEW_PIN, NEW_PIN)
    place.work()


def help_by_guardian(place: Village) -> str:
    """From Baraka's main menu as far as he gets."""
    phone = place.phone(BARAKA)
    dial_home(phone)
    page = phone.type("3", "5", "3", "1")
    page = phone.type(PIN) if "type your own PIN" in page else page
    phone.hang_up()
    return page


def asked(place: Village) -> bool:
    """Whether her guardian was asked to help now."""
    return any("asks for your help" in text for text in place.phone(BARAKA).messages())


def moves_her_record(place: Village) -> str:
    """She starts the move to a wallet of her own; the address in the newest text."""
    phone = place.phone(AMINA)
    dial_home(phone)
    phone.type("3", "1")
    read_on(phone)
    phone.type("1")
    read_on(phone)
    phone.type("1", PIN)
    phone.hang_up()
    place.work()
    return re.findall(r"http\S+/wallet/\S+", " ".join(phone.messages()))[-1]


def test_as_soon_as_the_carrier_vouches_for_her_sim_her_guardian_helps(place: Village) -> None:
    forgets_her_pin(place)
    assert answered(place, Recovery) is SimState.SETTLED

    chooses_a_new_pin(place)

    assert asked(place)
    assert "new PIN works now" in help_by_guardian(place)


def test_after_a_change_of_her_sim_even_a_guardian_waits_three_days(place: Village) -> None:
    place.fault("sim", "swapped")
    forgets_her_pin(place)
    assert answered(place, Recovery) is SimState.SWAPPED

    chooses_a_new_pin(place)
    assert "You can help Amina Wanjiku from" in help_by_guardian(place)
    assert not asked(place)
    place.offset += timedelta(hours=SIM_SWAP_HOURS, minutes=1)
    place.work()

    assert asked(place)
    assert "new PIN works now" in help_by_guardian(place)


def test_a_carrier_that_never_answers_makes_a_guardian_wait_a_day(place: Village) -> None:
    place.fault("sim", "missing", 99)
    forgets_her_pin(place)
    chooses_a_new_pin(place)
    assert "You can help" in help_by_guardian(place)

    place.offset += timedelta(hours=SIM_UNKNOWN_HOURS, minutes=1)
    place.work()

    assert asked(place)
    assert "new PIN works now" in help_by_guardian(place)


def test_a_record_leaves_by_a_settled_sim_and_not_by_a_new_one(place: Village) -> None:
    phone = place.phone(AMINA)
    dial_home(phone)
    prove_everything(phone)
    phone.hang_up()
    address = moves_her_record(place)
    assert answered(place, WalletOffer) is SimState.SETTLED
    assert requests.get(address, timeout=60).status_code == 200

    place.fault("sim", "swapped")
    address = moves_her_record(place)
    place.offset += timedelta(seconds=SIM_ASK_AGAIN_SECONDS + 1)
    place.work()

    phone.wait_for_message("your record stays here for now", 5)
    assert requests.get(address, timeout=60).status_code != 200
