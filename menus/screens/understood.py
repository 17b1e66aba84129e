"""Before her first loan: one question, whether the total was understood. A wrong answer explains and never shames.

After the second wrong answer she reads the sum once more and goes on: the question teaches, it keeps nobody out.
"""

from __future__ import annotations

import hashlib

from core.money import Money
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Retry, pick
from menus.screens.entry import support
from menus.screens.loan_terms import quoted, to_agree
from menus.screens.table import menu
from menus.world import World

ANSWERS = 3


def answers(world: World, dialog: Dialog) -> dict[int, Money]:
    """Three amounts, one of them right, in an order nobody can learn by heart and no turn changes."""
    quote = quoted(world, dialog)
    _, first = quote.instalments[0]
    amounts = list(dict.fromkeys([quote.total, quote.received, first, quote.total + first]))
    seal = dialog.answers["terms"]
    mixed = sorted(
        amounts[:ANSWERS], key=lambda one: hashlib.sha256(f"{seal}{one}".encode()).digest()
    )
    return dict(enumerate(mixed, start=1))


def read_answer(world: World, dialog: Dialog, typed: str) -> str:
    is_right = pick(typed, answers(world, dialog)) == quoted(world, dialog).total
    if is_right:
        return to_agree(world)
    return "loan.check.told" if dialog.screen == "loan.check.again" else "loan.check.again"


@menu.screen("loan.check", read=read_answer)
def ask(world: World, dialog: Dialog) -> Page:
    text = world.say("This is your first loan. How much will you pay back in all?")
    return Page(text, _options(world, dialog))


@menu.screen("loan.check.again", read=read_answer)
def ask_again(world: World, dialog: Dialog) -> Page:
    quote = quoted(world, dialog)
    said = world.say(
        "Not quite. You get {received} and pay back {total} in all. How much in all?",
        received=quote.received,
        total=quote.total,
    )
    return Page(said, _options(world, dialog))


def read_told(world: World, _: Dialog, typed: str) -> str:
    if typed != "1":
        raise Retry
    return to_agree(world)


@menu.screen("loan.check.told", read=read_told)
def tell(world: World, dialog: Dialog) -> Page:
    quote = quoted(world, dialog)
    said = world.say(
        "You get {received}. You pay back {total} in all. Is it unclear? Call {support} before you agree.",
        received=quote.received,
        total=quote.total,
        support=support(world),
    )
    return Page(said, [(1, world.say("Go on"))])


def _options(world: World, dialog: Dialog) -> list[tuple[int, str]]:
    return [(number, str(money)) for number, money in answers(world, dialog).items()]
