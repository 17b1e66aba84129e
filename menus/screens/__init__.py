"""Every page a person with a keypad can reach, one module per flow."""

from menus.screens import (
    complain,
    entry,
    home,
    loans,
    record,
    repay,
    second_thoughts,
    understood,
)
from menus.screens.table import menu

MENU = menu

__all__ = [
    "MENU", "complain", "entry", "home", "loans", "record", "repay", "second_thoughts", "understood",
]  # fmt: skip
