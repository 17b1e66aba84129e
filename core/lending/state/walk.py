"""Money walks over the rows in the order of the table: row by row, or part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from core.lending.allocation import Part, Rule, Surplus, Way, When
from core.lending.state import moving_rows
from core.lending.state.lines import Line
from core.lending.state.loan import Loan
from core.lending.state.moving import Moving
from core.lending.terms import Prepayment
from core.money import round_to


def pay(loan: Loan, rule: Rule, amount: int, on: date, number: int) -> int:
    """Put an amount on the rows; what is left over."""
    for when, parts in _groups(rule, loan.terms.allocation.way):
        if when is When.IN_ADVANCE:
            amount = _surplus(loan, rule, amount, on, number)
            if rule.surplus is Surplus.REAMORTISE:
                amount = _evenly(loan, parts, amount, on, number)
                continue
        for line in _rows(loan, when, rule.surplus, on):
            for part in parts:
                amount -= loan.put(line, part, amount, on, number)
            if not amount:
                return 0
        if loan.terms.allocation.way is Way.VERTICAL:
            loan.engine.ready(on)
    return amount


def _groups(rule: Rule, way: Way) -> list[tuple[When, Sequence[Part]]]:
    """The table as turns: all parts of a kind of due together, or one pair at a time."""
    if way is Way.VERTICAL:
        return [(when, (part,)) for when, part in rule.order]
    whens = dict.fromkeys(when for when, _ in rule.order)
    return [(when, [part for at, part in rule.order if at is when]) for when in whens]


def _rows(loan: Loan, when: When, surplus: Surplus, on: date) -> Iterator[Line]:
    if when is not When.IN_ADVANCE:
        yield from _due(loan, when, on)
    elif surplus is Surplus.NEXT:
        yield from (line for _, line in loan.unsettled() if line.due_on > on)
    else:
        lines = loan.lines
        running = None
        if surplus is Surplus.NEXT_LAST:
            running = next((line for line in lines if line.begins_on <= on < line.due_on), None)
            yield from [running] if running is not None else []
        for line in reversed(lines):
            if line.due_on <= on:
                break
            if line is not running and line.outstanding:
                yield line


def _due(loan: Loan, when: When, on: date) -> Iterator[Line]:
    for _, line in loan.unsettled():
        if line.due_on > on:
            return
        if (line.due_on == on) is (when is When.DUE):
            yield line


def _evenly(loan: Loan, parts: Sequence[Part], amount: int, on: date, number: int) -> int:
    """Part by part in equal shares a rail can pay, over all open rows to come; the last one takes the rest."""
    while amount:
        before = amount
        for part in parts:
            amount -= _share_out(loan, part, amount, on, number)
        if amount == before:
            break
    return amount


def _share_out(loan: Loan, part: Part, amount: int, on: date, number: int) -> int:
    rows = [line for line in _rows(loan, When.IN_ADVANCE, Surplus.LAST, on) if line.open(part) > 0]
    left, taken = amount, 0
    for k, line in enumerate(reversed(rows)):
        each = round_to(Decimal(amount) / len(rows), loan.terms.step)
        share = min(left, each) if k < len(rows) - 1 else left
        left -= share
        taken += loan.put(line, part, share, on, number)
    return taken


def _surplus(loan: Loan, rule: Rule, amount: int, on: date, number: int) -> int:
    """Where terms say that rows are planned anew, what exceeds the row of the day goes into that row as principal."""
    engine = loan.engine
    if not isinstance(engine, Moving) or engine.how.prepayment is Prepayment.BY_TABLE or not amount:
        return amount
    row = _row_of(engine, on)
    if row is None:
        return amount
    for _, part in rule.order[-len(Part) :]:
        amount -= loan.put(row, part, amount, on, number)
    extra = min(amount, moving_rows.to_be_asked(engine))
    if extra > 0:
        engine.surplus(row, extra)
        amount -= loan.put(row, Part.PRINCIPAL, extra, on, number)
        engine.surplus_was_paid()
    return amount


def _row_of(engine: Moving, on: date) -> Line | None:
    """The row that is due today, else the one that runs."""
    done = engine.lines[engine.current - 1] if engine.current else None
    return done if done is not None and done.due_on == on else engine.running
