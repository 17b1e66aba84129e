"""A node with the borrowers of the demo, and how one reads on a phone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.settings import Settings
from core import node, onboarding, people, sscr
from core.credentials import CredentialType
from core.node import Node
from gateway.app import create_app
from gateway.cli import demo
from tests.phone import Phone

PIN = "804219"
NUMBERS = [one["phone"] for one in demo.BORROWERS]


class Hall:
    """A node with the three borrowers of the demo, registered, with full records; nobody works in the background."""

    def __init__(self, home: Path, database_url: str, redis_url: str, **more: Any) -> None:
        self.offset = timedelta()
        urls = {"database_url": database_url, "redis_url": redis_url}
        settings = Settings(home=home, port=8080, **urls, **more)
        self.node: Node = node.build(settings, wake=lambda _: None, now=self.now)
        self.client = create_app(self.node).test_client()
        with self.node.sessions.begin() as db:
            demo.seed(db, self.node)
        for number in NUMBERS:
            self.register(number)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def register(self, number: str) -> None:
        with self.node.sessions.begin() as db:
            user = people.by_phone(db, number)
            assert user is not None
            doors = {
                "custody": self.node.custody,
                "user_id": user.id,
                "pin": PIN,
                "now": self.now(),
            }
            onboarding.choose_pin(db, keyring=self.node.keyring, **doors)
            assert onboarding.confirm_pin(db, **doors, session_id="s")
            for kind in (CredentialType.KYC, CredentialType.COMMUNITY_MEMBERSHIP):
                onboarding.prove(
                    db, keyring=self.node.keyring, issuer=self.node.issuer, user_id=user.id, type=kind,
                    now=self.now(),
                )  # fmt: skip

    def open_record(self, number: str) -> None:
        """An empty record under the PIN of all."""
        with self.node.sessions.begin() as db:
            user = people.by_phone(db, number)
            assert user is not None
            sscr.open_record(
                db, custody=self.node.custody, owner_id=user.id, phone=number, pin=PIN, birth_date=None, now=self.now()
            )  # fmt: skip

    def close(self) -> None:
        self.node.engine.dispose()
        self.node.redis.close()

    def phone(self, number: str) -> Phone:
        return Phone(self.client, self.node.keyring.token("ussd"), number)


def read(phone: Phone, page: str) -> str:
    """All parts of a page."""
    whole = page
    while "98 " in page:
        page = phone.type("98")
        whole += page
    return whole


def agree(phone: Phone, page: str) -> str:
    """From the first page of the terms to the PIN, the question of the first loan answered right."""
    terms = read(phone, page)
    total = re.search(r"(?:Total|Jumla) (KES [\d,]*\d)", terms)
    assert total, page
    if re.search(r"\bPIN\b.*\n0 ", terms):  # below the terms, for who had a loan before
        return terms
    page = phone.type("1")
    if answer := re.search(rf"^(\d) {total[1]}$", page, re.MULTILINE):
        page = phone.type(answer[1])
    return read(phone, page)
