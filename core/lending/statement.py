"""The statement of a loan, free and at any time: every movement of money, interest and charge, so that it adds up.

What adds to her debt less what takes from it is what she owes today: principal left, and the interest and charges
that have come due, less her credit. What was said stays said: a line is of the day on which it was told, and whatever
comes to light later (a payment told late, a reschedule, a write-off, a mistake) is a line of its own day.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.db import Session
from core.lending import account, community, tranches
from core.lending.models import Loan
from core.lending.state import EventKind, PaymentType, history
from core.lending.state.history import Figures, Told
from core.money import Money


class StatementKind(StrEnum):
    """The lines of a statement."""

    DISBURSED = "disbursed"
    FEE = "fee"  # withheld from the loan
    DEPOSIT = "deposit"  # withheld, and hers still
    INTEREST = "interest"
    CHARGE = "charge"
    PENALTY = "penalty"
    REPAID = "repaid"
    REVERSED = "reversed"  # what had taken from the debt is taken back
    CORRECTED = "corrected"  # interest, a charge or a fee that was said before is not owed
    REFUNDED = "refunded"
    WRITTEN_OFF = "written_off"
    RECOVERED = "recovered"  # what came in after all: so much less was lost
    ROUNDED = "rounded"  # a rest that no rail carries, let go
    WAIVED = "waived"
    CASH_BACK = "cash_back"
    COMPENSATED = "compensated"  # the deposits of her group paid
    DEPOSIT_BACK = "deposit_back"  # her deposit is free: it is her credit now
    TO_GROUP = "to_group"  # what of a payment of hers went back to those deposits


OF_DEPOSITS = {
    PaymentType.COMPENSATION: StatementKind.COMPENSATED,
    PaymentType.DEPOSIT: StatementKind.DEPOSIT_BACK,
}
TAKES = frozenset(
    {
        StatementKind.REPAID, StatementKind.WRITTEN_OFF, StatementKind.WAIVED, StatementKind.CORRECTED,
        StatementKind.ROUNDED, *OF_DEPOSITS.values(),
    }
)  # fmt: skip
ONLY_TOLD = frozenset({StatementKind.CASH_BACK, StatementKind.TO_GROUP})
BY_FIGURE = {  # what the books said, and the line in which it grows
    "fee_withheld": StatementKind.FEE,
    "interest": StatementKind.INTEREST,
    "fees": StatementKind.CHARGE,
    "penalties": StatementKind.PENALTY,
    "waived": StatementKind.WAIVED,
    "written_off": StatementKind.WRITTEN_OFF,
    "rounded": StatementKind.ROUNDED,
    "recovered": StatementKind.RECOVERED,
}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line; `money` is never negative, the kind says what it does to the debt.

    `on` is the day it was told, `value_on` the day from which it counts, where that is another.
    """

    on: date
    kind: StatementKind
    money: Money
    value_on: date | None = None

    @property
    def sign(self) -> int:
        """1 where it adds to what she owes, -1 where it takes from it, 0 where it changes nothing."""
        return 0 if self.kind in ONLY_TOLD else -1 if self.kind in TAKES else 1

    @property
    def effect(self) -> Money:
        """What it does to what she owes."""
        return Money(self.money.currency, self.sign * self.money.minor)


def statement(db: Session, loan_id: uuid.UUID, *, on: date | None = None) -> list[StatementLine]:
    """Every line up to a day (the day of the stored figures if none is named), in the order of its days."""
    loan = db.get_one(Loan, loan_id)
    day = on or loan.as_of
    told = [each for each in account.told(db, loan) if each.on <= day]
    found = [*_paid_out(loan, told), *_come_due(loan, told, day), *_moved(loan, told)]
    found += _to_group(db, loan, day)
    return sorted((line for line in found if line.money), key=lambda line: line.on)


def owed(lines: Iterable[StatementLine], currency: str) -> Money:
    """What she owes by these lines; less than nothing is her credit."""
    return sum((line.effect for line in lines), Money(currency, 0))


def _paid_out(loan: Loan, told: Sequence[Told]) -> Iterator[StatementLine]:
    """What arrived, and what was withheld from it for her group; the fee withheld is among what the books said."""
    terms, drawn = loan.terms, 0
    for event in tranches.payouts(each.event for each in told):
        part = tranches.cut(terms, drawn, tranches.principal_of(terms, event))
        drawn += part.principal.minor
        arrived = loan.money(event.amount) - part.deposit if event.amount else part.received
        yield StatementLine(event.on, StatementKind.DISBURSED, arrived)
        yield StatementLine(event.on, StatementKind.DEPOSIT, part.deposit)


def _come_due(loan: Loan, told: Sequence[Told], day: date) -> Iterator[StatementLine]:
    """What the books said from day to day: each change a line, of what there is more of or of what there is less."""
    before = Figures()
    for on, now in history.days(loan.terms, told, day):
        for name, kind in BY_FIGURE.items():
            grown = getattr(now, name) - getattr(before, name)
            if grown < 0:
                kind = StatementKind.REVERSED if kind in TAKES else StatementKind.CORRECTED  # noqa: PLW2901
            yield StatementLine(on, kind, loan.money(abs(grown)))
        before = now


_MOVED = {
    EventKind.REPAID: StatementKind.REPAID,
    EventKind.CHARGED_BACK: StatementKind.REVERSED,
    EventKind.REFUND_PAID: StatementKind.REFUNDED,
    EventKind.CASH_BACK_PAID: StatementKind.CASH_BACK,
}


def _moved(loan: Loan, told: Sequence[Told]) -> Iterator[StatementLine]:
    known = {each.event.number: each.event for each in told}
    for each in told:
        event, kind, amount = each.event, _MOVED.get(each.event.kind), each.event.amount
        taken = known.get(event.reverses) if event.undoes and event.reverses is not None else None
        if taken is not None and taken.kind is EventKind.REPAID:
            kind, amount = StatementKind.REVERSED, taken.amount
        if kind is not None:
            kind = OF_DEPOSITS.get(event.payment_type, kind)
            value_on = event.on if event.on != each.on else None
            yield StatementLine(each.on, kind, loan.money(amount), value_on)


def _to_group(db: Session, loan: Loan, day: date) -> Iterator[StatementLine]:
    for on, minor in community.restored(db, loan):
        if on <= day:
            yield StatementLine(on, StatementKind.TO_GROUP, loan.money(minor))
