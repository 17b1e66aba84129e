"""Fees: withheld at disbursement, owed on a day, or with every instalment; an amount or a percentage."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.lending.schedules.periods import Part, Period
from core.lending.schedules.rounding import cents
from core.lending.schedules.terms import Base, Fee, FeeAt, ScheduleTerms


def withheld(terms: ScheduleTerms, total_interest: int) -> int:
    """What is taken off the amount when it is disbursed."""
    at_once = [fee for fee in terms.fees if fee.at is FeeAt.DISBURSEMENT]
    return sum(cost(fee, terms.principal, total_interest) for fee in at_once)


def by_row(terms: ScheduleTerms, periods: Sequence[Period], parts: Sequence[Part]) -> list[int]:
    """The fees of each row: its own, and those of a day within its period."""
    if not terms.fees:
        return [0] * len(parts)
    total_interest = sum(interest for _, interest in parts)
    return [
        sum(_in_row(fee, terms, period, part, total_interest) for fee in terms.fees)
        for period, part in zip(periods, parts, strict=True)
    ]


def of_instalment(terms: ScheduleTerms, part: Part) -> int:
    """What comes with a row of so much principal and interest."""
    return sum(cost(fee, *part) for fee in terms.fees if fee.at is FeeAt.INSTALMENT)


def cost(fee: Fee, principal: int, interest: int) -> int:
    """A fee on so much principal and interest."""
    bases = {
        Base.PRINCIPAL: principal,
        Base.INTEREST: interest,
        Base.DUE: principal + interest,
    }
    return fee.amount or cents(Decimal(bases[fee.of]) * fee.percent / 100)


def _in_row(fee: Fee, terms: ScheduleTerms, period: Period, part: Part, total_interest: int) -> int:
    if fee.at is FeeAt.INSTALMENT and period.begins_on < period.due_on:  # no down payment
        return cost(fee, *part)
    if fee.at is FeeAt.DATE and fee.on and period.begins_on < fee.on <= period.due_on:
        return cost(fee, terms.principal, total_interest)
    return 0
