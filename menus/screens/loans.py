"""From an offer to the terms: which project, how much and how long, or the same as last time."""

from __future__ import annotations

import re

from core import lending
from core.errors import Refusal
from core.lending import Offer
from core.lending.durations import Length
from core.lending.schedules.terms import Unit
from core.refusal_codes import RefusalCode
from menus.dialogs import Dialog
from menus.page import MORE, Page
from menus.screen import pick
from menus.screens.entry import me
from menus.screens.loan_steps import next_step, offer_of, offers
from menus.screens.say import typed_amount
from menus.screens.table import menu
from menus.world import World


def read_offer(world: World, dialog: Dialog, typed: str) -> str:
    dialog.answers["project"] = str(pick(typed, offers(world)).project_id)
    return next_step(world, dialog)


@menu.screen("loan.offers", read=read_offer)
def show_offers(world: World, dialog: Dialog) -> Page:
    if lending.open_loan(world.db, me(world)) is not None:
        raise Refusal(RefusalCode.LOAN_ALREADY_OPEN)
    for name in ("amount", "duration"):  # a new choice begins
        dialog.answers.pop(name, None)
    found = offers(world)
    if not found:
        return Page(
            world.say(
                "There is no offer for you now. We will have one again: please look in later."
            )
        )
    options = [
        (number, f"{offer.name}: {offer.least} - {offer.most}") for number, offer in found.items()
    ]
    return Page(world.say("Choose an offer:"), options)


def read_income(world: World, dialog: Dialog, typed: str) -> str:
    lending.affordability.declare_income(
        world.db, user_id=me(world), monthly=typed_amount(world, typed), now=world.now
    )
    return next_step(world, dialog)


@menu.screen("loan.income", read=read_income)
def ask_income(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "About how much money comes in to you in a month? Whole shillings, e.g. 9000. "
            "It helps us not to lend you too much."
        )
    )


def read_amount(world: World, dialog: Dialog, typed: str) -> str:
    money, offer = typed_amount(world, typed), offer_of(world, dialog)
    if not offer.least <= money <= offer.most:
        raise Refusal(RefusalCode.AMOUNT_OUTSIDE_OFFER, least=offer.least, most=offer.most)
    dialog.answers["amount"] = money.plain
    dialog.answers.pop("duration", None)
    return next_step(world, dialog)


@menu.screen("loan.amount", read=read_amount)
def ask_amount(world: World, dialog: Dialog) -> Page:
    offer = offer_of(world, dialog)
    text = world.say(
        "How much do you need? From {least} to {most}.", least=offer.least, most=offer.most
    )
    if offer.is_earned:
        text = world.say("You may now borrow up to {most}.", most=offer.most) + " " + text
    return Page(text)


def keys(offer: Offer) -> dict[int, int]:
    """The durations by the key that chooses them: the number of months (weeks, days) itself, where that is possible."""
    counts = {offer.length(choice)[0]: choice for choice in offer.durations}
    if len(counts) == len(offer.durations) and int(MORE) not in counts:
        return counts
    return dict(enumerate(offer.durations, start=1))


def read_duration(world: World, dialog: Dialog, typed: str) -> str:
    number = re.fullmatch(r"\D*(\d+)\D*", typed, re.ASCII)  # "3", and "3 months" as well
    chosen = pick(number[1] if number else typed, keys(offer_of(world, dialog)))
    dialog.answers["duration"] = str(chosen)
    return next_step(world, dialog)


@menu.screen("loan.duration", read=read_duration)
def ask_duration(world: World, dialog: Dialog) -> Page:
    offer = offer_of(world, dialog)
    options = [
        (key, f"= {duration(world, offer.length(choice))}") for key, choice in keys(offer).items()
    ]
    return Page(world.say("For how long?"), options)


def duration(world: World, length: Length) -> str:
    """A term in her words."""
    (count, unit), many = length, world.words.many
    if unit is Unit.DAYS:
        return many("{count} day", "{count} days", count)
    if unit is Unit.WEEKS:
        return many("{count} week", "{count} weeks", count)
    return many("{count} month", "{count} months", count)
