"""A walker that drives the engine without any carrier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.words import words
from menus import engine
from menus.dialogs import Dialog, decode, encode
from menus.menu import Menu
from menus.page import without_navigation
from menus.world import Caller, World
from tests.menus import demo
from tests.menus.hall import Hall


class Walker:
    """One person at a keypad; the dialog is stored and read again at every step, as Redis does."""

    def __init__(self, menu: Menu, phone: str = "+254711000111", limit: int = 160) -> None:
        self.menu, self.phone, self.limit = menu, phone, limit
        self.sessions = 0
        self.dialog = Dialog("")

    def dial(self, *answers: str, resume: bool = False) -> str:
        self.sessions += 1
        dropped, self.dialog = self.dialog, Dialog(f"s{self.sessions}", phone=self.phone)
        if answers:
            engine.walk(self.menu, self.world, self.dialog, answers)
        else:
            engine.dial(self.menu, self.world, self.dialog, dropped if resume else None)
        return self.dialog.page

    def type(self, *answers: str) -> str:
        for answer in answers:
            found = decode(encode(self.dialog))
            assert found
            self.dialog = found
            engine.answer(self.menu, self.world, self.dialog, answer)
        return self.dialog.page

    @property
    def world(self) -> World:
        return World(
            db=Session(), words=words(self.dialog.language), now=datetime(2026, 11, 21, tzinfo=UTC), node=None,
            caller=Caller(None, self.phone, self.dialog.language), session_id=f"s{self.sessions}",
            limit=self.limit, secret=b"k" * 32,
        )  # fmt: skip

    @property
    def said(self) -> str:
        return without_navigation(self.dialog.parts, words(self.dialog.language))


@pytest.fixture
def done() -> demo.Done:
    return demo.Done()


@pytest.fixture
def menu(done: demo.Done) -> Menu:
    return demo.build(done)


@pytest.fixture
def walker(menu: Menu) -> Walker:
    return Walker(menu)


@pytest.fixture
def hall(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Hall]:
    made = Hall(tmp_path / "home", database_url, redis_url)
    yield made
    made.close()
