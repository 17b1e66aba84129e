"""A small menu with one screen of every kind, and a list of what it did."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from core.errors import Refusal
from core.refusal_codes import RefusalCode
from core.words import Words
from menus.dialogs import Dialog
from menus.menu import Menu
from menus.page import End, Page
from menus.screen import Choice, Field, Guard, Retry
from menus.world import World

PIN = "246810"
LONG = " ".join(f"Sentence number {n} is here to be read to its end." for n in range(1, 9))


@dataclass
class Done:
    """What the menu did, by idempotency key where it has one."""

    effects: list[str] = field(default_factory=list)
    names: list[dict[str, str]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)  # the slow screen waits for it
    blocked: set[str] = field(default_factory=set)
    slow_amount: bool = False


def explain(words: Words, refusal: Refusal) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in refusal.facts.items())
    return f"No: {refusal.code} {facts}".strip()


def build(done: Done) -> Menu:
    """The demo menu; a fresh one for every test."""
    menu = Menu(
        start=lambda world: _start(done, world), explain=explain, final={"loan_already_open"}
    )
    menu.choices("home", "Welcome to Growr", [
        (1, "Borrow", "loan.amount"), (2, "Balance", "balance.pin"), (3, "Who are you", "name"),
        (4, "More", "more"), (5, "Language", "language"),
    ], home=True)  # fmt: skip
    menu.choices("more", "More", [
        (1, "Terms", "terms"), (2, "Slow", "slow"), (3, "Broken", "broken"), (4, "Refused", "refused"),
        Choice(5, "Bye", "bye", when=lambda world, _: world.caller.phone.endswith("1")),
        Choice(6, "Long bye", "bye.long"), (7, "Late bug", "late.bug"),
    ])  # fmt: skip
    _add_money(menu, done)
    _add_balance(menu)
    _add_form(menu, done)
    _add_odd_ones(menu, done)

    @menu.screen("blocked", home=True)
    def blocked(world: World, dialog: Dialog) -> End:
        return End("Your account is blocked.")

    return menu


def _start(done: Done, world: World) -> str:
    return "blocked" if world.caller.phone in done.blocked else "home"


def _add_money(menu: Menu, done: Done) -> None:  # noqa: C901
    def read_amount(world: World, dialog: Dialog, typed: str) -> str:
        if not typed.isdecimal():
            raise Retry(world.say("Please type a whole number."))
        if int(typed) > 5000:
            raise Refusal(RefusalCode.AMOUNT_UNFIT, most=5000)
        dialog.answers["amount"] = typed
        return "loan.confirm"

    @menu.screen("loan.amount", read=read_amount)
    def ask_amount(world: World, dialog: Dialog) -> Page:
        if done.slow_amount:
            done.gate.wait(60)
        return Page("How much? From 500 to 5000")

    def borrow(world: World, dialog: Dialog) -> str:
        if world.key not in done.effects:
            done.effects.append(world.key)
        return "loan.done"

    @menu.confirmation("loan.confirm", yes=borrow, label="Borrow")
    def confirm(world: World, dialog: Dialog) -> Page:
        done.shown.append("loan.confirm")
        return Page(
            f"Borrow {dialog.answers['amount']}? You repay {dialog.answers['amount']} and 10."
        )

    @menu.screen("loan.done")
    def told(world: World, dialog: Dialog) -> Page:
        return Page("Your loan is on its way.")


def _add_balance(menu: Menu) -> None:
    def read_pin(world: World, dialog: Dialog, typed: str) -> str:
        if typed != PIN:
            raise Refusal(RefusalCode.PIN_WRONG, tries_left=2)
        dialog.answers["seal"] = world.seal(typed)
        return "balance"

    @menu.screen("balance.pin", read=read_pin, guard=Guard.PIN)
    def ask_pin(world: World, dialog: Dialog) -> Page:
        return Page("Your PIN")

    def read_detail(world: World, dialog: Dialog, typed: str) -> str:
        if typed != "1":
            raise Retry
        return "balance.detail"

    @menu.screen("balance", read=read_detail)
    def balance(world: World, dialog: Dialog) -> Page:
        return Page("You owe 700.", [(1, "Details")])

    @menu.screen("balance.detail")
    def detail(world: World, dialog: Dialog) -> Page:
        return Page("Due on Monday.")


def _add_form(menu: Menu, done: Done) -> None:
    def some(world: World, typed: str) -> str:
        if not typed or typed.isdecimal():
            raise Retry
        return typed

    def keep(world: World, dialog: Dialog) -> str:
        done.names.append(dict(dialog.answers))
        return "home"

    menu.form("name", [Field("name", "Your name?", some), Field("town", "Your town?", some)], keep)


def _add_odd_ones(menu: Menu, done: Done) -> None:  # noqa: C901
    @menu.screen("terms")
    def terms(world: World, dialog: Dialog) -> Page:
        return Page(LONG)

    @menu.screen("bye")
    def bye(world: World, dialog: Dialog) -> End:
        return End("Bye.")

    @menu.screen("bye.long")
    def long_bye(world: World, dialog: Dialog) -> End:
        return End(LONG)

    @menu.screen("slow")
    def slow(world: World, dialog: Dialog) -> Page:
        done.shown.append("slow")
        done.gate.wait(60)
        done.effects.append("slow")
        return Page("It took a while.")

    @menu.screen("broken")
    def broken(world: World, dialog: Dialog) -> Page:
        raise RuntimeError(f"a secret {PIN}")

    @menu.screen("late.bug")
    def late_bug(world: World, dialog: Dialog) -> Page:
        done.gate.wait(10)
        raise RuntimeError("nobody waits any more")

    @menu.screen("refused")
    def refused(world: World, dialog: Dialog) -> Page:
        raise Refusal(RefusalCode.LOAN_ALREADY_OPEN, loan="L1042X")

    def read_language(world: World, dialog: Dialog, typed: str) -> str:
        if typed not in ("1", "2"):
            raise Retry
        dialog.language = "en" if typed == "1" else "sw"
        return "home"

    @menu.screen("language", read=read_language)
    def language(world: World, dialog: Dialog) -> Page:
        return Page("Language / Lugha", [(1, "English"), (2, "Kiswahili")])
