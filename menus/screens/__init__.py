"""Every page a person with a keypad can reach, one module per flow."""

from menus.screens import entry, home, loans, record, repay
from menus.screens.table import menu

MENU = menu

__all__ = ["MENU", "entry", "home", "loans", "record", "repay"]
