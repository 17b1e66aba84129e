"""What the rows of a moving balance ask for: when a row is due, when somebody pays, and in the days to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.schedules.daycount import factor
from core.lending.schedules.declining import rate_of_instalment
from core.lending.schedules.rounding import HALF_UP, to_multiple
from core.lending.state.balance import Balance
from core.lending.state.lines import Line
from core.lending.terms import Rest
from core.money import round_to

I, C = Part.INTEREST, Part.PRINCIPAL  # noqa: E741 - interest and capital


def level(engine: Balance) -> None:
    """The instalment of the last row is that of the others: what it differs by is found anew whenever one looks."""
    rows = [line for line in engine.lines if not line.is_down_payment]
    if len(rows) > 1 and rows[-1].instalment < rows[-2].instalment:
        rows[-1].instalment = rows[-2].instalment


def unasked(engine: Balance) -> None:
    """Rows to come owe no interest before it arises: for now all their instalment is principal."""
    for line in engine.to_come:
        line.owed[I] = line.settled(I)
        line.owed[C] = max(line.instalment - line.owed[I], line.settled(C))


def asked(line: Line, arisen: int) -> tuple[int, int]:
    """Interest and principal of a row in which so much interest arose: no room for it beyond the instalment.

    A row in grace on interest asks for none: what arises is carried on, as in the schedule.
    """
    settled, principal = line.settled(I), line.settled(C)
    has_room = line.asks_interest and principal <= max(line.instalment - arisen, 0)
    interest = max(min(arisen, line.instalment) if has_room else settled, settled)
    return interest, max(line.instalment - interest, principal)


def close(engine: Balance, line: Line) -> None:
    """A row is due: what it asks for is fixed, and what has no room is carried on."""
    arisen = engine.arisen(line.due_on)
    rest = engine.principal - _overdue(engine)  # to be asked for by this row and those after it
    if line.is_down_payment:
        return
    if _is_last_open(engine):
        last = _last_open(engine, line)
        interest, principal = _last(engine, line, arisen, rest)
        arisen = interest
        if last is not line:
            interest, principal = line.settled(I), line.settled(C)
            if last.due_on <= line.due_on:  # a row to come finds what is carried to it
                last.owed[I] += arisen - interest
                engine.due_interest += arisen - interest
                arisen = interest
    else:
        interest, principal = asked(line, arisen)
        need = max(principal - line.settled(C), 0)
        covered = min(need, engine.ahead)
        engine.ahead -= covered
        principal = line.settled(C) + min(need - covered, rest)
    line.owed[I], line.owed[C] = interest, principal
    engine.carried = arisen - interest


def ready(engine: Balance, arisen: int, *, vertical: bool) -> None:
    """What the rows to come owe on a day by which so much interest has arisen and is not in a row."""
    k = engine.current
    while k < len(engine.lines) and (arisen > 0 or k <= engine.touched):
        line = engine.lines[k]
        interest, principal = asked(line, arisen)
        line.owed[I] = interest
        line.owed[C] = max(line.instalment - line.settled(I), 0) if vertical else principal
        if line.owed[I] > line.settled(I):
            engine.touched = k
        arisen = max(arisen - interest, 0)
        k += 1


def finish(engine: Balance, interest: int, *, vertical: bool) -> None:
    """The rows ask for all that ends the loan; the last open row takes what has no room."""
    unasked(engine)
    left = interest - engine.due_interest
    ready(engine, left, vertical=vertical)
    owed = sum(line.owed[I] for line in engine.to_come)
    last = _last_open(engine, engine.lines[-1])
    last.owed[I] += left - owed
    room = sum(line.open(C) for line in engine.lines)
    if room < engine.principal:
        last.owed[C] += engine.principal - room


def projected(engine: Balance, on: date) -> list[tuple[int, int]]:
    """Principal and interest of each row to come, if what is overdue is paid on this day, the rest when it is due."""
    return list(_walk(engine, on))


def project(engine: Balance, on: date) -> None:
    """Let the rows to come show what they will ask for."""
    left = engine.carried
    for line, (principal, interest) in zip(engine.to_come, projected(engine, on), strict=True):
        line.owed[C], line.owed[I] = principal, interest
    if engine.running is None and left > 0:
        _last_open(engine, engine.lines[-1]).owed[I] += left


def _walk(engine: Balance, on: date) -> Iterator[tuple[int, int]]:
    rows = list(engine.to_come)
    if not rows:
        return
    overdue = _overdue(engine)
    bears = _overdue_bearing(engine)
    seen = rows[0].due_on if engine.how.rest is Rest.REPAYMENT else min(on, rows[0].due_on)
    balance = engine.bearing - bears
    rest, carried, ahead = engine.principal - overdue, engine.carried, engine.ahead
    last = max((k for k, line in enumerate(rows) if _is_open(line)), default=len(rows) - 1)
    total = engine.due_interest
    for k, line in enumerate(rows):
        if k:
            own = engine.share(line, line.begins_on, line.due_on, balance)
        elif bears and seen > engine.since:
            own = engine.exact(seen) + engine.share(line, seen, line.due_on, balance)
        else:
            own = engine.accrual + engine.share(line, engine.since, line.due_on, balance)
        arisen = engine.duplum.limit(total + carried + round(own)) - total
        if k == last:
            interest, principal = _last(engine, line, arisen, rest)
        else:
            interest, principal = asked(line, arisen)
            need = max(principal - line.settled(C), 0) if k < last else 0
            covered = min(need, ahead)
            ahead -= covered
            principal = line.settled(C) + min(need - covered, rest)
        paid = engine.pending if not k else 0
        rest -= principal - line.settled(C)
        balance -= principal - line.settled(C) + paid
        carried = max(arisen - interest, 0)
        total += interest
        yield principal, interest


def _last(engine: Balance, line: Line, arisen: int, rest: int) -> tuple[int, int]:
    """Interest and principal of the last row: all that is left, and a sum a rail can pay where the schedule was one."""
    assert engine.read is not None
    interest, principal = max(arisen, line.settled(I)), line.settled(C) + rest
    step, is_limited = engine.read.payable, engine.duplum.principal is not None
    due = principal + interest
    asked = due // step * step if is_limited else round_to(Decimal(due), step)
    interest += asked - due
    return interest if interest >= line.settled(I) else interest + step, principal


def _overdue(engine: Balance, *, bearing: bool = False) -> int:
    """Principal of rows that are due and unpaid; what is left of a down payment bears no interest."""
    return sum(
        line.open(C)
        for line in engine.lines[engine.first_open() : engine.current]
        if not (bearing and line.is_down_payment)
    )


def _overdue_bearing(engine: Balance) -> int:
    """So much of the balance that bears interest is overdue."""
    return _overdue(engine, bearing=True) if engine.how.past_due_bears_interest else 0


def _is_open(line: Line) -> bool:
    return line.settled(I) + line.settled(C) < line.instalment


def _is_last_open(engine: Balance) -> bool:
    return not any(_is_open(line) for line in engine.lines[engine.current + 1 :])


def _last_open(engine: Balance, otherwise: Line) -> Line:
    return next(
        (line for line in reversed(engine.lines) if line.open(C) or _is_open(line)), otherwise
    )


def relevel(engine: Balance) -> None:
    """A smaller instalment for the rows after the one that took a surplus."""
    assert engine.read is not None
    rows, balance = list(engine.to_come), engine.bearing - _overdue_bearing(engine)
    if rows and engine.since > rows[0].begins_on:  # the running row keeps its instalment
        running = rows.pop(0)
        _, principal = asked(running, engine.arisen(running.due_on))
        balance -= max(principal - running.settled(C), 0)
    if not rows:
        return
    whole = factor(engine.read, engine.yearly, rows[0].begins_on, rows[0].due_on)
    rate = rate_of_instalment(engine.read, engine.yearly, whole)
    count = Decimal(len(rows))
    exact = balance * rate / (1 - (1 + rate) ** -count) if rate else balance / count
    each = to_multiple(exact, engine.read.multiple, HALF_UP)
    for line in rows:
        line.instalment = max(each, line.settled(C) + line.settled(I))
