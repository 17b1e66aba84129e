"""Coming from another node: the number texted from there, then a PIN of here. One page says how far it is."""

from __future__ import annotations

from typing import Any

from config.limits import CODE_DIGITS
from core.errors import Refusal
from core.onboarding import arrivals
from core.onboarding.models import Arrival, ArrivalState
from core.refusal_codes import RefusalCode
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.screen import Guard, Retry, pick
from menus.screens.table import arriving, later, menu
from menus.world import World

HUB, CODE, KNOWN, NEW = "arrival", "arrival.code", "arrival.pin", "arrival.new"


def waiting(world: World) -> Arrival:
    """What has come for her; refuses where it is over."""
    found = arriving(world)
    if found is None:
        raise Refusal(RefusalCode.ARRIVAL_OVER)
    return found


def name(world: World) -> str:
    """Where it comes from."""
    return arrivals.name_of(waiting(world), world.node.settings.neighbours)


def read_hub(world: World, _: Dialog, typed: str) -> str | End:
    if pick(typed, {1: True, 2: False}):
        return forward(world)
    door = later(world)
    if door == "stranger":
        return End(
            world.say("It waits for you here until tomorrow. Until then it stays where it was.")
        )
    return door


def forward(world: World) -> str:
    """The next thing to do: type the number, wait for an answer, or type a PIN."""
    arrival = waiting(world)
    if arrival.state is ArrivalState.WAITING:
        return CODE
    if arrivals.is_ready(arrival, world.now):
        return NEW if arrivals.is_new(world.db, world.node.keyring, arrival) else KNOWN
    if arrival.state is ArrivalState.ADMITTED:
        arrivals.freshen(world.db, arrival, world.now)
    return HUB


@menu.screen("arrival", read=read_hub, home=True)
def show_hub(world: World, dialog: Dialog) -> Page:
    arrival = waiting(world)
    if world.caller.user_id is None:  # nobody asked for her language yet
        dialog.language = arrivals.kept(world.node.keyring, arrival)["language"]
        world = world.speaking(dialog.language)
    from_whom = name(world)
    if arrival.problem == "wrong_number":
        text = world.say(
            "That is not the number {name} texted you. Please look again.", name=from_whom
        )
    elif arrival.state is ArrivalState.WAITING:
        text = world.say("Welcome! Your record from {name} waits for you.", name=from_whom)
    elif arrivals.is_ready(arrival, world.now):
        text = world.say("That was the right number. Now your PIN.")
    else:
        text = world.say(
            "One moment, we are asking {name}. If it takes long, we text you.", name=from_whom
        )
    forth = (
        world.say("Type the number")
        if arrival.state is ArrivalState.WAITING
        else world.say("Go on")
    )
    return Page(text, [(1, forth), (2, world.say("Not now"))])


def read_code(world: World, _: Dialog, typed: str) -> str:
    if not (typed.isascii() and typed.isdecimal() and len(typed) == CODE_DIGITS):
        raise Retry(world.say("The code is a number of 6 digits."))  # costs her no try
    arrivals.type_code(
        world.db, keyring=world.node.keyring, arrival=waiting(world), code=typed, now=world.now
    )
    return HUB


@menu.screen("arrival.code", read=read_code, guard=Guard.PIN)
def ask_code(world: World, _: Dialog) -> Page:
    return Page(world.say("Type the number {name} texted you.", name=name(world)))


def read_new(world: World, _: Dialog, typed: str) -> str:
    arrivals.choose_pin(
        world.db, keyring=world.node.keyring, custody=world.node.custody, arrival=waiting(world), pin=typed,
        now=world.now,
    )  # fmt: skip
    return "arrival.again"


@menu.screen("arrival.new", read=read_new, guard=Guard.PIN)
def ask_new(world: World, _: Dialog) -> Page:
    return Page(
        world.say("Choose a PIN of 6 digits. It opens your record: tell nobody, not even us.")
    )


@menu.screen("arrival.differs", read=read_new, guard=Guard.PIN)
def ask_afresh(world: World, _: Dialog) -> Page:
    return Page(world.say("The two PINs were not the same. Choose a PIN of 6 digits once more."))


def read_again(world: World, _: Dialog, typed: str) -> str | End:
    if not arrivals.is_ready(waiting(world), world.now):
        return forward(world)
    same = arrivals.agree_anew(world.db, **_asked(world, typed))
    return thanks(world) if same else "arrival.differs"


@menu.screen("arrival.again", read=read_again, guard=Guard.PIN)
def ask_again(world: World, _: Dialog) -> Page:
    return Page(world.say("Type the same PIN again."))


def read_pin(world: World, _: Dialog, typed: str) -> str | End:
    if not arrivals.is_ready(waiting(world), world.now):
        return forward(world)
    arrivals.agree(world.db, **_asked(world, typed))
    return thanks(world)


@menu.screen("arrival.pin", read=read_pin, guard=Guard.PIN)
def ask_pin(world: World, _: Dialog) -> Page:
    return Page(
        world.say("Type your PIN. What comes from {name} joins your record.", name=name(world))
    )


def thanks(world: World) -> End:
    return End(
        world.say("Thank you. Your record comes now; a text tells you when all of it is here.")
    )


def _asked(world: World, pin: str) -> dict[str, Any]:
    node, arrival = world.node, waiting(world)
    return {
        "keyring": node.keyring, "custody": node.custody, "issuer": node.issuer, "arrival": arrival,
        "name": name(world), "pin": pin, "session_id": world.session_id, "now": world.now,
    }  # fmt: skip
