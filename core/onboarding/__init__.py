"""How a stranger becomes a borrower: invited by SMS, registered by phone, her facts turned into credentials."""

from core.onboarding.service import (
    TITLES,
    Provable,
    choose_pin,
    confirm_pin,
    invite,
    provable,
    prove,
)

__all__ = ["TITLES", "Provable", "choose_pin", "confirm_pin", "invite", "provable", "prove"]
