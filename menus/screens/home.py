"""The main menu and the language."""

from __future__ import annotations

from core import people
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import pick
from menus.screens import loan_again
from menus.screens.entry import NUMBERS, languages, me
from menus.screens.table import menu
from menus.world import World

LINES = {
    1: (mark("Get a loan"), "loan.offers"),
    2: (mark("My loan"), "loan.mine"),
    3: (mark("My record"), "record"),
    4: (mark("Language"), "language"),
    5: (mark("Help, complaints"), "help"),
}  # for ever
AGAIN = 6  # the loan she had last, only where she may have it again


def read_home(world: World, dialog: Dialog, typed: str) -> str:
    if typed == str(AGAIN) and (found := loan_again.last(world)):
        return loan_again.take(world, dialog, *found)
    return pick(typed, {number: screen for number, (_, screen) in LINES.items()})


@menu.screen("home", read=read_home, home=True)
def show_home(world: World, _: Dialog) -> Page:
    lines = [(number, world.say(label)) for number, (label, _) in LINES.items()]
    if found := loan_again.last(world):
        lines.append((AGAIN, loan_again.label(world, *found)))
    return Page(world.say("Growr"), lines)


def read_language(world: World, dialog: Dialog, typed: str) -> str:
    language = pick(typed, NUMBERS)
    people.set_language(world.db, user_id=me(world), language=language)
    dialog.language = language
    return "home"


@menu.screen("language", read=read_language)
def ask_language(world: World, _: Dialog) -> Page:
    return Page(world.say("Which language?"), languages())
