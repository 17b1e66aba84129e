"""The front: terms in, table out. A pure function of the terms alone; nothing is read but the calendar of holidays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from core.lending.schedules import declining, fees, flat, protocol
from core.lending.schedules.payable import in_units
from core.lending.schedules.periods import ZERO, Part, Period, periods
from core.lending.schedules.rounding import CONTEXT
from core.lending.schedules.terms import Amortization, Engine, Interest, ScheduleTerms


@dataclass(frozen=True, slots=True)
class Row:
    """What is owed at the end of one period, in minor units, and the principal that is left after it."""

    begins_on: date
    due_on: date
    principal: int
    interest: int
    fee: int
    balance: int

    @property
    def due(self) -> int:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Table:
    """A schedule, and what she receives: the loan less the fees withheld from it."""

    received: int
    rows: tuple[Row, ...]

    @property
    def total(self) -> int:
        return sum(row.due for row in self.rows)

    @property
    def cost(self) -> int:
        """What the loan costs her in all: interest and every fee."""
        return self.total - self.received


def build(terms: ScheduleTerms) -> Table:
    """The schedule of these terms, which were checked before."""
    with localcontext(CONTEXT):
        if terms.engine in (Engine.FIXED, Engine.AD_HOC):
            cut, parts = _of_protocol(terms)
        else:
            cut, parts = _asking(terms, *_of_engine(terms))
        charges = fees.by_row(terms, cut, parts)
        parts = in_units(terms.payable, parts, charges)
        interest = sum(share for _, share in parts)
        return Table(
            terms.principal - fees.withheld(terms, interest), _rows(terms, cut, parts, charges)
        )


def divide(terms: ScheduleTerms, principal: int, cut: Sequence[Period]) -> list[Part]:
    """Principal and interest of each period, by the engine of the terms."""
    equal_principal = terms.amortization is Amortization.EQUAL_PRINCIPAL
    if terms.interest is Interest.FLAT:
        if terms.engine is Engine.CUMULATIVE and not equal_principal:
            return flat.cumulative(terms, principal, cut)
        if equal_principal:
            return flat.equal_principal(terms, principal, cut)
        return flat.progressive(terms, principal, cut)
    if equal_principal:
        return declining.equal_principal(principal, cut)
    if terms.engine is Engine.CUMULATIVE:
        return declining.cumulative(terms, principal, cut)
    return declining.progressive(terms, principal, cut)


def _of_engine(terms: ScheduleTerms) -> tuple[list[Period], list[Part]]:
    cut = periods(terms)
    if not terms.down_payment:
        return cut, divide(terms, terms.principal, cut)
    down = min(down_payment(terms), terms.principal)
    first = Period(terms.disbursed_on, terms.disbursed_on, ZERO, True, True)
    return [first, *cut], [(down, 0), *divide(terms, terms.principal - down, cut)]


def _asking(
    terms: ScheduleTerms, cut: list[Period], parts: list[Part]
) -> tuple[list[Period], list[Part]]:
    """Without the rows at the end that ask for nothing: rounded instalments may pay the loan off before them.

    A loan of fewer cents than rows keeps them.
    """
    count = len(parts)
    while terms.principal >= terms.instalments and count > 1 and not any(parts[count - 1]):
        count -= 1
    return cut[:count], parts[:count]


def down_payment(terms: ScheduleTerms) -> int:
    """The down payment: a percentage of the loan, to the multiple of the instalments; it may round to nothing."""
    exact = terms.principal * terms.down_payment / Decimal(100)
    return round(exact / terms.multiple) * terms.multiple


def _of_protocol(terms: ScheduleTerms) -> tuple[list[Period], list[Part]]:
    found = protocol.instalments(terms)
    cut = [Period(row.begins_on, row.due_on, ZERO, True, True) for row in found]
    return cut, [(row.principal, row.interest) for row in found]


def _rows(
    terms: ScheduleTerms, cut: Sequence[Period], parts: Sequence[Part], charges: Sequence[int]
) -> tuple[Row, ...]:
    balance, rows = terms.principal, []
    for period, (principal, interest), fee in zip(cut, parts, charges, strict=True):
        balance -= principal
        rows.append(Row(period.begins_on, period.due_on, principal, interest, fee, balance))
    assert balance == 0, terms
    return tuple(rows)
