"""The figures at the end of the fold, as the books, the phone and the lender see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from core.lending.allocation import Part
from core.lending.state import accrual, closing
from core.lending.state.events import Event, LoanStatus
from core.lending.state.figures import InstalmentState, LoanState
from core.lending.state.loan import Loan
from core.lending.state.overdue import Clock, clock, counted, rules


def shown(loan: Loan, events: Sequence[Event], on: date) -> LoanState:
    """Every figure of the loan on this day."""
    payoff = closing.payoff(loan, on)
    billed = accrual.billed(loan, on)
    earned, line = accrual.earned(loan, on, billed)
    if loan.is_open:
        loan.engine.project(on)
    paid, waived, lost = loan.paid, loan.waived, loan.written_off
    rows = tuple(line.shown(k, loan.disbursed_on) for k, line in enumerate(loan.lines, start=1))
    return LoanState(
        status=loan.status, on=on, rows=rows, disbursed_on=loan.disbursed_on, closed_on=loan.closed_on,
        restructured_on=loan.restructured_on,
        disbursed=loan.disbursed, undrawn=_undrawn(loan), charged_back=loan.charged_back, payoff=payoff,
        fee_withheld=loan.fee_withheld, fee_returned=loan.fee_returned,
        principal_paid=paid[Part.PRINCIPAL], interest_paid=paid[Part.INTEREST],
        fees_paid=paid[Part.FEE], penalties_paid=paid[Part.PENALTY],
        interest_earned=earned, interest_billed=billed,
        fees_charged=_fees(loan, on), penalties_charged=_owed(loan, Part.PENALTY),
        interest_waived=waived[Part.INTEREST], fees_waived=waived[Part.FEE],
        penalties_waived=waived[Part.PENALTY],
        principal_written_off=lost[Part.PRINCIPAL], interest_written_off=lost[Part.INTEREST],
        fees_written_off=lost[Part.FEE], penalties_written_off=lost[Part.PENALTY],
        recovered=loan.recovered, rounded=loan.rounded, credit=loan.credit, returning=loan.returning,
        cash_back_owed=loan.cash_back_owed, pauses=tuple(loan.pauses), portions=tuple(loan.portions),
        accrual=line, next_change_on=accrual.next_change(loan, events, on),
        days_late=_days_late(loan, rows, on), on_time=_is_on_time(loan, on),
    )  # fmt: skip


def _days_late(loan: Loan, rows: Sequence[InstalmentState], on: date) -> int:
    running = clock(rows, loan.pauses, on, rules(loan.terms)) if loan.is_open else Clock()
    return running.days(on)


def _is_on_time(loan: Loan, on: date) -> bool:
    """No row was or is later than its due date and the grace period; days of a hardship pause do not count."""
    terms = loan.terms
    return all(
        counted(loan.pauses, line.due_on, line.late_until(on, terms.tolerated)) <= terms.grace_period
        for line in loan.lines
    )  # fmt: skip


def _undrawn(loan: Loan) -> int:
    """What may still be paid out: nothing once the loan has ended or is in default, or the rest was cancelled."""
    if loan.status is not LoanStatus.DISBURSED or loan.rest_is_cancelled:
        return 0
    return loan.terms.principal - loan.disbursed


def _owed(loan: Loan, part: Part) -> int:
    return sum(line.owed[part] for line in loan.lines)


def _fees(loan: Loan, on: date) -> int:
    """Those that were charged, and the agreed fee of each row that is due, or was paid before."""
    return sum(
        max(
            line.owed[Part.FEE] - (line.agreed_fee if line.due_on > on else 0),
            line.settled(Part.FEE),
        )
        for line in loan.lines
    )
