"""What she agreed to show, and taking it back."""

from __future__ import annotations

import uuid

from core import onboarding, sscr
from core.errors import Refusal
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Guard, pick
from menus.screens.entry import me
from menus.screens.say import day, short_day
from menus.screens.table import menu
from menus.world import World


def mine(world: World) -> dict[int, sscr.Consent]:
    """What she agreed to, by the number she types."""
    return dict(enumerate(sscr.consents(world.db, me(world), now=world.now), start=1))


def read_list(world: World, dialog: Dialog, typed: str) -> str:
    dialog.answers["consent"] = str(pick(typed, mine(world)).id)
    return "consents.one"


@menu.screen("consents", read=read_list)
def show_list(world: World, _: Dialog) -> Page:
    options = [
        (number, f"{short_day(world, one.created_at.date())} {one.verifier_name}")
        for number, one in mine(world).items()
    ]
    if not options:
        return Page(world.say("You have agreed to nothing: nobody may see anything."))
    return Page(world.say("You agreed to answer:"), options)


def withdraw(world: World, dialog: Dialog) -> str:
    consent = uuid.UUID(dialog.answers["consent"])
    onboarding.take_back(world.db, user_id=me(world), consent_id=consent, now=world.now)
    return "consents.ended"


@menu.confirmation("consents.one", yes=withdraw, label=mark("Take it back"), guard=Guard.NONE)
def show_one(world: World, dialog: Dialog) -> Page:
    found = [one for one in mine(world).values() if str(one.id) == dialog.answers["consent"]]
    if not found:
        raise Refusal("consent_unknown")
    one = found[0]
    why = world.say(onboarding.PURPOSES.get(one.purpose, one.purpose))
    text = world.say("{name}: {purpose}. Until {day}, code {code}.", name=one.verifier_name, purpose=why,
                     day=day(world, one.expires_at.date()), code=one.code)  # fmt: skip
    return Page(text)


@menu.screen("consents.ended")
def show_ended(world: World, _: Dialog) -> Page:
    return Page(world.say("Taken back. Nothing more is shown unless you agree anew."))
