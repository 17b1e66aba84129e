"""The statement of a loan, free and at any time: every movement of money, interest and charge, so that it adds up.

What adds to her debt less what takes from it is what she owes today: principal left, and the interest and charges
that have come due, less her credit. Interest is what it costs now: early payment and what was let go have lowered it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.db import Session
from core.lending import account, community, tranches
from core.lending.models import Loan
from core.lending.state import Event, EventKind, InstalmentState, LoanState, PaymentType
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
    REVERSED = "reversed"
    REFUNDED = "refunded"
    WRITTEN_OFF = "written_off"
    WAIVED = "waived"
    CASH_BACK = "cash_back"
    COMPENSATED = "compensated"  # the deposits of her group paid
    DEPOSIT_BACK = "deposit_back"  # her deposit is free: it is her credit now
    TO_GROUP = "to_group"  # what of a payment of hers went back to those deposits


OF_DEPOSITS = {
    PaymentType.COMPENSATION: StatementKind.COMPENSATED,
    PaymentType.DEPOSIT: StatementKind.DEPOSIT_BACK,
}
TAKES = frozenset({StatementKind.REPAID, StatementKind.WRITTEN_OFF, *OF_DEPOSITS.values()})
ONLY_TOLD = frozenset({StatementKind.WAIVED, StatementKind.CASH_BACK, StatementKind.TO_GROUP})


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line; `money` is never negative, the kind says what it does to the debt."""

    on: date
    kind: StatementKind
    money: Money

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
    told = [event for event in account.events(db, loan_id) if event.on <= day]
    state = account.state(db, loan, day)
    found = [*_paid_out(loan, state, told), *_charges(loan, state), *_moved(loan, told)]
    found += [*_given_up(loan, state), *_to_group(db, loan, day)]
    return sorted((line for line in found if line.money), key=lambda line: line.on)


def owed(lines: Iterable[StatementLine], currency: str) -> Money:
    """What she owes by these lines; less than nothing is her credit."""
    return sum((line.effect for line in lines), Money(currency, 0))


def _paid_out(loan: Loan, state: LoanState, told: Iterable[Event]) -> Iterator[StatementLine]:
    """What arrived; what was withheld from it belongs to the loan as well."""
    terms, drawn = loan.terms, 0
    for event in tranches.payouts(told):
        part = tranches.cut(terms, drawn, tranches.principal_of(terms, event))
        drawn += part.principal.minor
        arrived = loan.money(event.amount) - part.deposit if event.amount else part.received
        yield StatementLine(event.on, StatementKind.DISBURSED, arrived)
        yield StatementLine(event.on, StatementKind.DEPOSIT, part.deposit)
        if state.fee_withheld:  # not given back
            fee = part.principal - part.deposit - arrived
            yield StatementLine(event.on, StatementKind.FEE, fee)


def _charges(loan: Loan, state: LoanState) -> Iterator[StatementLine]:
    """Interest and charges of each instalment that has come due, and of the others what was paid ahead."""
    for row in state.rows:
        for kind, minor in _come_due(row, state.on).items():
            on = min(row.due_on, row.paid_on or row.due_on, state.on)
            yield StatementLine(on, kind, loan.money(minor))


def _come_due(row: InstalmentState, on: date) -> dict[StatementKind, int]:
    is_due = row.due_on <= on
    return {
        StatementKind.INTEREST: row.interest if is_due else row.interest_paid,
        StatementKind.CHARGE: row.fee if is_due else row.fee_paid,
        StatementKind.PENALTY: row.penalty if is_due else row.penalty_paid,
    }


_MOVED = {
    EventKind.REPAID: StatementKind.REPAID,
    EventKind.CHARGED_BACK: StatementKind.REVERSED,
    EventKind.REFUND_PAID: StatementKind.REFUNDED,
    EventKind.CASH_BACK_PAID: StatementKind.CASH_BACK,
    EventKind.WAIVED: StatementKind.WAIVED,
}


def _moved(loan: Loan, told: Iterable[Event]) -> Iterator[StatementLine]:
    known = {event.number: event for event in told}
    for event in known.values():
        if event.kind in _MOVED:
            kind = OF_DEPOSITS.get(event.payment_type, _MOVED[event.kind])
            yield StatementLine(event.on, kind, loan.money(event.amount))
        elif event.kind is EventKind.REVERSED and event.reverses in known:
            taken = known[event.reverses]
            if taken.kind is EventKind.REPAID:
                yield StatementLine(event.on, StatementKind.REVERSED, loan.money(taken.amount))


def _to_group(db: Session, loan: Loan, day: date) -> Iterator[StatementLine]:
    for on, minor in community.restored(db, loan):
        if on <= day:
            yield StatementLine(on, StatementKind.TO_GROUP, loan.money(minor))


def _given_up(loan: Loan, state: LoanState) -> Iterator[StatementLine]:
    """Interest and charges that were given up came due on that day; what came in since counts against all of it."""
    on = state.closed_on or state.on
    lost = {
        StatementKind.INTEREST: state.interest_written_off,
        StatementKind.CHARGE: state.fees_written_off,
        StatementKind.PENALTY: state.penalties_written_off,
    }
    for kind, minor in lost.items():
        yield StatementLine(on, kind, loan.money(minor))
    given_up = state.principal_written_off + sum(lost.values()) - state.recovered
    yield StatementLine(on, StatementKind.WRITTEN_OFF, loan.money(given_up))
