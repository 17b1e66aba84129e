"""Charges and what is owed again: each finds the row in whose period its day falls, or a row after the last one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.lending.allocation import Part
from core.lending.state.events import LoanStatus
from core.lending.state.lines import Line
from core.lending.state.loan import Loan


def charge(loan: Loan, part: Part, amount: int, due_on: date, on: date) -> None:
    """A fee or penalty that is owed on a day; in duplum may leave less of it."""
    allowed = loan.duplum.charge(amount, loan.arisen(on))
    if allowed:
        line = _row(loan, due_on, includes_end=True)
        line.owed[part] += allowed
        loan.has_charge(line)
        reopen(loan)


def limit_fees(loan: Loan, interest: int) -> None:
    """In duplum: the fees agreed for rows to come count as asked for on the day of default, as far as it lets them."""
    for line in loan.engine.lines[loan.engine.current :]:
        fee = min(line.agreed_fee, line.open(Part.FEE))
        cut = fee - loan.duplum.charge(fee, interest)
        line.owed[Part.FEE] -= cut
        line.agreed_fee -= cut


def owe_again(loan: Loan, amount: int, on: date) -> None:
    """Principal is owed again from this day on, in the row of this day."""
    if amount:
        loan.charged_back += amount
        reopen(loan)
        loan.engine.owe_again(_row(loan, on, includes_end=False), amount, on)


def lend_late(loan: Loan, amount: int, on: date) -> None:
    """A tranche after the last due date: it is owed on its day."""
    line = _extra(loan, loan.engine.lines[-1].due_on, on)
    loan.engine.owe_again(line, amount, on)


def reopen(loan: Loan) -> None:
    """Something is owed again, also of a loan that was closed."""
    loan.look_again()
    if loan.closed_on is not None and loan.status is LoanStatus.REPAID:
        loan.closed_on, loan.status = None, LoanStatus.DISBURSED


def _row(loan: Loan, day: date, *, includes_end: bool) -> Line:
    """The row of a day. Charges belong to the row that ends with their day, debts to the one that begins with it."""
    rows = [line for line in loan.engine.lines if not line.is_down_payment]
    for line in rows:
        is_last = line is rows[-1]
        if day < line.due_on or (day == line.due_on and (includes_end or is_last)):
            return line
    return _extra(loan, rows[-1].due_on if rows else day, day)


def _extra(loan: Loan, last_due: date, day: date) -> Line:
    """The one row after the last: it is due when the last of its charges is, and so is what was paid of it."""
    if not loan.extra:
        loan.extra.append(Line(last_due, day, is_extra=True))
    line = loan.extra[0]
    if day > line.due_on:
        loan.portions = [
            replace(piece, due_on=day) if piece.due_on == line.due_on else piece
            for piece in loan.portions
        ]
        line.due_on = day
    return line
