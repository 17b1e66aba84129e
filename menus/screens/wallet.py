"""Leaving: her record into a wallet app of her own."""

from __future__ import annotations

from core import lending, onboarding
from core.onboarding import wallet_news, wallets
from core.words import mark
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Guard
from menus.screens.entry import me
from menus.screens.pin import opened
from menus.screens.table import menu
from menus.world import World


def go_on(_: World, __: Dialog) -> str:
    return "wallet.pin"


@menu.confirmation("wallet", yes=go_on, label=mark("Move it"), guard=Guard.TERMS)
def explain(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "Your proofs move to a wallet app of your own; we keep no copy. Your loans go on. For a new loan on this "
            "phone your wallet says yes, not your PIN."
        )
    )


def read_pin(world: World, _: Dialog, typed: str) -> str:
    with opened(world, typed, onboarding.WALLET) as unlocked:
        wallets.start(
            world.db, unlocked=unlocked, keyring=world.node.keyring, issuer=world.node.issuer, now=world.now
        )  # fmt: skip
    return "wallet.started"


@menu.screen("wallet.pin", read=read_pin, guard=Guard.PIN)
def ask_pin(world: World, _: Dialog) -> Page:
    return Page(world.say("Type your PIN to move your record."))


@menu.told("wallet.started")
def started(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "Two texts are coming. Show the first to whoever helps you; keep the number in the second to yourself. You "
            "have {minutes} minutes.",
            minutes=wallets.MINUTES,
        )
    )


def send_news(world: World, _: Dialog) -> str:
    wallet_news.check_rate(world.db, me(world), world.now)
    lending.attesting.ask_for_wallet(world.db, user_id=me(world), now=world.now)
    return "wallet.sent"


@menu.confirmation("wallet.news", yes=send_news, guard=Guard.NONE)
def confirm_news(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "We offer your wallet what it lacks about your loans, and a fresh summary. Only the wallet that has your "
            "record can take it. Go on?"
        )
    )


@menu.told("wallet.sent")
def sent_news(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "Two texts are coming. Show the first to whoever helps you; keep the number in the second to yourself. You "
            "have {days} days.",
            days=wallet_news.DAYS,
        )
    )
