"""New rows for what is not yet repaid: after a tranche, another rate, or when she asked for other dates.

What is owed is divided over the rows that are left by the same rules as at the beginning. The row that runs keeps the
interest that has arisen in it; for the days it has left it costs its share of a whole row.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from core.lending.schedules.daycount import factor
from core.lending.schedules.periods import Period
from core.lending.schedules.terms import RatePer, ScheduleTerms
from core.lending.state.lines import Line
from core.lending.terms import RepaymentModel, Terms

if TYPE_CHECKING:
    from core.lending.state.engine import Engine


def with_principal(terms: Terms, principal: int) -> Terms:
    """The same terms for another amount."""
    return terms if principal == terms.principal else replace(terms, principal=principal)


def spread(engine: Engine, on: date, added: int = 0) -> None:
    """Divide the principal of the rows to come, and what was added, over these rows anew."""
    rows = [line for line in engine.lines[engine.current :] if not line.is_down_payment]
    principal = sum(line.open(Part.PRINCIPAL) for line in rows) + added
    arisen = round(engine.exact(on))
    for k, (line, part) in enumerate(zip(rows, _parts(engine, rows, principal, on), strict=True)):
        _set(line, part, on, arisen if k == 0 else 0)


def reschedule(engine: Engine, on: date, first: date | None, count: int | None) -> None:
    """Put all that is unpaid, overdue or not, on new rows that begin today."""
    done, left = engine.lines[: engine.current], engine.lines[engine.current :]
    dates = _dates(engine, on, left, first, count)
    principal = sum(line.open(Part.PRINCIPAL) for line in engine.lines)
    arisen = engine.accrued(on) - sum(line.settled(Part.INTEREST) for line in done)
    rows = [Line(begins, due) for begins, due in zip([on, *dates[:-1]], dates, strict=True)]
    _move(done, left, rows[0])
    engine.lines = [*done, *rows]
    engine.due_interest = sum(line.owed[Part.INTEREST] for line in done)
    for k, (line, part) in enumerate(zip(rows, _parts(engine, rows, principal, on), strict=True)):
        _set(line, part, on, arisen if k == 0 else 0)


def _set(line: Line, part: tuple[int, int], on: date, arisen: int) -> None:
    principal, interest = part
    line.since, line.arisen, line.planned = max(on, line.begins_on), arisen, interest
    line.owed[Part.PRINCIPAL] = line.settled(Part.PRINCIPAL) + principal
    line.owed[Part.INTEREST] = max(arisen + interest, line.settled(Part.INTEREST))
    line.instalment = line.owed[Part.PRINCIPAL] + line.owed[Part.INTEREST]


def _move(done: Sequence[Line], left: Sequence[Line], to: Line) -> None:
    """The first new row takes the charges that are open, and what was paid of rows that are gone."""
    for line in done:
        for part in Part:
            if part in (Part.FEE, Part.PENALTY):
                to.owed[part] += line.open(part)
            line.owed[part] = line.settled(part)
    for line in left:
        for part in Part:
            if part in (Part.FEE, Part.PENALTY):
                to.owed[part] += line.owed[part]
            to.paid[part] += line.paid[part]
            to.let[part] += line.let[part]
        to.agreed_fee += line.agreed_fee


def _dates(
    engine: Engine, on: date, left: Sequence[Line], first: date | None, count: int | None
) -> list[date]:
    """The due dates: those that are left, or counted from the first one on."""
    count = count or max(1, len(left))
    kept = [line.due_on for line in left] if first is None else []
    seed = first or (left[0].due_on if left else _period(engine, on, 1))
    return [kept[k] if k < len(kept) else _period(engine, seed, k) for k in range(count)]


def _period(engine: Engine, seed: date, k: int) -> date:
    if engine.terms.model is RepaymentModel.SCHEDULE:
        return nth(options(engine.terms, 1, seed), seed, k)
    return seed + relativedelta(months=k)


def _parts(
    engine: Engine, rows: Sequence[Line], principal: int, on: date
) -> Sequence[tuple[int, int]]:
    """Principal and interest of each row, the first one for the days it has left."""
    if not rows:
        return []
    whole = Decimal((rows[0].due_on - rows[0].begins_on).days or 1)
    left = (rows[0].due_on - max(on, rows[0].begins_on)).days / whole
    if engine.terms.model is not RepaymentModel.SCHEDULE:
        interest = principal * engine.rate / 1_200 * (len(rows) - 1 + left)
        step = engine.terms.step
        return shares(principal, engine.terms.payable(interest), len(rows), step)
    cut = [
        Period(line.begins_on, line.due_on, _factor(engine, line) * (left if k == 0 else 1), True, True)
        for k, line in enumerate(rows)
    ]  # fmt: skip
    if not principal:
        return [(0, 0)] * len(rows)
    return divide(_options(engine, principal, on), principal, cut)


def _factor(engine: Engine, line: Line) -> Decimal:
    read = options(engine.terms, 1, line.begins_on)
    return factor(read, engine.rate / 100, line.begins_on, line.due_on)


def _options(engine: Engine, principal: int, on: date) -> ScheduleTerms:
    read = options(engine.terms, principal, on)
    return replace(read, rate=engine.rate, rate_per=RatePer.YEAR)
