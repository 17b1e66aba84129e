"""Days pass: rows fall due, and what is late is charged when its day is over: who pays on that day pays without it."""

from __future__ import annotations

from datetime import date

from core.lending.allocation import Part
from core.lending.state.loan import Loan


def pass_days(loan: Loan, to: date) -> None:
    """Let the days up to `to` pass; that day itself is not over, and makes nobody late."""
    while loan.is_open:
        due_on, late_on = loan.engine.next_due_on, loan.late.next_on
        if due_on is not None and due_on <= to and (late_on is None or due_on <= late_on):
            place = loan.engine.current
            loan.engine.close_row()
            loan.late.watch(place, due_on)
        elif late_on is not None and late_on < to:
            _charge_late(loan)
        else:
            break


def _charge_late(loan: Loan) -> None:
    on, place = loan.late.pop()
    line = loan.engine.lines[place]
    if loan.late.postponed(place, on, loan.pauses):
        return
    amount = loan.late.cost(place, line, on)
    allowed = loan.duplum.charge(amount, loan.arisen(on))
    if allowed:
        line.owed[Part.PENALTY] += allowed
        loan.has_charge(line)
        loan.look_again()
