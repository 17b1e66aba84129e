"""Every page a person with a keypad can reach, one module per flow."""

from menus.screens import (
    agent,
    arrival,
    complain,
    consents,
    entry,
    group,
    guardians,
    home,
    loan_proofs,
    loan_terms,
    loan_wallet,
    loans,
    moving,
    pin,
    prove,
    record,
    recovery,
    repay,
    second_thoughts,
    understood,
    wallet,
)
from menus.screens.table import menu

MENU = menu

__all__ = [
    "MENU", "agent", "arrival", "complain", "consents", "entry", "group", "guardians", "home", "loan_proofs",
    "loan_terms", "loan_wallet", "loans",
    "moving", "pin", "prove", "record", "recovery", "repay", "second_thoughts", "understood", "wallet",
]  # fmt: skip
