"""New rows for what is not yet repaid: after a tranche, another rate, or when she asked for other dates.

What is owed is divided over the rows that are left by the same rules as at the beginning. The row that runs costs what
its days have cost so far, and its share of a whole row for those it has left: all of it inside equal instalments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from core.lending.allocation import Part
from core.lending.instalments import shares
from core.lending.schedule import options
from core.lending.schedules.build import divide
from core.lending.schedules.dates import nth
from core.lending.schedules.even import evened, levelled
from core.lending.schedules.fees import of_instalment
from core.lending.schedules.periods import Part as Asked
from core.lending.schedules.periods import Period
from core.lending.schedules.terms import Amortization
from core.lending.schedules.terms import Engine as Trade
from core.lending.state.lines import Line
from core.lending.state.plan import Basis
from core.lending.terms import RepaymentModel, Terms

if TYPE_CHECKING:
    from core.lending.state.engine import Engine

ZERO = Decimal(0)
CHARGES = (Part.FEE, Part.PENALTY)


def with_principal(terms: Terms, principal: int) -> Terms:
    """The same terms for another amount."""
    return terms if principal == terms.principal else replace(terms, principal=principal)


def divided(engine: Engine, rows: Sequence[Line], basis: Basis) -> list[Asked]:
    """Principal and interest of each row, in equal instalments by the rules of the terms."""
    if not rows or not (basis.balance or basis.cost):
        return [(0, 0)] * len(rows)
    cut = list(_cut(engine, rows, basis))
    assert engine.read is not None
    if engine.read.engine is Trade.FIXED:
        cost = sum((period.interest(basis.balance) for period in cut), ZERO)
        first = engine.terms.payable(basis.cost)
        return shares(
            basis.balance, engine.terms.payable(cost), len(rows), engine.terms.step, first
        )
    parts = divide(engine.read, basis.balance, cut)
    if engine.is_flat:
        return parts
    if engine.read.amortization is Amortization.EQUAL_PRINCIPAL:
        return levelled(cut, parts, basis.carried)
    return evened(basis.balance, cut, parts, engine.read.multiple, basis.carried)


def kept(engine: Engine, rows: Sequence[Line], basis: Basis, *, rest: bool = True) -> list[Asked]:
    """Principal and interest of each row where every instalment stays as it is; the last one takes the rest."""
    balance, carried, parts = basis.balance, 0, []
    for line, period in zip(rows, _cut(engine, rows, basis), strict=True):
        carried += engine.payable(period.interest(balance))
        interest = min(carried, line.agreed) if line.asks_interest else 0
        part = min(line.agreed - interest, balance) if line.asks_principal else 0
        parts.append((part, interest))
        balance, carried = balance - part, carried - interest
    if not rest:
        return parts
    part, interest = parts[-1]
    return [*parts[:-1], (part + balance, interest + carried)]


def fees(engine: Engine, rows: Sequence[Line], parts: Sequence[Asked]) -> None:
    """The agreed fee of a row follows its principal and interest, where it is a percentage; not after default."""
    if engine.read is None or not engine.read.fees or engine.duplum.principal is not None:
        return
    for line, part in zip(rows, parts, strict=True):
        if line.agreed_fee:
            fee = max(of_instalment(engine.read, part), line.agreed_fee - line.open(Part.FEE))
            line.owed[Part.FEE] += fee - line.agreed_fee
            line.agreed_fee = fee


def _cut(engine: Engine, rows: Sequence[Line], basis: Basis) -> Iterator[Period]:
    each = _carried(engine, rows, basis)
    first = basis.cost - basis.carried + each if engine.is_flat else basis.cost
    for k, line in enumerate(rows):
        asks = line.asks_principal, line.asks_interest
        if not k:
            yield Period(line.begins_on, line.due_on, basis.factor, *asks, first)
            continue
        whole = engine.factor(line, line.begins_on)
        runs = engine.unpaused(line.begins_on, line.due_on)
        cost = engine.lent * whole * runs + each if engine.is_flat else None
        yield Period(line.begins_on, line.due_on, whole, *asks, cost, runs)


def _carried(engine: Engine, rows: Sequence[Line], basis: Basis) -> Decimal:
    """What each row bears of the interest of a grace period: a flat loan spreads it over all, as at the beginning."""
    return Decimal(basis.carried) / len(rows) if engine.is_flat else ZERO


def dates(
    engine: Engine, on: date, left: Sequence[Line], first: date | None, count: int
) -> list[date]:
    """The due dates: those that are left, or counted from the first one on."""
    stay = [line.due_on for line in left] if first is None else []
    seed = first or (left[0].due_on if left else period(engine, on, 1))
    return [stay[k] if k < len(stay) else period(engine, seed, k) for k in range(count)]


def period(engine: Engine, seed: date, k: int) -> date:
    """The day k periods after a day."""
    if engine.terms.model is RepaymentModel.SCHEDULE:
        return nth(options(engine.terms, 1, seed), seed, k)
    return seed + relativedelta(months=k)


def reset(engine: Engine, rows: Sequence[Line], on: date, due: Sequence[date]) -> list[Line]:
    """The rows on other days, as many as there are days: those that remain keep what was paid of them."""
    made = [rows[k] if k < len(rows) else Line(on, on) for k in range(len(due))]
    for gone in rows[len(due) :]:
        _join(gone, made[-1])
    begins = made[0].begins_on if rows else on
    for line, day in zip(made, due, strict=True):
        usual = period(engine, begins, 1) == day or period(engine, day, -1) == begins
        line.is_moved = (line.is_moved and line.due_on == day) or not usual
        line.begins_on, line.due_on, line.since = begins, day, max(line.since, begins)
        begins = day
    made[-1].asks_principal = made[-1].asks_interest = True
    return made


def collect(engine: Engine, done: Sequence[Line], rows: Sequence[Line], on: date) -> Asked:
    """What is overdue leaves its rows: charges go to the new ones; principal and interest are told."""
    principal = sum(line.open(Part.PRINCIPAL) for line in done)
    interest = sum(line.open(Part.INTEREST) for line in done)
    for line in done:
        waits = line.due_on > rows[-1].due_on  # charges are not asked for before their day
        line.paid_on = on if line.outstanding and not waits else line.paid_on
        line.begins_on = rows[-1].due_on if waits else line.begins_on
        for part in Part:
            if part in CHARGES and waits:
                continue
            if part in CHARGES:
                _spread(line.open(part), part, line.due_on, rows, engine.terms.step)
            line.owed[part] = line.settled(part)
    return principal, interest


def _spread(amount: int, part: Part, due_on: date, rows: Sequence[Line], step: int) -> None:
    """A charge in equal parts that a rail can pay, on the rows that are not before its day; the last takes the rest."""
    later = [line for line in rows if line.due_on >= due_on]
    each = amount // len(later) // step * step
    for line in later:
        line.owed[part] += each
    later[-1].owed[part] += amount - each * len(later)


def _join(gone: Line, to: Line) -> None:
    """A row that is no more: another has what was paid of it, and its charges; its own fee is not asked for."""
    to.again += gone.again
    gone.owed[Part.FEE] -= min(gone.agreed_fee, gone.open(Part.FEE))
    for part in Part:
        to.paid[part] += gone.paid[part]
        to.let[part] += gone.let[part]
        to.owed[part] += gone.owed[part]
