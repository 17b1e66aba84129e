"""A menu with a mistake is refused at start, with every mistake named."""

from __future__ import annotations

import pytest

from menus.menu import Menu
from menus.page import Page
from menus.screen import Choice, Retry, pick
from tests.menus import demo
from tests.menus.conftest import Walker


def _menu() -> Menu:
    return Menu("home", explain=demo.explain)


def test_a_sound_menu_passes(menu: Menu) -> None:
    menu.screens["more"] = menu.screens["terms"]  # the demo list is longer than the house allows

    menu.check()


def test_every_mistake_is_named() -> None:
    menu = _menu()
    menu.choices("more", "More", [(n, f"Line {n}", "home") for n in range(1, 7)])
    menu.choices("odd", "Odd", [(0, "Zero", "nowhere"), (1, " ", "more"), (98, "More", "more")])

    with pytest.raises(AssertionError) as error:
        menu.check()

    told = str(error.value)
    for mistake in ("start:", "more than 5", "number 0", "number 98", "'nowhere'", "empty label"):
        assert mistake in told


def test_a_number_or_a_name_used_twice_is_refused_at_once() -> None:
    menu = _menu()
    menu.choices("home", "Home", [(1, "One", "home")])

    with pytest.raises(AssertionError, match="two screens"):
        menu.screen("home")(lambda *_: Page(""))
    with pytest.raises(AssertionError, match="number twice"):
        menu.choices("twice", "Twice", [Choice(1, "One", "home"), (1, "Also", "home")])


def test_a_start_that_is_no_home_is_a_bug(menu: Menu) -> None:
    menu.start = lambda _: "terms"

    with pytest.raises(AssertionError, match="must be a home"):
        Walker(menu).dial()


def test_pick_takes_what_was_typed_to_the_letter() -> None:
    assert pick("2", {1: "a", 2: "b"}) == "b"
    for typed in ("3", "02", " 2", "", "two"):
        with pytest.raises(Retry):
            pick(typed, {1: "a", 2: "b"})
