"""The repayment schedule: a pure function of the terms and the day the money was paid out.

Every amount is one a rail can pay (whole shillings), rounded half to even; the last row takes the rest.
Due dates count from the day of disbursement, never from the date before; the 31st is the last day of a short month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from core.lending.terms import RepaymentModel, Terms


@dataclass(frozen=True, slots=True)
class Instalment:
    """One row: its period (begins on, exclusive; due on, inclusive) and what is owed at its end, in minor units."""

    number: int
    begins_on: date
    due_on: date
    principal: int
    interest: int

    @property
    def due(self) -> int:
        return self.principal + self.interest

    @property
    def days(self) -> int:
        return (self.due_on - self.begins_on).days


def schedule(terms: Terms, disbursed_on: date) -> tuple[Instalment, ...]:
    """The rows of a loan paid out on this day."""
    assert terms.principal > 0, terms
    assert terms.duration > 0, terms
    if terms.model is RepaymentModel.AD_HOC:
        return (_single(terms, disbursed_on),)
    return _equal(terms, disbursed_on)


def interest_for(terms: Terms, exposure: int) -> int:
    """Ad-hoc interest for `exposure`, which is minor units of principal times days owed."""
    return terms.payable(exposure * terms.interest_rate / 36_000)


def _single(terms: Terms, start: date) -> Instalment:
    interest = interest_for(terms, terms.principal * terms.duration)
    return Instalment(1, start, start + timedelta(days=terms.duration), terms.principal, interest)


def _equal(terms: Terms, start: date) -> tuple[Instalment, ...]:
    count = terms.duration
    interest = terms.payable(terms.principal * terms.interest_rate * count / 1_200)
    shares = _spread(terms, interest, count)
    dues = _rest_last(terms, terms.principal + interest, count, least=shares[-1])
    dates = [start + relativedelta(months=k) for k in range(count + 1)]
    return tuple(
        Instalment(k + 1, dates[k], dates[k + 1], dues[k] - shares[k], shares[k])
        for k in range(count)
    )


def _rest_last(terms: Terms, total: int, count: int, least: int) -> list[int]:
    each = terms.payable(Decimal(total) / count)
    if (
        total - each * (count - 1) < least
    ):  # rounded up so far that the last row would lack its own interest
        each = total // count // terms.step * terms.step
    return [each] * (count - 1) + [total - each * (count - 1)]


def _spread(terms: Terms, total: int, count: int) -> list[int]:
    """Equal parts of the interest, each payable, rounded on the running total so that no error adds up."""
    marks = [terms.payable(Decimal(total) * k / count) for k in range(count + 1)]
    return [after - before for before, after in pairwise(marks)]
