"""The same loan as last time, from the main menu straight to its terms."""

from __future__ import annotations

from core import lending
from core.lending import Loan, Offer
from menus.dialogs import Dialog
from menus.screens.entry import me
from menus.screens.loan_steps import next_step, offers
from menus.screens.loans import duration
from menus.world import World


def last(world: World) -> tuple[Offer, Loan] | None:
    """Her last loan and the offer to take the same again, if it is still made and none is open."""
    latest = lending.loans_of(world.db, me(world), limit=1)
    if not latest or lending.open_loan(world.db, me(world)) is not None:
        return None
    loan, amount = latest[0], latest[0].money(latest[0].terms.principal)
    for offer in offers(world).values():
        fits = offer.least <= amount <= offer.most and loan.terms.duration in offer.durations
        if offer.project_id == loan.project_id and fits:
            return offer, loan
    return None


def label(world: World, offer: Offer, loan: Loan) -> str:
    """How it stands in the menu."""
    return world.say(
        "As last time: {amount}, {length}",
        amount=loan.money(loan.terms.principal),
        length=duration(world, offer.length(loan.terms.duration)),
    )


def take(world: World, dialog: Dialog, offer: Offer, loan: Loan) -> str:
    """Everything is answered but the terms, and what has changed since."""
    dialog.answers |= {
        "project": str(offer.project_id),
        "amount": loan.money(loan.terms.principal).plain,
        "duration": str(loan.terms.duration),
    }
    return next_step(world, dialog)
