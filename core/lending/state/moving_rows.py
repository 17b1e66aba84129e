"""What the rows of a moving balance ask for: when a row is due, when somebody pays, and in the days to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.schedules.declining import SMOOTHING_ROUNDS
from core.lending.schedules.even import is_alike, nearest
from core.lending.schedules.rounding import to_multiple
from core.lending.schedules.terms import Amortization
from core.lending.schedules.terms import Engine as Trade
from core.lending.state import replan
from core.lending.state.balance import Balance
from core.lending.state.lines import Line
from core.lending.state.plan import Basis
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
    arisen = arisen if line.most_interest is None else min(arisen, line.most_interest)
    if not line.asks_principal:
        return max(arisen if line.asks_interest else 0, settled), max(line.again, principal)
    has_room = line.asks_interest and principal <= max(line.instalment - arisen, 0)
    interest = max(min(arisen, line.instalment) if has_room else settled, settled)
    return interest, max(line.instalment - interest, principal)


def _asked_for(
    engine: Balance, line: Line, arisen: int, rest: int, ahead: int
) -> tuple[int, int, int]:
    """Interest and principal of a row before the last, and how much of it is covered by what was paid ahead."""
    interest, principal = asked(line, arisen)
    need = max(principal - line.settled(C), 0)
    covered = min(need, ahead)
    principal = line.settled(C) + min(need - covered, rest)
    return *_whole(engine, line, interest, principal), covered


def _whole(engine: Balance, line: Line, interest: int, principal: int) -> tuple[int, int]:
    """A row in payable units: what is less than one of them waits for the next row."""
    assert engine.read is not None
    rest = (interest + principal + line.agreed_fee) % engine.read.payable
    if interest - rest >= line.settled(I):
        return interest - rest, principal
    return interest, max(principal - rest, line.settled(C))


def close(engine: Balance, line: Line) -> None:
    """A row is due: what it asks for is fixed, and what has no room is carried on."""
    arisen = engine.arisen(line.due_on)
    rest = to_be_asked(engine)  # to be asked for by this row and those after it
    if line.is_down_payment:
        return
    last = _last_open(engine, engine.lines[-1])
    if last.due_on <= line.due_on:
        interest, principal = _last(engine, line, arisen, rest)
        arisen = interest
        if last is not line:
            interest, principal = line.settled(I), line.settled(C)
            last.owed[I] += arisen - interest
            engine.due_interest += arisen - interest
            arisen = interest
    else:
        interest, principal, covered = _asked_for(engine, line, arisen, rest, engine.ahead)
        engine.ahead -= covered
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
    if arisen > 0:
        rest(engine, arisen)


def rest(engine: Balance, arisen: int) -> None:
    """Where every row to come is paid, the last one that is not, or the last of all, asks for what is left."""
    if any(_is_open(line) for line in engine.to_come) or not engine.to_come:
        return
    last = _last_open(engine, engine.lines[-1])
    if last in engine.to_come:
        last.owed[C] = last.settled(C) + max(0, to_be_asked(engine))
        last.owed[I] = last.settled(I) + arisen
        engine.touched = len(engine.lines) - 1
    else:
        arisen = _units(engine, last, arisen)
        last.owed[I] += arisen
        engine.due_interest += arisen
        engine.carried -= arisen


def _units(engine: Balance, line: Line, more: int) -> int:
    """So much more of interest may a row ask for, that it still asks for payable units."""
    assert engine.read is not None
    return max(
        0, more - (line.owed[C] + line.owed[I] + line.agreed_fee + more) % engine.read.payable
    )


def finish(engine: Balance, interest: int, *, vertical: bool) -> None:
    """The rows ask for all that ends the loan; the last open row takes what has no room."""
    unasked(engine)
    ready(engine, interest - engine.due_interest, vertical=vertical)
    owed = engine.due_interest + sum(line.owed[I] for line in engine.to_come)
    last = _last_open(engine, engine.lines[-1])
    last.owed[I] += interest - owed
    room = sum(line.open(C) for line in engine.lines)
    if room < engine.principal:
        last.owed[C] += engine.principal - room


def basis(engine: Balance, line: Line) -> Basis:
    """What is to be divided over this row, which runs, and those after it, if what is overdue is paid today."""
    plan = engine.plan.basis(engine, line)
    balance = engine.bearing - overdue_bearing(engine)
    cost = engine.carried + engine.accrual + engine.share(line, engine.since, line.due_on, balance)
    return Basis(engine.opening + engine.ahead, cost, plan.factor)


def smooth(engine: Balance, on: date) -> None:
    """Spread what the last open row differs by over all of them: what was paid ahead stays paid in its row."""
    read, rows = engine.read, [line for line in engine.to_come if line.asks_principal]
    assert read is not None
    if read.amortization is Amortization.EQUAL_PRINCIPAL:
        return
    if read.engine is Trade.PROGRESSIVE:
        _spread(engine, rows, on, read.multiple)
    _even(engine, rows, on, read.multiple)


def _spread(engine: Balance, rows: list[Line], on: date, multiple: int) -> None:
    for _ in range(SMOOTHING_ROUNDS):
        differs, each = _difference(engine, rows, on)
        count = sum(1 for line in rows if line.settled(I) + line.settled(C) <= each)
        if abs(differs) <= count // 2:
            return
        other = to_multiple(Decimal(each + round(Decimal(differs) / count)), multiple)
        if not _try(engine, rows, on, other, abs(differs)):
            return


def _even(engine: Balance, rows: list[Line], on: date, multiple: int) -> None:
    """Where the last open row still differs too much, as interest that a grace put off may make it: all alike."""
    differs, each = _difference(engine, rows, on)
    is_put_off = bool(engine.carried) or not all(line.asks_interest for line in rows)
    if is_alike(differs, each, len(rows), is_put_off=is_put_off):
        return
    before = [line.instalment for line in rows]

    def last_differs(other: int) -> int:
        _set_instalment(rows, other)
        found, _ = _difference(engine, rows, on)
        _restore(rows, before)
        return found

    most = engine.principal + sum(interest for _, interest in projected(engine, on))
    _try(engine, rows, on, nearest(last_differs, most, multiple), abs(differs))


def _try(engine: Balance, rows: list[Line], on: date, each: int, differs: int) -> bool:
    """Let the rows ask for another instalment, if the last one then differs by less."""
    before = [line.instalment for line in rows]
    _set_instalment(rows, each)
    is_better = abs(_difference(engine, rows, on)[0]) < differs
    if not is_better:
        _restore(rows, before)
    return is_better


def _restore(rows: list[Line], instalments: list[int]) -> None:
    for line, instalment in zip(rows, instalments, strict=True):
        line.instalment = instalment


def _difference(engine: Balance, rows: list[Line], on: date) -> tuple[int, int]:
    """By how much the last open row differs from the instalment of the others, and that instalment."""
    asked_for = dict(zip(map(id, engine.to_come), map(sum, projected(engine, on)), strict=True))
    still = [line for line in rows if _is_open(line)]
    if len(still) <= 1:
        return 0, 0
    each = still[0].instalment - still[0].again
    return asked_for[id(still[-1])] - still[-1].again - each, each


def _set_instalment(rows: list[Line], each: int) -> None:
    for line in rows:
        if each >= line.settled(I) + line.settled(C):
            line.instalment = each + line.again


def projected(engine: Balance, on: date) -> list[tuple[int, int]]:
    """Principal and interest of each row to come, if what is overdue is paid on this day, the rest when it is due."""
    return list(_walk(engine, on))


def project(engine: Balance, on: date) -> None:
    """Let the rows to come show what they will ask for."""
    if engine.running is not None and _last_open(engine, engine.lines[-1]).due_on <= on:
        rest(engine, engine.arisen(on))
    left = engine.carried
    for line, (principal, interest) in zip(engine.to_come, projected(engine, on), strict=True):
        line.owed[C], line.owed[I] = principal, interest
    if engine.running is None and left > 0:
        last = _last_open(engine, engine.lines[-1])
        last.owed[I] += _units(engine, last, left)


def _walk(engine: Balance, on: date) -> Iterator[tuple[int, int]]:
    rows = list(engine.to_come)
    if not rows:
        return
    overdue = _overdue(engine)
    bears = overdue_bearing(engine)
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
            room = rest if k < last else 0
            interest, principal, covered = _asked_for(engine, line, arisen, room, ahead)
            ahead -= covered
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
    due = principal + interest + line.agreed_fee
    asked = due // step * step if is_limited else round_to(Decimal(due), step)
    interest += asked - due
    return interest if interest >= line.settled(I) else interest + step, principal


def to_be_asked(engine: Balance) -> int:
    """Principal of the rows to come; what is overdue stays in its own row."""
    return engine.principal - _overdue(engine)


def _overdue(engine: Balance, *, bearing: bool = False) -> int:
    """Principal of rows that are due and unpaid; what is left of a down payment bears no interest."""
    return sum(
        line.open(C)
        for line in engine.lines[engine.first_open() : engine.current]
        if not (bearing and line.is_down_payment)
    )


def overdue_bearing(engine: Balance) -> int:
    """So much of the balance that bears interest is overdue."""
    return _overdue(engine, bearing=True) if engine.how.past_due_bears_interest else 0


def _is_open(line: Line) -> bool:
    return line.settled(I) + line.settled(C) < line.instalment


def _last_open(engine: Balance, otherwise: Line) -> Line:
    return next(
        (line for line in reversed(engine.lines) if line.open(C) or _is_open(line)), otherwise
    )


def relevel(engine: Balance) -> None:
    """A smaller instalment for the rows after the one that took a surplus: all of them alike."""
    rows, balance = engine.to_come, max(0, engine.bearing - overdue_bearing(engine))
    if rows and engine.since > rows[0].begins_on:  # the running row keeps its instalment
        running, *rows = rows
        _, principal = asked(running, engine.arisen(running.due_on))
        balance = max(0, balance - max(principal - running.settled(C), 0))
    if not rows:
        return
    whole = engine.factor(rows[0], rows[0].begins_on)
    basis = Basis(balance, balance * whole, whole)
    for line, part in zip(rows, replan.divided(engine, rows, basis), strict=True):
        line.instalment = max(sum(part) + line.again, line.settled(C) + line.settled(I))
    level(engine)


def limit_interest(engine: Balance, rows: Sequence[Line], parts: Sequence[tuple[int, int]]) -> None:
    """Equal parts of the principal stay equal: what a grace put off comes where it was planned."""
    read = engine.read
    equal = read is not None and read.amortization is Amortization.EQUAL_PRINCIPAL
    limited = equal and (engine.carried or not all(line.asks_interest for line in rows))
    for line, (_, interest) in zip(rows, parts, strict=True):
        line.most_interest = interest if limited else None
