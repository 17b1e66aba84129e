"""Her self-sovereign credit record: what is in it, what she can prove, and who opened it."""

from __future__ import annotations

from core import onboarding, people, sscr
from core.credentials import CredentialType
from core.onboarding import TITLES
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Guard, pick
from menus.screens.entry import me, support
from menus.screens.say import day, moment
from menus.screens.table import menu
from menus.world import World

OPENINGS = 10  # the last ones; nobody reads more on a phone
NUMBERS = {CredentialType.KYC: 1, CredentialType.COMMUNITY_MEMBERSHIP: 2}

menu.choices(
    "record",
    mark("My record"),
    [
        (1, mark("What it holds"), "record.list"),
        (2, mark("Prove something"), "record.prove"),
        (3, mark("Who opened it"), "record.openings"),
        (4, mark("My consents"), "consents"),
        (5, mark("My PIN"), "pin"),
    ],
)


@menu.screen("record.list")
def show_list(world: World, _: Dialog) -> Page:
    lines = [
        world.say("{title} by {issuer}, {day}", title=world.say(TITLES[CredentialType(held.type)]), issuer=held.issuer,
                  day=day(world, held.issued_at.date()))
        for held in sscr.holdings(world.db, me(world))
    ]  # fmt: skip
    return Page("\n".join(lines) or world.say("Your record is empty. Choose Prove something."))


def provable(world: World) -> dict[int, onboarding.Provable]:
    """What she can prove now, by the number she types; a number is one type's for ever."""
    found = onboarding.provable(world.db, me(world), now=world.now)
    return {NUMBERS[one.type]: one for one in found}


def read_prove(world: World, dialog: Dialog, typed: str) -> str:
    dialog.answers["prove"] = pick(typed, provable(world)).type
    return "record.prove.confirm"


@menu.screen("record.prove", read=read_prove)
def ask_prove(world: World, _: Dialog) -> Page:
    found = provable(world)
    if not found:
        return Page(world.say("You hold all that your organisation has confirmed so far."))
    options = [(number, world.say(TITLES[one.type])) for number, one in found.items()]
    return Page(world.say("What would you like to prove?"), options)


def add(world: World, dialog: Dialog) -> str:
    chosen = _chosen(world, dialog)
    onboarding.prove(
        world.db, keyring=world.node.keyring, issuer=world.node.issuer, user_id=me(world),
        type=chosen.type, now=world.now,
    )  # fmt: skip
    return "record.added"


@menu.confirmation("record.prove.confirm", yes=add, guard=Guard.NONE)
def confirm(world: World, dialog: Dialog) -> Page:
    chosen = _chosen(world, dialog)
    return Page(
        world.say(
            "{issuer} confirms: {title}. Put it into your record?",
            issuer=chosen.issuer,
            title=world.say(TITLES[chosen.type]),
        )
    )


def read_added(_: World, __: Dialog, typed: str) -> str:
    return pick(typed, {1: "record.prove", 2: "loan.offers"})


@menu.screen("record.added", read=read_added)
def added(world: World, _: Dialog) -> Page:
    options = [(1, world.say("Prove something more")), (2, world.say("Get a loan"))]
    return Page(world.say("It is in your record now. Nobody sees it without your PIN."), options)


@menu.screen("record.openings")
def show_openings(world: World, _: Dialog) -> Page:
    opened = sscr.openings(world.db, me(world), limit=OPENINGS)
    if not opened:
        return Page(world.say("Never opened."))
    zone = people.organisation(world.db, people.get(world.db, me(world)).organisation_id).timezone
    lines = [
        f"{moment(world, one.at, zone)}: {onboarding.reason(world.words, one)}" for one in opened
    ]
    whole = world.say("No line is missing.")
    if not sscr.openings_whole(world.db, me(world)):
        whole = world.say("A line is missing: call {support}.", support=support(world))
    return Page("\n".join([world.say("Opened with your PIN:"), *lines, whole]))


def _chosen(world: World, dialog: Dialog) -> onboarding.Provable:
    for one in provable(world).values():
        if one.type == dialog.answers["prove"]:
            return one
    return pick("", provable(world))  # it is in her record already: ask again
