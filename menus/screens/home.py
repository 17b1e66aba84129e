"""The main menu and the language."""

from __future__ import annotations

from core import people
from core.words import LANGUAGES, mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import pick
from menus.screens.entry import me
from menus.screens.table import menu
from menus.world import World

NUMBERS = {1: "en", 2: "sw"}  # for ever

menu.choices(
    "home",
    mark("Growr"),
    [
        (1, mark("Get a loan"), "loan.offers"),
        (2, mark("My loan"), "loan.mine"),
        (3, mark("My record"), "record"),
        (4, mark("Language"), "language"),
        (5, mark("Help, complaints"), "help"),
    ],
    home=True,
)


def read_language(world: World, dialog: Dialog, typed: str) -> str:
    language = pick(typed, NUMBERS)
    people.set_language(world.db, user_id=me(world), language=language)
    dialog.language = language
    return "home"


@menu.screen("language", read=read_language)
def ask_language(world: World, _: Dialog) -> Page:
    options = [(number, LANGUAGES[language]) for number, language in NUMBERS.items()]
    return Page(world.say("Which language?"), options)
