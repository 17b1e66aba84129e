"""Her self-sovereign credit record: what is in it, what she can prove, and who opened it."""

from __future__ import annotations

from core import onboarding, people, sscr
from core.credentials import CredentialType
from core.onboarding import TITLES, arrivals, handovers, wallets
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Choice, pick
from menus.screens.entry import me, support
from menus.screens.moving import neighbours
from menus.screens.say import day, moment
from menus.screens.table import menu
from menus.world import World

OPENINGS = 10  # the last ones; nobody reads more on a phone


def is_in_wallet(world: World, _: Dialog) -> bool:
    """Whether her record is in a wallet of her own: then what needs a PIN is not shown."""
    return sscr.is_in_wallet(world.db, me(world))


def is_here(world: World, dialog: Dialog) -> bool:
    return not is_in_wallet(world, dialog)


menu.choices(
    "record",
    mark("My record"),
    [
        (1, mark("What it holds"), "record.list"),
        Choice(2, mark("Prove something"), "record.prove", is_here),
        (3, mark("Who opened it"), "record.openings"),
        Choice(4, mark("My consents"), "consents", is_here),
        Choice(5, mark("My PIN"), "pin", is_here),
        Choice(6, mark("Send my credit history to my wallet"), "wallet.news", is_in_wallet),
    ],
)


def read_list(world: World, _: Dialog, typed: str) -> str:
    return pick(typed, {number: screen for number, (_, screen) in ways(world).items()})


def ways(world: World) -> dict[int, tuple[str, str]]:
    """What she can do with her record, by the lasting number she types: its label and its screen."""
    if wallets.left(world.db, me(world)):
        return {}
    found = {3: (world.say("Prove something"), "record.prove")}
    if sscr.holdings(world.db, me(world)):
        found[1] = (world.say("Move it to my own wallet"), "wallet")
        if neighbours(world):
            found[2] = (world.say("Move it to another organisation"), "moving")
    return dict(sorted(found.items()))


@menu.screen("record.list", read=read_list)
def show_list(world: World, _: Dialog) -> Page:
    if gone := wallets.left(world.db, me(world)):
        if name := handovers.where(world.db, me(world)):
            return Page(
                world.say(
                    "Your record is with {name} since {day}. We keep only the list of its openings. Your loans go on "
                    "as before.",
                    name=name,
                    day=day(world, gone.date()),
                )
            )
        return Page(
            world.say(
                "Your record is in your own wallet since {day}. We keep only the list of its openings. Your loans go "
                "on as before.",
                day=day(world, gone.date()),
            )
        )
    lines = [
        world.say("{title} by {issuer}, {day}", title=world.say(TITLES[CredentialType(held.type)]), issuer=held.issuer,
                  day=day(world, held.issued_at.date()))
        for held in sscr.holdings(world.db, me(world))
    ]  # fmt: skip
    lines += [
        world.say("{title} by {issuer}: prove it again", title=world.say(TITLES[CredentialType(one.type)]),
                  issuer=one.issuer)
        for one in arrivals.to_prove_again(world.db, me(world))
    ]  # fmt: skip
    text = "\n".join(lines) or world.say("Your record is empty.")
    return Page(text, [(number, label) for number, (label, _) in ways(world).items()])


@menu.screen("record.openings")
def show_openings(world: World, _: Dialog) -> Page:
    opened = sscr.openings(world.db, me(world), limit=OPENINGS)
    if not opened:
        return Page(world.say("Never opened."))
    zone = people.organisation(world.db, people.get(world.db, me(world)).organisation_id).timezone
    lines = [
        f"{moment(world, one.at, zone)}: {onboarding.reason(world.words, one)}" for one in opened
    ]
    whole = world.say("The list is complete.")
    if not _is_whole(world):
        whole = world.say("The list is not complete: call {support}.", support=support(world))
    return Page("\n".join([world.say("It was opened:"), *lines, whole]))


def _is_whole(world: World) -> bool:
    """Whether her list of openings is one chain, and ends where the public book says."""
    told = sscr.agrees_with_book(world.db, custody=world.node.custody, owner_id=me(world))
    return told and sscr.openings_whole(world.db, me(world))
