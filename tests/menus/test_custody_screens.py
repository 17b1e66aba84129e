"""Custody by phone: every page fits, in both languages, and does what it says."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.limits import NUMBER_DAYS, RECOVERY_HOURS, SIM_UNKNOWN_HOURS
from core import people, sscr
from core.messaging import Template
from core.onboarding.models import Recovery, WalletOffer
from core.people.models import RefusedNumber
from tests.core.onboarding.circle import AMINA, JUMA, NEEMA, NEW, NEW_PIN, PIN, WRONG
from tests.menus.custody_hall import CustodyHall, on_sqlite


@pytest.fixture(params=["en", "sw"])
def hall(
    request: pytest.FixtureRequest, databases: dict[str, Any], tmp_path: Path, redis_url: str
) -> Iterator[CustodyHall]:
    """On SQLite alone: what PostgreSQL does differently is tested below the screens."""
    with on_sqlite(CustodyHall, databases, tmp_path, redis_url, language=request.param) as made:
        yield made


def opens(hall: CustodyHall, number: str, pin: str) -> bool:
    """Whether this PIN opens the record at this number, by phone."""
    phone = hall.phone(number)
    phone.begin()
    before = len(openings(hall, number))
    phone.type("3", "5", "2", "1", NEEMA if number != NEEMA else AMINA, pin)
    return len(openings(hall, number)) > before


def openings(hall: CustodyHall, number: str) -> list[sscr.Opening]:
    with hall.node.sessions() as db:
        user = people.by_phone(db, number)
        assert user
        return sscr.openings(db, user.id, limit=20)


def test_a_pin_is_changed_by_phone(hall: CustodyHall) -> None:
    phone = hall.phone(AMINA)
    phone.begin()

    phone.type("3", "5", "1", "121212")
    phone.type(NEW_PIN, WRONG)
    phone.type(NEW_PIN, NEW_PIN, WRONG, PIN)

    assert opens(hall, AMINA, NEW_PIN)
    assert not opens(hall, AMINA, PIN)
    assert len(hall.texts(Template.PIN_CHANGED)) == 1


def test_a_lock_out_is_texted_though_the_turn_rolled_back(hall: CustodyHall) -> None:
    phone = hall.phone(AMINA)
    phone.begin()
    phone.type("3", "5", "2", "1", NEEMA, WRONG, WRONG, WRONG)

    hall.work()
    hall.work()

    [text] = hall.texts(Template.PIN_LOCKED)
    assert text.to == AMINA
    assert "15" in text.text


def test_every_opening_is_texted_and_listed(hall: CustodyHall) -> None:
    assert opens(hall, AMINA, PIN)

    hall.work()
    hall.work()

    [text] = hall.texts(Template.RECORD_OPENED)
    assert text.to == AMINA
    phone = hall.phone(AMINA)
    phone.begin()
    page = phone.type("3", "3")
    whole = {"en": "The list is complete.", "sw": "Orodha ni kamili."}
    assert whole[hall.language] in page


def test_an_agent_and_a_guardian_help_by_phone(hall: CustodyHall) -> None:
    phone, guardian, agent = hall.phone(AMINA), hall.phone(NEEMA), hall.phone(JUMA)
    phone.begin()
    page = phone.type("3", "5", "2", "1", NEEMA, PIN)
    with hall.node.sessions() as db:
        found = people.by_phone(db, NEEMA)
        assert found
        given, family = found.given_name, found.family_name
    assert f"{given[0]}. {family[0]}." in page
    assert given not in page
    assert hall.texts(Template.GUARDIAN_NAMED) == [], (
        "it helps nobody before she has said that it is her"
    )
    phone.type("1")
    agent.begin()
    agent.type("1", AMINA.replace("+254", "0"), PIN, "12")
    agent.type(hall.code())

    phone.begin()
    phone.type("1", NEW_PIN, NEW_PIN)
    guardian.begin()
    assert {"en": "You can help", "sw": "Unaweza kumsaidia"}[hall.language] in guardian.type(
        "3", "5", "3", "1"
    ), "the carrier has not answered"
    hall.offset += timedelta(hours=SIM_UNKNOWN_HOURS)
    hall.work()
    assert [one.to for one in hall.texts(Template.RECOVERY_HELP)] == [NEEMA]
    guardian.begin()
    guardian.type("3", "5", "3", "1", PIN)

    assert opens(hall, AMINA, NEW_PIN)
    assert len(hall.texts(Template.GUARDIAN_NAMED)) == 1
    phone.begin()
    last = page = phone.type("3", "3")
    while "98 " in last:
        last = phone.type("98")
        page += last
    helped = {"en": "new PIN, by your guardian", "sw": "PIN mpya, kwa msaidizi wako"}[hall.language]
    assert f"{helped} {given}" in " ".join(page.split()), "her guardian opened it as well"
    with hall.node.sessions() as db:
        amina = people.by_phone(db, AMINA)
        assert amina
        assert sscr.openings_whole(db, amina.id)


def test_a_number_tells_initials_after_the_pin_and_only_so_often(hall: CustodyHall) -> None:
    phone = hall.phone(AMINA)
    for number in [NEEMA, JUMA, "+254799999999", NEEMA, JUMA]:
        phone.begin()
        page = phone.type("3", "5", "2", "1", number)
        assert "Neema" not in page
        assert "Juma" not in page
        page = phone.type(PIN)
        nobody = {"en": "Nobody with a record", "sw": "Hakuna mwenye rekodi"}[hall.language]
        assert (nobody in page) == (number == "+254799999999")

    phone.begin()
    page = phone.type("3", "5", "2", "1", NEEMA, PIN)
    assert {"en": "tried often today", "sw": "Imejaribiwa mara nyingi leo"}[hall.language] in page
    with hall.node.sessions() as db:
        amina = people.by_phone(db, AMINA)
        assert amina
        assert sscr.guardians_of(db, amina.id) == [], "none of them was confirmed"


def test_time_gives_a_new_pin_and_she_may_say_no_meanwhile(hall: CustodyHall) -> None:
    phone, agent = hall.phone(AMINA), hall.phone(JUMA)
    agent.begin()
    agent.type("1", AMINA, PIN)
    agent.type(hall.code())
    phone.begin()
    phone.type("1", NEW_PIN, NEW_PIN)

    phone.begin()
    assert phone.type("2", "1").startswith("END ")
    hall.offset += timedelta(hours=RECOVERY_HOURS, minutes=1)
    hall.work()

    assert opens(hall, AMINA, PIN)
    assert len(hall.texts(Template.RECOVERY_STOPPED)) == 1


def test_three_days_later_the_new_pin_works(hall: CustodyHall) -> None:
    phone, agent = hall.phone(AMINA), hall.phone(JUMA)
    agent.begin()
    agent.type("1", AMINA, PIN)
    agent.type(hall.code())
    phone.begin()
    phone.type("1", NEW_PIN, NEW_PIN)

    hall.offset += timedelta(hours=RECOVERY_HOURS, minutes=1)
    hall.work()

    assert opens(hall, AMINA, NEW_PIN)


def test_a_new_number_is_taken_with_the_pin(hall: CustodyHall) -> None:
    agent, phone, old = hall.phone(JUMA), hall.phone(NEW), hall.phone(AMINA)
    agent.begin()
    agent.type("2", AMINA, NEW, PIN)
    agent.type(hall.code())
    old.begin()

    phone.begin()
    phone.type("1", WRONG)
    assert phone.type(PIN).startswith("END ")

    assert opens(hall, NEW, PIN)


def test_a_number_that_is_somebodys_is_told_and_counted(hall: CustodyHall) -> None:
    agent = hall.phone(JUMA)
    agent.begin()

    said = agent.type("2", AMINA, NEEMA, PIN)

    assert said.startswith("END ")
    with hall.node.sessions() as db:
        juma = people.by_phone(db, JUMA)
        assert juma
        assert [row.by_id for row in db.query(RefusedNumber)] == [juma.id]
        assert db.query(Recovery).count() == 0


def test_the_old_number_stops_a_move(hall: CustodyHall) -> None:
    agent, old = hall.phone(JUMA), hall.phone(AMINA)
    agent.begin()
    agent.type("2", AMINA, NEW, PIN)
    agent.type(hall.code())

    old.begin()
    old.type("2", "1")

    with hall.node.sessions() as db:
        assert people.by_phone(db, NEW) is None
    assert "Growr" in hall.phone(NEW).dial()


def test_a_number_that_was_silent_for_long_shows_nothing_before_the_pin(hall: CustodyHall) -> None:
    hall.offset += timedelta(days=NUMBER_DAYS, minutes=1)
    phone = hall.phone(AMINA)

    first = phone.begin()
    assert "Amina" not in first
    assert "1 " not in first
    phone.type(WRONG)
    home = phone.type(PIN)

    assert "1 " in home
    assert phone.begin() == home, "now the number is known again"


def test_an_empty_list_of_consents_says_so(hall: CustodyHall) -> None:
    phone = hall.phone(AMINA)
    phone.begin()

    page = phone.type("3", "4")

    assert {"en": "agreed to nothing", "sw": "Hujakubali lolote"}[hall.language] in page


def test_a_consent_is_read_and_taken_back_by_phone(hall: CustodyHall) -> None:
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, AMINA)
        assert user
        user_id = user.id
        with sscr.unlock(
            db, custody=hall.node.custody, owner_id=user_id, pin=PIN, purpose="loan application", session_id="s",
            now=hall.node.clock(), audience="Mavuno Coop",
        ) as unlocked:  # fmt: skip
            consent = sscr.give(
                db, unlocked=unlocked, issuer=hall.node.issuer, now=hall.node.clock(), notice=sscr.Notice("en", "KE"),
                verifier=sscr.Verifier("did:web:lender", "Mavuno Coop"), types={"kyc": [["age_over", "18"]]},
            )  # fmt: skip
    phone = hall.phone(AMINA)
    phone.begin()
    phone.type("3", "4")

    page = phone.type("1")
    asked = {"en": "18 or older?", "sw": "miaka 18 au zaidi"}[hall.language]
    assert asked in page
    phone.type("1")

    with hall.node.sessions() as db:
        [kept] = sscr.consents(db, user_id)
        assert not sscr.is_live(kept, hall.node.clock())
    phone.begin()
    page = phone.type("3", "4", "1")
    assert asked in page
    assert {"en": "Taken back on", "sw": "Ulirudisha nyuma"}[hall.language] in page
    assert "1 " not in page.splitlines()[-1]
    hall.work()
    [ended] = hall.texts(Template.CONSENT_ENDED)
    [opened] = hall.texts(Template.RECORD_OPENED)
    assert (ended.to, "Mavuno Coop" in ended.text) == (AMINA, True)
    assert f"({consent.code})" in opened.text, "the text names the consent"
    assert consent.code in ended.text


def test_an_agent_is_told_what_he_cannot_do(hall: CustodyHall) -> None:
    agent = hall.phone(JUMA)
    agent.begin()

    agent.type("1", "abc", "0799999999", JUMA)
    page = agent.type(PIN)

    assert {"en": "You can only help", "sw": "Unaweza kusaidia"}[hall.language] in page
    assert hall.texts(Template.RECOVERY_CODE) == []


def takes_her_record_along(hall: CustodyHall, number: str) -> None:
    """What is left here when her wallet has all of her record."""
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, number)
        assert user
        now = hall.node.clock()
        db.add(
            WalletOffer(
                id=uuid.uuid4(), user_id=user.id, tries=0, taken=[], created_at=now, expires_at=now, left_at=now,
                code_hash=b"h",
            )
        )  # fmt: skip
        sscr.erase(db, owner_id=user.id)


def test_who_has_her_record_in_her_wallet_is_asked_for_no_pin_she_lacks(hall: CustodyHall) -> None:
    takes_her_record_along(hall, AMINA)
    hall.offset += timedelta(days=NUMBER_DAYS, minutes=1)
    phone, agent = hall.phone(AMINA), hall.phone(JUMA)

    page = phone.begin()

    assert page.startswith("END ")
    assert {"en": "your agent", "sw": "wakala"}[hall.language] in page
    agent.begin()
    agent.type(PIN)  # his number was silent as well
    agent.type("1", AMINA, PIN)
    agent.type(hall.code())
    assert "1 " in phone.begin(), "her own menu: an agent saw her, and the code came to her SIM"
    hall.offset += timedelta(days=5)
    hall.work()
    assert hall.texts(Template.RECOVERY_ANEW) == []


def test_who_has_a_wallet_and_a_new_number_waits_for_the_no_of_the_old_one(
    hall: CustodyHall,
) -> None:
    takes_her_record_along(hall, AMINA)
    agent, arrived = hall.phone(JUMA), hall.phone(NEW)
    agent.begin()
    agent.type("2", AMINA, NEW, PIN)
    agent.type(hall.code())

    page = arrived.begin()

    assert page.startswith("END ")
    assert "unless your old number" in page, "a number nobody has yet speaks English"
    assert "2 " in hall.phone(AMINA).begin(), "the old number may stop it"
    hall.offset += timedelta(hours=RECOVERY_HOURS, minutes=1)
    hall.work()
    assert "1 " in arrived.begin(), "her own menu"


def test_a_stranger_who_got_her_old_number_sees_nothing_and_stops_nothing(
    hall: CustodyHall,
) -> None:
    hall.offset += timedelta(days=NUMBER_DAYS, minutes=1)
    stranger = hall.phone(AMINA)

    pages = [
        stranger.begin(),
        stranger.type("1"),
        stranger.type("00"),
        stranger.type("0"),
        stranger.type("98"),
    ]
    pages += [
        stranger.dial("*384*77*2#"),
        stranger.dial("*384*77*3*3#"),
        *(stranger.type(WRONG) for _ in range(3)),
    ]

    for page in pages:
        assert not re.search(r"Amina|Wanjiku|Mavuno|KES|Neema|Juma", page), page
    hall.work()
    assert [one.template for one in hall.texts(Template.PIN_LOCKED)] == [Template.PIN_LOCKED]
