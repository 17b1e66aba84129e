"""Leaving for another node: she picks it, reads what will happen, and types her PIN."""

from __future__ import annotations

from config.neighbours import Neighbour
from core import onboarding, sscr
from core.onboarding import handovers
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Guard, pick
from menus.screens.entry import me
from menus.screens.table import menu
from menus.world import World


def neighbours(world: World) -> dict[int, Neighbour]:
    """The nodes she may move to, by the number she types."""
    known = world.node.settings.neighbours
    found = handovers.reachable(world.db, known) if known else []
    return {one.number: one for one in found}


def read_where(world: World, dialog: Dialog, typed: str) -> str:
    dialog.answers["neighbour"] = pick(typed, neighbours(world)).did
    return "moving.terms"


@menu.screen("moving", read=read_where)
def ask_where(world: World, _: Dialog) -> Page:
    options = [(number, one.name) for number, one in neighbours(world).items()]
    return Page(world.say("Who shall keep your record?"), options)


def go_on(_: World, __: Dialog) -> str:
    return "moving.pin"


@menu.confirmation("moving.terms", yes=go_on, label=mark("Move it"), guard=Guard.TERMS)
def explain(world: World, dialog: Dialog) -> Page:
    chosen = _chosen(world, dialog)
    return Page(
        "\n".join(
            [
                world.say(
                    "Your proofs move to {name}, with a new PIN there; we keep no copy. We text you a number that you "
                    "type there, at {service_code}.",
                    name=chosen.name,
                    service_code=chosen.service_code,
                ),
                world.say("Your loans here go on, but a new loan here needs a record here."),
            ]
        )
    )


def read_pin(world: World, dialog: Dialog, typed: str) -> str:
    chosen = _chosen(world, dialog)
    with sscr.unlock(
        world.db, custody=world.node.custody, owner_id=me(world), pin=typed, purpose=onboarding.HANDOVER,
        session_id=world.session_id, now=world.now, audience=chosen.name,
    ) as unlocked:  # fmt: skip
        handovers.start(
            world.db, unlocked=unlocked, neighbour=chosen, keyring=world.node.keyring, issuer=world.node.issuer,
            now=world.now,
        )  # fmt: skip
    return "moving.started"


@menu.screen("moving.pin", read=read_pin, guard=Guard.PIN)
def ask_pin(world: World, _: Dialog) -> Page:
    return Page(world.say("Type your PIN to move your record."))


@menu.told("moving.started")
def started(world: World, dialog: Dialog) -> Page:
    return Page(
        world.say(
            "We tell {name}. When they expect you, a text brings you the number. Until all has arrived there, your "
            "record stays here.",
            name=_chosen(world, dialog).name,
        )
    )


def _chosen(world: World, dialog: Dialog) -> Neighbour:
    for one in neighbours(world).values():
        if one.did == dialog.answers["neighbour"]:
            return one
    return pick("", neighbours(world))
