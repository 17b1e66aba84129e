"""How a loan ends: paid off, written off, or with a small rest that is let go."""

from __future__ import annotations

from datetime import date, timedelta

from core.lending.allocation import Part
from core.lending.state.events import Event, LoanStatus
from core.lending.state.figures import Portion
from core.lending.state.lines import NOTHING, Line
from core.lending.state.loan import Loan
from core.lending.state.walk import pay
from core.lending.terms import Payoff


def payoff(loan: Loan, on: date) -> int:
    """What ends the loan on this day."""
    if not loan.is_open:
        return 0
    charges = sum(line.charges for line in loan.charged())
    charges -= sum(_not_begun(loan, line, on) for line in loan.engine.to_come)
    if is_cooling_off(loan, on):
        return max(0, loan.principal_outstanding - _counts_as_paid(loan) + charges)
    interest = loan.engine.payoff_interest(on) - loan.interest_settled
    return max(0, loan.principal_outstanding + interest + charges)


def is_cooling_off(loan: Loan, on: date) -> bool:
    """Whether she may still give back what she received, and owe nothing else; not after the rest was let go."""
    days = loan.terms.cooling_off_days
    if not days or loan.disbursed_on is None or loan.principal_outstanding < _counts_as_paid(loan):
        return False
    return on <= loan.disbursed_on + timedelta(days=days)


def _counts_as_paid(loan: Loan) -> int:
    """If she gives the loan back, the fee she never received and the interest she paid count as principal paid."""
    return loan.fee_withheld + loan.paid[Part.INTEREST]


def covers(loan: Loan, event: Event) -> bool:
    """Whether a payment ends the loan: nothing is left of the payoff that a rail could still pay."""
    return payoff(loan, event.on) - event.amount < loan.terms.step


def close(loan: Loan, event: Event) -> int:
    """A payment covers the payoff of its day; what is left over. What it lacks of it no rail carries: it is let go."""
    on, due = event.on, payoff(loan, event.on)
    loan.rounded += max(0, due - event.amount)
    _end(loan, on, is_cooling_off(loan, on))
    left = due + _take_back(loan, event)
    left = pay(loan, loan.terms.allocation.rule(event.payment_type), left, on, event.number)
    for _, line in list(loan.unsettled()):
        for part in Part:
            left -= loan.put(line, part, left, on, event.number)
    _fix(loan, on)
    assert left >= 0, "the payoff is what is owed"
    assert not loan.principal_outstanding, "nothing is owed after the payoff"
    loan.closed_on, loan.status = on, LoanStatus.REPAID
    return max(0, event.amount - due) + left


def write_off(loan: Loan, event: Event, status: LoanStatus) -> int:
    """Nobody expects the rest any more: it is let go, with the interest to this day. What she had paid too much."""
    on = event.on
    _end(loan, on, cooling_off=False)
    left = pay(loan, loan.terms.allocation.default, _take_back(loan, event), on, event.number)
    for line in loan.lines:
        for part in Part:
            rest = line.open(part)
            if part is Part.PRINCIPAL:
                rest = min(rest, loan.principal_outstanding)
            line.let[part] += rest
            loan.written_off[part] += rest
            line.owed[part] = line.settled(part)
    assert not loan.principal_outstanding, "nothing is owed after it was let go"
    loan.closed_on, loan.status = on, status
    return left


def _end(loan: Loan, on: date, cooling_off: bool) -> None:
    """The rows ask for what ends the loan today, and for no more."""
    for line in loan.engine.to_come:
        line.owed[Part.FEE] -= _not_begun(loan, line, on)
    if cooling_off:
        loan.engine.ask_no_interest()
        _give_back(loan.engine.lines, loan.fee_withheld)
        loan.fee_returned, loan.fee_withheld = loan.fee_returned + loan.fee_withheld, 0
    else:
        loan.engine.finish(loan.engine.payoff_interest(on))
    loan.look_again()


def _give_back(lines: list[Line], amount: int) -> None:
    """The fee is principal that she never had: the last rows do not ask for it."""
    for line in reversed(lines):
        part = min(amount, line.open(Part.PRINCIPAL))
        line.owed[Part.PRINCIPAL] -= part
        amount -= part


def _take_back(loan: Loan, event: Event) -> int:
    """Interest and fees she paid ahead and does not owe: they count towards what she does owe."""
    freed = 0
    for line in loan.engine.lines:
        for part in (Part.INTEREST, Part.FEE):
            extra = -line.open(part)
            if extra > 0:
                line.paid[part] -= extra
                loan.paid[part] -= extra
                loan.portions.append(Portion(event.number, event.on, line.due_on, part, -extra))
                freed += extra
    return freed


def _not_begun(loan: Loan, line: Line, on: date) -> int:
    """The agreed fee of a row that has not begun: it is not asked for, and counts as paid if it was."""
    if not line.agreed_fee or line.begins_on < on or loan.terms.payoff is Payoff.AGREED:
        return 0
    return min(line.agreed_fee, line.owed[Part.FEE] - line.let[Part.FEE])


def _fix(loan: Loan, on: date) -> None:
    """The rows are what was paid."""
    for line in loan.lines:
        for part in Part:
            line.owed[part] = line.settled(part)
        line.instalment = line.owed[Part.PRINCIPAL] + line.owed[Part.INTEREST]
        if line.owed != NOTHING:
            line.paid_on = line.paid_on or on
