"""What a schedule really costs: in money, and as a yearly rate by the method of Europe and by that of the US."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.lending.apr import MONTHS, WEEKS, effective_rate, periodic_rate
from core.lending.apr_us import unit_period_apr
from core.lending.schedules.build import Table
from core.lending.schedules.terms import ScheduleTerms, Shift, Unit

PERIODS_A_YEAR = {Unit.MONTHS: MONTHS, Unit.WEEKS: WEEKS}
PLACES = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in minor units, rates in percent a year; a rate is None where none fits."""

    received: int
    paid: int
    effective: Decimal | None  # the APR of the EU and the UK: it compounds
    nominal: Decimal | None  # the APR of the US: the rate of one unit period times their number

    @property
    def total(self) -> int:
        return self.paid - self.received


def true_cost(terms: ScheduleTerms, table: Table) -> Cost:
    """The cost of what she receives against every amount she pays, each at its time."""
    flows = [(terms.disbursed_on, -table.received), *((row.due_on, row.due) for row in table.rows)]
    american = unit_period_apr(flows, places=PLACES)
    nominal = american.nominal if american else None
    return Cost(table.received, table.total, effective(terms, table), nominal)


def effective(terms: ScheduleTerms, table: Table, *, places: int = PLACES) -> Decimal | None:
    """The effective yearly rate: equal months and weeks where the dates are regular, else days of a year of 365."""
    if terms.unit in PERIODS_A_YEAR and _is_regular(terms):
        down = sum(row.due for row in table.rows if row.due_on == terms.disbursed_on)
        dues = [row.due for row in table.rows if row.due_on > terms.disbursed_on]
        per_year = PERIODS_A_YEAR[terms.unit] / terms.every
        return periodic_rate([down - table.received, *dues], per_year, places=places)
    flows = [(terms.disbursed_on, -table.received), *((row.due_on, row.due) for row in table.rows)]
    return effective_rate(flows, places=places)


def _is_regular(terms: ScheduleTerms) -> bool:
    return not (terms.first_due_on or terms.due_dates or terms.workdays.shift is not Shift.NONE)
