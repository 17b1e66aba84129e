"""The yearly cost of a loan as its borrower is told it: what really reaches her against all that she must pay.

A loan in tranches counts as drawn at once and in full: annex I part II (a) of directive 2008/48/EC assumes so where the
days are open. It shows the most interest there can be; a fee weighs more on a part that comes later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.lending.apr import MONTHS, effective_rate, periodic_rate
from core.lending.schedule import Instalment, options
from core.lending.schedules.build import Table, build
from core.lending.schedules.cost import effective
from core.lending.terms import RepaymentModel, Terms

PLACES = 1


def yearly_cost(terms: Terms, rows: Sequence[Instalment], disbursed_on: date) -> Decimal | None:
    """The APR of a loan, in percent; every amount at its time. A deposit may be lost, so it is money not received."""
    received = terms.received.minor
    if terms.model is RepaymentModel.SCHEDULE:
        asked = options(terms, terms.principal, disbursed_on)
        return effective(asked, Table(received, build(asked).rows), places=PLACES)
    if terms.model is RepaymentModel.FIXED:
        return periodic_rate([-received, *(row.due for row in rows)], MONTHS)
    return effective_rate([(disbursed_on, -received), *((row.due_on, row.due) for row in rows)])
