"""A loan paid out in parts, as its work is seen: how much each part is, and what is withheld from it.

Fee and deposit are taken from each part on the running total: the parts add up to the whole, and nothing is charged for
money that was never drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.lending.state import Event, EventKind
from core.lending.terms import Terms
from core.money import Money

WHOLE = 100  # percent


@dataclass(frozen=True, slots=True)
class Tranche:
    """One payout: the principal she owes for it, and what is withheld from it."""

    principal: Money
    fee: Money
    deposit: Money

    @property
    def received(self) -> Money:
        """What reaches her."""
        return self.principal - self.fee - self.deposit


def planned(terms: Terms, drawn: int, payouts: int) -> int:
    """The principal of the next payout, after so many payouts of `drawn` minor units in all."""
    percent = sum(terms.tranches[: payouts + 1]) if terms.tranches else WHOLE
    return terms.percent_of(terms.principal, percent).minor - drawn


def cut(terms: Terms, drawn: int, principal: int) -> Tranche:
    """A payout of so much principal after `drawn` was paid out before."""
    fee, deposit = (
        terms.percent_of(drawn + principal, rate) - terms.percent_of(drawn, rate)
        for rate in (terms.disbursement_fee, terms.risk_deposit_rate)
    )
    return Tranche(Money(terms.currency, principal), fee, deposit)


def plan(terms: Terms) -> tuple[Tranche, ...]:
    """Every payout as agreed; one, where nothing else is."""
    found, drawn = [], 0
    for k in range(max(1, len(terms.tranches))):
        found.append(cut(terms, drawn, planned(terms, drawn, k)))
        drawn += found[-1].principal.minor
    return tuple(found)


def payouts(events: Iterable[Event]) -> list[Event]:
    """The payouts that reached her, in their order."""
    told = list(events)
    undone = {event.reverses for event in told if event.undoes}
    paid = (event for event in told if event.kind is EventKind.DISBURSED)
    return [event for event in paid if event.number not in undone]


def principal_of(terms: Terms, payout: Event) -> int:
    """The principal of a payout; one that names none was the whole loan."""
    return terms.principal if payout.principal is None else payout.principal
