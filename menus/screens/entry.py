"""The doors of the node: a stranger, an invited person who registers, a blocked one."""

from __future__ import annotations

import uuid

from config.limits import CODE_DIGITS
from core import onboarding, people
from core.people import CodeCheck, Organisation
from core.words import LANGUAGES, words
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.screen import Guard, Retry, pick
from menus.screens.table import menu
from menus.world import World

NUMBERS = {1: "en", 2: "sw"}  # of the languages, for ever


def languages() -> list[tuple[int, str]]:
    """The languages to choose from, each in its own words."""
    return [(number, LANGUAGES[language]) for number, language in NUMBERS.items()]


def me(world: World) -> uuid.UUID:
    """The caller's id, on screens that only users of this node reach."""
    assert world.caller.user_id is not None, "a stranger passed the door"
    return world.caller.user_id


def my_organisation(world: World) -> Organisation:
    """Who lends to her and knows her."""
    return people.organisation(world.db, people.get(world.db, me(world)).organisation_id)


def support(world: World) -> str:
    """Where her organisation answers the phone."""
    return my_organisation(world).support_phone


def read_stranger(_: World, dialog: Dialog, typed: str) -> str:
    dialog.language = pick(typed, NUMBERS)
    return "stranger.told"


@menu.screen("stranger", read=read_stranger, home=True)
def ask_stranger(_: World, __: Dialog) -> Page:
    """Nobody knows her language: it is asked first, in both."""
    welcome = " / ".join(words(language).say("Welcome to Growr.") for language in NUMBERS.values())
    return Page(welcome, languages())


@menu.screen("stranger.told")
def stranger(world: World, _: Dialog) -> End:
    return End(
        world.say(
            "Growr lends through people who know you. This number is not invited yet. "
            "Ask your cooperative, or call {support}.",
            support=world.node.settings.support_phone,
        )
    )


@menu.screen("blocked", home=True)
def blocked(world: World, _: Dialog) -> End:
    return End(world.say("Your access is paused. Please call {support}.", support=support(world)))


def read_code(world: World, dialog: Dialog, typed: str) -> str | End:
    if typed in map(str, NUMBERS):  # somebody else may have guessed her language
        _speak(world, dialog, NUMBERS[int(typed)])
        return "register.code"
    if not (typed.isascii() and typed.isdecimal() and len(typed) == CODE_DIGITS):
        raise Retry(world.say("The code is a number of 6 digits."))  # costs her no try
    found = people.check_code(
        world.db, keyring=world.node.keyring, user_id=me(world), code=typed, now=world.now
    )
    if found is CodeCheck.WRONG:
        raise Retry(world.say("That is not the code from our SMS. Please look again."))
    if found is CodeCheck.VOID:
        return End(
            world.say(
                "This code is no longer valid. Please ask for a new one: {support}.",
                support=support(world),
            )
        )
    return "register.pin"


@menu.screen("register.code", read=read_code, home=True)
def ask_code(world: World, _: Dialog) -> Page:
    name = people.get(world.db, me(world)).given_name
    text = world.say("Welcome {name}! Please type the 6-digit code from our SMS.", name=name)
    others = [one for one in languages() if NUMBERS[one[0]] != world.words.language]
    return Page(text, others)


def _speak(world: World, dialog: Dialog, language: str) -> None:
    people.set_language(world.db, user_id=me(world), language=language)
    dialog.language = language


def read_pin(world: World, _: Dialog, typed: str) -> str:
    onboarding.choose_pin(
        world.db, keyring=world.node.keyring, custody=world.node.custody, user_id=me(world), pin=typed,
        now=world.now,
    )  # fmt: skip
    return "register.again"


@menu.screen("register.pin", read=read_pin, guard=Guard.PIN)
def ask_pin(world: World, _: Dialog) -> Page:
    return Page(
        world.say("Choose a PIN of 6 digits. It opens your record: tell nobody, not even us.")
    )


@menu.screen("register.differs", read=read_pin, guard=Guard.PIN)
def ask_pin_afresh(world: World, _: Dialog) -> Page:
    return Page(world.say("The two PINs were not the same. Choose a PIN of 6 digits once more."))


def read_pin_again(world: World, _: Dialog, typed: str) -> str:
    same = onboarding.confirm_pin(
        world.db, custody=world.node.custody, user_id=me(world), pin=typed,
        session_id=world.session_id, now=world.now,
    )  # fmt: skip
    return "registered" if same else "register.differs"


@menu.screen("register.again", read=read_pin_again, guard=Guard.PIN)
def ask_pin_again(world: World, _: Dialog) -> Page:
    return Page(world.say("Type the same PIN again."))


def read_registered(_: World, __: Dialog, typed: str) -> str:
    if typed != "1":
        raise Retry
    return "home"


@menu.screen("registered", read=read_registered)
def registered(world: World, _: Dialog) -> Page:
    text = world.say("You are registered. Your record is yours: nobody opens it without your PIN.")
    return Page(text, [(1, world.say("Go on"))])
