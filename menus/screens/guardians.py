"""The people who may help her when she forgets her PIN, and her own help for a friend who forgot it."""

from __future__ import annotations

import uuid
from datetime import datetime

from core import onboarding, people, sscr
from core.errors import Refusal
from core.messaging import Template
from core.onboarding import GUARDIAN_HELP
from core.refusal_codes import RefusalCode
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Field, Guard, pick
from menus.screens.entry import me
from menus.screens.pin import opened
from menus.screens.say import full_name, initials, moment_here
from menus.screens.table import menu
from menus.world import World


def named(world: World) -> dict[int, uuid.UUID]:
    """Her guardians, by the number she types."""
    return dict(enumerate(sscr.guardians_of(world.db, me(world)), start=2))


def read_guardians(world: World, dialog: Dialog, typed: str) -> str:
    if typed == "1":
        return "guardians.add"
    dialog.answers["guardian"] = str(pick(typed, named(world)))
    return "guardians.remove"


@menu.screen("guardians", read=read_guardians)
def show_guardians(world: World, _: Dialog) -> Page:
    text = world.say("A guardian helps if you forget your PIN, and never sees your record.")
    mine = [
        (number, world.say("Remove {name}", name=full_name(world, one)))
        for number, one in named(world).items()
    ]
    return Page(text, [(1, world.say("Name a guardian")), *mine])


def a_number(world: World, typed: str) -> str:
    """A number as we write it; whose it is, nobody learns without a PIN."""
    mine = people.organisation(world.db, people.get(world.db, me(world)).organisation_id)
    return people.mobile(typed, mine.country)


menu.form(
    "guardians.add",
    [Field("number", mark("Type the phone number of somebody you trust."), a_number)],
    then="guardians.pin",
)


def read_add(world: World, dialog: Dialog, typed: str) -> str:
    """Each look-up is an opening of her record: it is counted, texted to her, and in her list."""
    with opened(world, typed, onboarding.GUARDIANS, for_guardian=True) as unlocked:
        found = onboarding.look_up(
            world.db, owner_id=me(world), phone=dialog.answers["number"], now=world.now
        )
        if found is None:
            return "guardians.none"
        sscr.add_guardian(world.db, unlocked=unlocked, guardian_id=found.id, is_confirmed=False)
    dialog.answers["guardian"] = str(found.id)
    return "guardians.confirm"


@menu.screen("guardians.pin", read=read_add, guard=Guard.PIN)
def ask_add(world: World, _: Dialog) -> Page:
    return Page(
        world.say("Type your PIN. Then we show you the initials of whoever has this number.")
    )


@menu.screen("guardians.none")
def show_none(world: World, _: Dialog) -> Page:
    return Page(
        world.say("Nobody with a record here has this number. Please look at it once more.")
    )


def confirm(world: World, dialog: Dialog) -> str:
    guardian = uuid.UUID(dialog.answers["guardian"])
    if sscr.confirm_guardian(world.db, owner_id=me(world), guardian_id=guardian):
        onboarding.text(
            world.db, people.get(world.db, guardian), Template.GUARDIAN_NAMED, world.now,
            about=me(world), name=full_name(world, me(world)),
        )  # fmt: skip
    return "guardians"


@menu.confirmation("guardians.confirm", yes=confirm, label=mark("Yes, it is"), guard=Guard.NONE)
def ask_confirm(world: World, dialog: Dialog) -> Page:
    short = initials(world, uuid.UUID(dialog.answers["guardian"]))
    return Page(
        world.say(
            "This is the number of {initials} Is that whom you mean? Then {initials} may help you to a new PIN.",
            initials=short,
        )
    )


def read_remove(world: World, dialog: Dialog, typed: str) -> str:
    with opened(world, typed, onboarding.GUARDIANS) as unlocked:
        guardian = uuid.UUID(dialog.answers["guardian"])
        sscr.remove_guardian(world.db, unlocked=unlocked, guardian_id=guardian)
    return "guardians"


@menu.screen("guardians.remove", read=read_remove, guard=Guard.PIN)
def ask_remove(world: World, dialog: Dialog) -> Page:
    name = full_name(world, uuid.UUID(dialog.answers["guardian"]))
    return Page(world.say("{name} helps you no more? Type your PIN to agree.", name=name))


def friends(world: World) -> dict[int, onboarding.Recovery]:
    """Who waits for her help, by the number she types."""
    return dict(enumerate(onboarding.waiting_for(world.db, me(world)), start=1))


def read_friend(world: World, dialog: Dialog, typed: str) -> str:
    chosen = pick(typed, friends(world))
    dialog.answers["friend"] = str(chosen.id)
    return "friend.pin" if helps_from(chosen) <= world.now else "friend.waits"


def helps_from(friend: onboarding.Recovery) -> datetime:
    assert friend.helps_at is not None, "who waits for help knows from when on"
    return friend.helps_at


def asked(world: World, dialog: Dialog) -> onboarding.Recovery:
    """The friend she has just chosen, if he still waits."""
    for one in friends(world).values():
        if str(one.id) == dialog.answers["friend"]:
            return one
    raise Refusal(RefusalCode.RECOVERY_OVER)


@menu.screen("friend", read=read_friend)
def show_friends(world: World, _: Dialog) -> Page:
    options = [(number, full_name(world, one.user_id)) for number, one in friends(world).items()]
    if not options:
        return Page(world.say("Nobody waits for your help now."))
    return Page(world.say("Who forgot the PIN? Speak to the person before you help."), options)


def read_help(world: World, dialog: Dialog, typed: str) -> str:
    friend = asked(world, dialog)
    with opened(world, typed, GUARDIAN_HELP) as guardian:
        onboarding.help_out(
            world.db,
            custody=world.node.custody,
            guardian=guardian,
            recovery=friend,
            now=world.now,
        )
    return "friend.helped"


@menu.screen("friend.pin", read=read_help, guard=Guard.PIN)
def ask_help(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "Are you sure it is your friend who asks? Then type your own PIN. You see nothing of the record."
        )
    )


@menu.told("friend.waits")
def show_wait(world: World, dialog: Dialog) -> Page:
    friend = asked(world, dialog)
    return Page(
        world.say(
            "You can help {name} from {time}; we text you then. The wait keeps thieves away.",
            name=full_name(world, friend.user_id),
            time=moment_here(world, me(world), helps_from(friend)),
        )
    )


@menu.told("friend.helped")
def helped(world: World, _: Dialog) -> Page:
    return Page(world.say("Thank you. Your friend's new PIN works now."))
