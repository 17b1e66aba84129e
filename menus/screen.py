"""The kinds of screens: `show` draws the page, `read` understands what was typed; both are plain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import TypeVar

from menus.dialogs import Dialog
from menus.page import End, Page
from menus.world import World


@dataclass(frozen=True, slots=True)
class Agreed:
    """The confirmation `screen` whose question stood on the page she answered: her answer is its yes.

    A deep dial, and who has not seen the whole page, is asked there.
    """

    screen: str


T = TypeVar("T")
Show = Callable[[World, Dialog], Page | End]
Read = Callable[[World, Dialog, str], str | End | Agreed]
Then = Callable[[World, Dialog], str | End]


class Guard(Flag):
    """What a screen must be protected from: repeating, resuming and deep dialling stop before it."""

    NONE = 0
    PIN = auto()  # what is typed is a secret: it enters no dialog
    MONEY = auto()  # what is typed has an effect that must happen once; `world.key` names it
    TERMS = (
        auto()
    )  # nothing on it is agreed to before its last part was shown; no deep dial passes it


class Retry(Exception):
    """The answer was not understood: the same screen again, with a hint. What `read` did so far stays done."""

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list. `number` is for ever; with `when` the line is only there for some."""

    number: int
    label: str
    target: str
    when: Callable[[World, Dialog], bool] | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A list that is the same for everybody, so that it needs neither database nor functions."""

    title: str
    choices: Mapping[str, Choice]


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `check` returns the answer as it is kept, or raises Retry."""

    name: str
    question: str
    check: Callable[[World, str], str]


@dataclass(frozen=True, slots=True)
class Screen:
    """One place of the menu. Without `read` it only tells, and `0` leads back."""

    name: str
    show: Show
    read: Read | None = None
    guard: Guard = Guard.NONE
    home: bool = False  # arriving here forgets answers and history
    passing: bool = False  # an interlude (a refusal, what is asked once): never gone back to, nor dialled through
    plain: Plain | None = None
    targets: tuple[str, ...] = ()  # the ones known without running anything

    @property
    def is_sealed(self) -> bool:
        """Whether it may be neither resumed nor gone back to: a PIN or a movement of money is asked here."""
        return bool(self.guard & (Guard.PIN | Guard.MONEY))


def pick(typed: str, options: Mapping[int, T]) -> T:
    """The option whose number was typed; Retry if there is none."""
    for number, option in options.items():
        if typed == str(number):
            return option
    raise Retry


def listed(choices: Sequence[Choice], world: World, dialog: Dialog) -> list[Choice]:
    """The choices this person has."""
    return [choice for choice in choices if choice.when is None or choice.when(world, dialog)]
