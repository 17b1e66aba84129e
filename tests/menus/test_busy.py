"""Where the key service does not answer, a turn says so and undoes nothing: the next try finds everything as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import onboarding, people, sscr
from core.errors import Busy
from core.messaging import Template
from core.people import Role, UserState
from tests.core.onboarding.circle import AMINA, NEEMA, NEW, NEW_PIN, PIN
from tests.menus.custody_hall import CustodyHall, on_sqlite
from tests.menus.test_custody_screens import opens

NOT_NOW = "Many people are dialling now."


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[CustodyHall]:
    with on_sqlite(CustodyHall, databases, tmp_path, redis_url) as made:
        yield made


@contextmanager
def away(hall: CustodyHall) -> Iterator[None]:
    """The key service opens nothing for a while."""

    def busy(**_: object) -> None:
        raise Busy

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hall.node.custody.service, "open", busy)
        yield


def invited(hall: CustodyHall) -> str:
    """The code with which a stranger registers."""
    with hall.node.sessions.begin() as db:
        onboarding.invite(
            db, keyring=hall.node.keyring, organisation_id=hall.organisation, phone=NEW, role=Role.BORROWER,
            language="en", given_name="Asha", family_name="Mwende", service_code="*384*77#", facts={},
            now=hall.node.clock(),
        )  # fmt: skip
    found = re.search(r"\b\d{6}\b", hall.texts(Template.INVITATION)[-1].text)
    assert found
    return found.group()


def did_of(hall: CustodyHall, number: str) -> str:
    with hall.node.sessions() as db:
        user = people.by_phone(db, number)
        assert user
        record = sscr.record_of(db, user.id)
        assert record
        return record.did


def test_a_registration_goes_on_where_it_was(hall: CustodyHall) -> None:
    code, phone = invited(hall), hall.phone(NEW)
    phone.begin()
    phone.type(code, PIN)
    begun = did_of(hall, NEW)

    with away(hall):
        assert NOT_NOW in phone.type(PIN)
    assert did_of(hall, NEW) == begun

    phone.type(PIN)
    with hall.node.sessions() as db:
        user = people.by_phone(db, NEW)
        assert user
        assert user.state is UserState.ACTIVE
    assert did_of(hall, NEW) == begun


def test_a_new_pin_that_could_not_be_compared_is_not_forgotten(hall: CustodyHall) -> None:
    phone = hall.phone(AMINA)
    phone.begin()
    phone.type("3", "5", "1", NEW_PIN)

    with away(hall):
        assert NOT_NOW in phone.type(NEW_PIN)
    phone.type(NEW_PIN, PIN)

    assert opens(hall, AMINA, NEW_PIN)


def test_a_guess_that_was_not_tried_is_not_counted(hall: CustodyHall) -> None:
    phone = hall.phone(AMINA)
    phone.begin()
    phone.type("3", "5", "2", "1", NEEMA)

    with away(hall):
        for _ in range(4):
            assert NOT_NOW in phone.type(PIN)

    assert "N. A." in phone.type(PIN)
