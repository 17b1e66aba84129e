"""A node with people who have records, cheap to make: no loans, one database, a clock to turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from config.settings import Settings
from core import gsm7, node, onboarding, people, sscr
from core.clock import now as real_now
from core.jobs import upkeep
from core.keys import Stretch
from core.messaging import Message, Template
from core.people import Role, User, UserState
from gateway.app import create_app
from tests.core.onboarding.circle import AMINA, JUMA, NEEMA, PIN
from tests.phone import Phone

NAMES = {AMINA: "Amina Wanjiku", NEEMA: "Neema Achieng", JUMA: "Juma Otieno"}


class Reader(Phone):
    """A phone whose every page is checked and remembered."""

    pages: list[str]

    def send(self, **changed: str) -> str:
        page = super().send(**changed)
        assert gsm7.units(page) <= 160, page
        self.__dict__.setdefault("pages", []).append(page)
        return page

    def begin(self) -> str:
        """Dial, and start again where a dropped session is offered."""
        page = self.dial()
        return self.type("2") if "Continue" in page or "Endelea" in page else page


Hall = TypeVar("Hall", bound="CustodyHall")


@contextmanager
def on_sqlite(
    kind: type[Hall], databases: dict[str, Any], folder: Path, redis_url: str, **more: Any
) -> Iterator[Hall]:
    """A hall with a database of its own: what PostgreSQL does differently is tested below the screens."""
    url = databases["sqlite"].fresh(folder)
    made = kind(folder / "home", url, redis_url, **more)
    yield made
    made.close()
    databases["sqlite"].drop(url)


class CustodyHall:
    """Amina, Neema and the agent Juma of Mavuno Coop."""

    def __init__(
        self,
        home: Path,
        database_url: str,
        redis_url: str,
        language: str = "en",
        port: int = 8080,
        people_here: Iterable[str] = NAMES,
        **more: Any,
    ) -> None:
        self.offset, self.language = timedelta(), language
        urls = {"database_url": database_url, "redis_url": redis_url}
        settings = Settings(home=home, port=port, **urls, **more)
        made = node.build(settings, wake=lambda _: None, now=lambda: real_now() + self.offset)
        cheap = replace(made.custody, stretch=Stretch(memory_kib=64, rounds=1, lanes=1))
        self.node = replace(made, custody=cheap)
        self.client = create_app(self.node).test_client()
        with self.node.sessions.begin() as db:
            coop = people.create_organisation(
                db, name="Mavuno Coop", country="KE", currency="KES", timezone="Africa/Nairobi",
                support_phone="+254700111222",
            )  # fmt: skip
            self.organisation = coop.id
        for phone in people_here:
            self.add(phone)

    def add(self, phone: str) -> None:
        given, _, family = NAMES[phone].partition(" ")
        with self.node.sessions.begin() as db:
            user = User(
                organisation_id=self.organisation, role=Role.AGENT if phone == JUMA else Role.BORROWER,
                state=UserState.ACTIVE, phone=phone, language=self.language, given_name=given, family_name=family,
            )  # fmt: skip
            db.add(user)
            db.flush()
            sscr.open_record(
                db, custody=self.node.custody, owner_id=user.id, phone=phone, pin=PIN, birth_date=None,
                now=self.node.clock(),
            )  # fmt: skip

    def phone(self, number: str) -> Reader:
        return Reader(self.client, self.node.keyring.token("ussd"), number)

    def texts(self, template: Template) -> list[Message]:
        with self.node.sessions() as db:
            query = select(Message).where(Message.template == template)
            return list(db.scalars(query.order_by(Message.created_at)))

    def code(self) -> str:
        found = re.search(r"\d{6}", self.texts(Template.RECOVERY_CODE)[-1].text)
        assert found
        return found.group()

    def work(self) -> None:
        """What the clock would do about custody."""
        upkeep.tell_openings(self.node)
        upkeep.tell_lock_outs(self.node)
        upkeep.tell_erased(self.node)
        with self.node.sessions.begin() as db:
            onboarding.ask_guardians(db, service_code="*384*77#", now=self.node.clock(), limit=10)
            onboarding.finish_recoveries(db, now=self.node.clock(), limit=10)

    def close(self) -> None:
        self.node.close()
