"""What she can prove by phone: what was confirmed, what a source confirms, and how her loans went."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.sources import Source
from core import people, sscr
from core.onboarding.models import SourceRequest, SourceState
from core.people import User
from menus.screens import prove
from tests.menus.hall import NUMBERS, Hall, read
from tests.phone import Phone

SOURCE = Source.of_sandbox("http://127.0.0.1:1")


@pytest.fixture
def hall(tmp_path: Path, databases: dict[str, Any], redis_url: str) -> Iterator[Hall]:
    """A node that knows a source; one kind of database is enough for pages."""
    made = Hall(tmp_path / "home", databases["sqlite"].fresh(tmp_path), redis_url, sources=[SOURCE])
    yield made
    made.close()


@pytest.fixture
def phone(hall: Hall) -> Phone:
    return hall.phone(NUMBERS[0])


def me(hall: Hall) -> User:
    with hall.node.sessions() as db:
        found = people.by_phone(db, NUMBERS[0])
    assert found is not None
    return found


def asked(hall: Hall) -> list[SourceState]:
    with hall.node.sessions() as db:
        return list(db.scalars(select(SourceRequest.state)))


def test_she_asks_a_source_and_nobody_is_called_meanwhile(hall: Hall, phone: Phone) -> None:
    phone.dial()
    page = read(phone, phone.type("3", "2"))
    assert f"{prove.FIRST_SOURCE + 1} Membership, ask Kilimo register" in page

    question = phone.type(str(prove.FIRST_SOURCE + 1))
    told = phone.type("1")

    assert "We ask Kilimo register about your phone number: Membership." in question
    assert told.startswith("CON We have asked.")
    assert asked(hall) == [SourceState.ASKED]


def test_a_second_question_waits_for_the_answer_to_the_first(hall: Hall, phone: Phone) -> None:
    phone.dial()
    phone.type("3", "2", "11", "1")

    told = phone.type("00", "3", "2", "11", "1")

    assert "We have asked Kilimo register already." in told
    assert asked(hall) == [SourceState.ASKED]


def test_who_thinks_better_of_it_asks_nobody(hall: Hall, phone: Phone) -> None:
    phone.dial()

    phone.type("3", "2", "11", "2")

    assert asked(hall) == []


def test_a_summary_is_offered_only_to_who_had_a_loan(hall: Hall, phone: Phone) -> None:
    phone.dial()

    page = read(phone, phone.type("3", "2"))

    assert "Credit summary" not in page
    assert "Please choose" in phone.type("9")


def test_in_swahili_every_page_of_it_fits(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[1])  # she speaks Swahili
    phone.dial()

    pages = [phone.type("3", "2"), phone.type("11"), phone.type("1")]

    assert all(len(page) <= 160 for page in pages)
    assert "uliza Kilimo register" in pages[0]
    assert "Tunawauliza Kilimo register" in pages[1]


def test_every_type_has_a_number_of_its_own_for_ever() -> None:
    assert [(type.value, number) for type, number in prove.NUMBERS.items()] == [
        ("kyc", 1), ("community_membership", 2), ("financial_data", 3), ("savings_history", 4),
        ("business_activity", 5), ("ownership", 6), ("social_endorsement", 7), ("financial_health", 8),
    ]  # fmt: skip
    assert prove.SUMMARY not in prove.NUMBERS.values()


def test_what_she_holds_she_need_not_prove(hall: Hall) -> None:
    with hall.node.sessions() as db:
        held = {one.type for one in sscr.holdings(db, me(hall).id)}

    assert held == {"kyc", "community_membership"}
