"""What she agreed to show, and taking it back."""

from __future__ import annotations

from core import onboarding, sscr
from core.errors import Refusal
from core.refusal_codes import RefusalCode
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.questions import question
from menus.screen import pick
from menus.screens.entry import me
from menus.screens.say import day, short_day
from menus.screens.table import menu
from menus.world import World


def mine(world: World) -> dict[int, sscr.Consent]:
    """What she agreed to, by the number she types."""
    return dict(enumerate(sscr.consents(world.db, me(world)), start=1))


def read_list(world: World, dialog: Dialog, typed: str) -> str:
    dialog.answers["consent"] = str(pick(typed, mine(world)).id)
    return "consents.one"


@menu.screen("consents", read=read_list)
def show_list(world: World, _: Dialog) -> Page:
    options = [
        (number, f"{one.verifier_name}, {short_day(world, one.created_at.date())}")
        for number, one in mine(world).items()
    ]
    if not options:
        return Page(world.say("You have agreed to nothing: nobody may see anything."))
    return Page(world.say("You agreed to answer:"), options)


def chosen(world: World, dialog: Dialog) -> sscr.Consent:
    """The one she has just chosen."""
    for one in mine(world).values():
        if str(one.id) == dialog.answers["consent"]:
            return one
    raise Refusal(RefusalCode.CONSENT_UNKNOWN)


def read_one(world: World, dialog: Dialog, typed: str) -> str:
    consent = chosen(world, dialog)
    pick(typed, {1: consent} if sscr.is_live(consent, world.now) else {})
    onboarding.take_back(world.db, user_id=me(world), consent_id=consent.id, now=world.now)
    return "consents.ended"


@menu.screen("consents.one", read=read_one)
def show_one(world: World, dialog: Dialog) -> Page:
    one = chosen(world, dialog)
    why = world.say(onboarding.PURPOSES.get(one.purpose, one.purpose))
    asked = [question(world.words, type, {"path": path}) for type, *path in one.asked]
    lines = [world.say("{name}: {purpose}.", name=one.verifier_name, purpose=why), *asked]
    if sscr.is_live(one, world.now):
        lines.append(
            world.say(
                "Until {day}, code {code}.", day=day(world, one.expires_at.date()), code=one.code
            )
        )
        return Page("\n".join(lines), [(1, world.say("Take it back"))])
    taken = one.withdrawn_at
    ended = world.say("Ended on {day}.", day=day(world, one.expires_at.date()))
    if taken is not None:
        ended = world.say("Taken back on {day}.", day=day(world, taken.date()))
    return Page("\n".join([*lines, ended]))


@menu.told("consents.ended", onward=(mark("My consents"), "consents"))
def show_ended(world: World, _: Dialog) -> Page:
    return Page(world.say("Taken back. Nothing more is shown unless you agree anew."))
