"""Proving something: what her organisation confirmed already, what a source outside may confirm, how her loans went."""

from __future__ import annotations

from config.sources import Source
from core import lending, onboarding, sscr
from core.credentials import CredentialType
from core.onboarding import TITLES, sources
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Guard, pick
from menus.screens.entry import me
from menus.screens.table import menu
from menus.world import World

NUMBERS = {
    type: number for number, type in enumerate(onboarding.CREDENTIAL_YEARS, start=1)
}  # for ever
SUMMARY, FIRST_SOURCE, LOAN = 9, 10, 99


def provable(world: World) -> dict[int, onboarding.Provable]:
    """What her organisation confirmed and she does not hold, by the number she types."""
    found = onboarding.provable(world.db, me(world), now=world.now)
    return {NUMBERS[one.type]: one for one in found}


def askable(world: World) -> dict[int, Source]:
    """The sources that can confirm something more, by the number she types."""
    held = {one.type: one.issuer for one in sscr.holdings(world.db, me(world))}
    found = sources.offered(world.node.settings.sources, held)
    return {FIRST_SOURCE + one.number: one for one in found}


def has_loans(world: World) -> bool:
    """Whether there is anything to sum up."""
    return bool(lending.loans_of(world.db, me(world), limit=1))


def read_prove(world: World, dialog: Dialog, typed: str) -> str:
    if typed == str(SUMMARY) and has_loans(world):
        return "record.summary"
    if source := askable(world).get(int(typed) if typed.isascii() and typed.isdecimal() else 0):
        dialog.answers["source"] = source.id
        return "record.source"
    if typed == str(LOAN) and not options(world):
        return "loan.offers"
    dialog.answers["prove"] = pick(typed, provable(world)).type
    return "record.prove.confirm"


def options(world: World) -> list[tuple[int, str]]:
    """All she can prove now."""
    found = [(number, world.say(TITLES[one.type])) for number, one in provable(world).items()]
    if has_loans(world):
        found.append((SUMMARY, world.say(TITLES[CredentialType.CREDIT_SUMMARY])))
    for number, source in askable(world).items():
        title = world.say(TITLES[CredentialType(source.type)])
        found.append((number, world.say("{title}, ask {source}", title=title, source=source.name)))
    return found


@menu.screen("record.prove", read=read_prove)
def ask_prove(world: World, _: Dialog) -> Page:
    if found := options(world):
        return Page(world.say("What would you like to prove?"), found)
    return Page(
        world.say("You hold all that your organisation has confirmed so far."),
        [(LOAN, world.say("Get a loan"))],
    )


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


def sum_up(world: World, _: Dialog) -> str:
    lending.credit_summary.ask(world.db, user_id=me(world), issuer=world.node.issuer, now=world.now)
    return "record.added"


@menu.confirmation("record.summary", yes=sum_up, guard=Guard.NONE)
def confirm_summary(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "We sum up how your loans went, as of today, and put it into your record. A new one takes the place of the "
            "old one. Go on?"
        )
    )


def ask_source(world: World, dialog: Dialog) -> str:
    sources.ask(world.db, user_id=me(world), source=_source(world, dialog), now=world.now)
    return "record.asked"


@menu.confirmation("record.source", yes=ask_source, guard=Guard.NONE)
def confirm_source(world: World, dialog: Dialog) -> Page:
    source = _source(world, dialog)
    return Page(
        world.say(
            "We ask {source} about your phone number: {title}. They learn that you asked. Go on?",
            source=source.name,
            title=world.say(TITLES[CredentialType(source.type)]),
        )
    )


@menu.told("record.asked")
def asked(world: World, _: Dialog) -> Page:
    return Page(world.say("We have asked. A text tells you when it is in your record."))


def read_added(_: World, __: Dialog, typed: str) -> str:
    return pick(typed, {1: "record.prove", 2: "loan.offers"})


@menu.screen("record.added", read=read_added)
def added(world: World, _: Dialog) -> Page:
    options = [(1, world.say("Prove something more")), (2, world.say("Get a loan"))]
    return Page(world.say("It is in your record now. Nobody sees it without your PIN."), options)


def _chosen(world: World, dialog: Dialog) -> onboarding.Provable:
    for one in provable(world).values():
        if one.type == dialog.answers["prove"]:
            return one
    return pick("", provable(world))  # it is in her record already: ask again


def _source(world: World, dialog: Dialog) -> Source:
    for one in askable(world).values():
        if one.id == dialog.answers["source"]:
            return one
    return pick("", askable(world))
