"""What each kind of event does to a loan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from core.lending.allocation import Part, PaymentType
from core.lending.state import charges, closing
from core.lending.state.days import pass_days
from core.lending.state.events import Event, EventKind, LoanStatus
from core.lending.state.figures import Pause, PauseKind
from core.lending.state.lines import Line
from core.lending.state.loan import Loan
from core.lending.state.walk import pay


def _approved(loan: Loan, _: Event) -> None:
    loan.status = LoanStatus.APPROVED


def _cancelled(loan: Loan, _: Event) -> None:
    loan.status = LoanStatus.CANCELLED


def _disbursed(loan: Loan, event: Event) -> None:
    left = loan.terms.principal - loan.disbursed
    principal = min(left, event.principal) if event.principal is not None else left
    if principal <= 0:
        return
    if loan.status is LoanStatus.WRITTEN_OFF:
        _lend_lost(loan, principal, event)
        return
    _begin_again(loan, event.on)
    if loan.engine.lines and loan.engine.running is None:
        charges.lend_late(loan, principal, event.on)
    else:
        loan.engine.disburse(principal, event.on)
    _draw(loan, principal, event)
    loan.disbursed_on = loan.disbursed_on or event.on
    if loan.status is not LoanStatus.DEFAULTED:
        loan.status = LoanStatus.DISBURSED
    loan.rows_are_new()
    _spend_credit(loan, event)


def _begin_again(loan: Loan, on: date) -> None:
    """A payout that arrives after she had repaid the ones before: days pass, and interest runs again."""
    charges.reopen(loan)
    if loan.engine.is_closed:
        pass_days(loan, on)
        loan.engine.begin_again(on)


def _draw(loan: Loan, principal: int, event: Event) -> None:
    loan.disbursed += principal
    loan.fee_withheld += principal - event.amount if event.amount else loan.terms.fee.minor


def _lend_lost(loan: Loan, principal: int, event: Event) -> None:
    """A payout that arrives after the loan was written off is given up with the rest."""
    _draw(loan, principal, event)
    loan.written_off[Part.PRINCIPAL] += principal


def _rest_cancelled(loan: Loan, _: Event) -> None:
    loan.rest_is_cancelled = True


def _repaid(loan: Loan, event: Event) -> None:
    if event.payment_type is PaymentType.DEPOSIT or not loan.is_open:
        _kept(loan, event)
    else:
        _pay(loan, event)


def _kept(loan: Loan, event: Event) -> None:
    """No debt to pay: what was written off is recovered, the rest is hers."""
    amount = event.amount
    if loan.status is LoanStatus.WRITTEN_OFF and event.payment_type is not PaymentType.DEPOSIT:
        amount -= _recover(loan, amount)
    _credit(loan, event, amount)


def _pay(loan: Loan, event: Event) -> None:
    if event.amount <= 0:
        return
    if closing.covers(loan, event):
        _credit(loan, event, closing.close(loan, event))
        return
    loan.engine.ready(event.on)
    rule = loan.terms.allocation.rule(event.payment_type)
    rest = pay(loan, rule, event.amount, event.on, event.number)
    _credit(loan, event, rest)
    loan.engine.settle(event.on)


def _credit(loan: Loan, event: Event, amount: int) -> None:
    if amount:
        loan.credits.append((event, amount))


def _spend_credit(loan: Loan, event: Event) -> None:
    """What she had left over pays what is owed now; not what is on its way back to her."""
    free = loan.credit - loan.returning
    for paid, amount in list(loan.credits):
        spent = min(amount, free, closing.payoff(loan, event.on))
        if spent > 0:
            loan.credits.remove((paid, amount))
            _credit(loan, paid, amount - spent)
            free -= spent
            loan.paid_before = paid.on
            _pay(loan, Event(paid.number, EventKind.REPAID, event.on, spent))
            loan.paid_before = None


def _take_credit(loan: Loan, amount: int) -> int:
    """Take from the oldest credit; what it did not cover."""
    while amount and loan.credits:
        paid, there = loan.credits.pop(0)
        taken = min(there, amount)
        amount -= taken
        if there > taken:
            loan.credits.insert(0, (paid, there - taken))
    return amount


def _owe_again(loan: Loan, amount: int, on: date) -> None:
    """Debt from today on; of a loan that was written off a recovery less, and what is new is given up as well."""
    if loan.status is not LoanStatus.WRITTEN_OFF:
        if amount:
            _begin_again(loan, on)
        charges.owe_again(loan, amount, on)
        return
    lost = min(amount, loan.recovered)
    loan.recovered -= lost
    loan.charged_back += amount - lost
    loan.written_off[Part.PRINCIPAL] += amount - lost


def _defaulted(loan: Loan, event: Event) -> None:
    if loan.is_open:
        loan.status = LoanStatus.DEFAULTED
        if loan.terms.in_duplum:
            arisen = loan.arisen(event.on)
            loan.duplum.begin(loan.principal_outstanding, arisen)
            charges.limit_fees(loan, arisen)


def _charged(part: Part) -> Callable[[Loan, Event], None]:
    def apply(loan: Loan, event: Event) -> None:
        if loan.disbursed_on is not None and loan.status is not LoanStatus.WRITTEN_OFF:
            charges.charge(loan, part, event.amount, event.due_on or event.on, event.on)
            _spend_credit(loan, event)

    return apply


def _waived(loan: Loan, event: Event) -> None:
    """Of one part, the oldest first; what a payment told later has paid of it meanwhile is let go all the same."""
    if loan.disbursed_on is None or event.part in (None, Part.PRINCIPAL):
        return
    assert event.part is not None
    amount = event.amount
    if loan.is_open:
        loan.engine.ready(event.on)
        for _, line in list(loan.unsettled()):
            let = _let(loan, line, event.part, min(amount, line.open(event.part)))
            amount -= let
            line.note_paid(_last_paid_on(loan, line, event.on), let, loan.terms.tolerated)
        loan.engine.settle(event.on)
    if amount and loan.status is not LoanStatus.WRITTEN_OFF:
        _let_paid(loan, event, event.part, amount)


def _let(loan: Loan, line: Line, part: Part, amount: int) -> int:
    line.let[part] += amount
    loan.waived[part] += amount
    return amount


def _last_paid_on(loan: Loan, line: Line, on: date) -> date:
    """What is let go was never late: without it the row is settled since its last payment, or its due day."""
    days = [piece.on for piece in loan.portions if piece.due_on == line.due_on]
    return min(on, max(days, default=line.due_on))


def _let_paid(loan: Loan, event: Event, part: Part, amount: int) -> None:
    """Let go what was paid of a part: that money is hers, and pays what else is owed."""
    lines = {line.due_on: line for line in loan.lines}
    for piece in reversed([piece for piece in loan.portions if piece.part is part]):
        line = lines.get(piece.due_on)
        back = min(amount, piece.amount, line.paid[part]) if line is not None else 0
        if line is None or back <= 0:
            continue
        line.paid[part] -= back
        loan.paid[part] -= back
        loan.portions.append(replace(piece, amount=-back))
        amount -= _let(loan, line, part, back)
        paid = Event(piece.number, EventKind.REPAID, event.on, back)
        (_pay if loan.is_open else _kept)(loan, paid)


def _charged_back(loan: Loan, event: Event) -> None:
    """The money of a repayment was taken back: out of her credit, and the rest is owed again."""
    _owe_again(loan, _take_credit(loan, event.amount), event.on)


def _rescheduled(loan: Loan, event: Event) -> None:
    if loan.is_open:
        loan.engine.reschedule(event.on, event.due_on, event.instalments, loan.extra)
        loan.restructured_on = event.on
        loan.rows_are_new()


def _paused(kind: PauseKind) -> Callable[[Loan, Event], None]:
    def apply(loan: Loan, event: Event) -> None:
        until = event.until or event.on
        loan.pauses.append(Pause(kind, event.on, until))
        if kind is PauseKind.INTEREST and loan.is_open:
            loan.engine.pauses.spans.append((event.on, until))
            loan.engine.pause()

    return apply


def _rate_changed(loan: Loan, event: Event) -> None:
    if loan.is_open and event.rate is not None:
        loan.engine.change_rate(event.rate, event.on)
        loan.rows_are_new()


def _written_off(loan: Loan, event: Event) -> None:
    if loan.is_open:
        _credit(loan, event, closing.write_off(loan, event, LoanStatus.WRITTEN_OFF))


def _closed(loan: Loan, event: Event) -> None:
    if loan.is_open:
        _credit(loan, event, closing.write_off(loan, event, LoanStatus.REPAID))


def _recover(loan: Loan, amount: int) -> int:
    taken = min(amount, sum(loan.written_off.values()) - loan.recovered)
    loan.recovered += taken
    return taken


def _recovered(loan: Loan, event: Event) -> None:
    _credit(loan, event, event.amount - _recover(loan, event.amount))


def _refund_asked(loan: Loan, event: Event) -> None:
    loan.returning += event.amount


def _refund_failed(loan: Loan, event: Event) -> None:
    loan.returning -= event.amount


def _refund_paid(loan: Loan, event: Event) -> None:
    """More than her credit went back, for its payment was undone since: that is debt from now on."""
    loan.returning = max(0, loan.returning - event.amount)
    _owe_again(loan, _take_credit(loan, event.amount), event.on)


def _cash_back_earned(loan: Loan, event: Event) -> None:
    loan.cash_back_owed += event.amount


def _cash_back_gone(loan: Loan, event: Event) -> None:
    loan.cash_back_owed -= event.amount


APPLY: dict[EventKind, Callable[[Loan, Event], None]] = {
    EventKind.APPROVED: _approved,
    EventKind.DISBURSED: _disbursed,
    EventKind.TRANCHE_ASKED: lambda _loan, _event: None,  # it is owed when it has arrived
    EventKind.REST_CANCELLED: _rest_cancelled,
    EventKind.REPAID: _repaid,
    EventKind.DEFAULTED: _defaulted,
    EventKind.CANCELLED: _cancelled,
    EventKind.REVERSED: lambda _loan, _event: None,  # its target was left out before the fold
    EventKind.REFUND_ASKED: _refund_asked,
    EventKind.REFUND_PAID: _refund_paid,
    EventKind.REFUND_FAILED: _refund_failed,
    EventKind.CASH_BACK_EARNED: _cash_back_earned,
    EventKind.CASH_BACK_PAID: _cash_back_gone,
    EventKind.CASH_BACK_LOST: _cash_back_gone,
    EventKind.FEE_CHARGED: _charged(Part.FEE),
    EventKind.PENALTY_CHARGED: _charged(Part.PENALTY),
    EventKind.WAIVED: _waived,
    EventKind.CHARGED_BACK: _charged_back,
    EventKind.RESCHEDULED: _rescheduled,
    EventKind.INTEREST_PAUSED: _paused(PauseKind.INTEREST),
    EventKind.ARREARS_PAUSED: _paused(PauseKind.ARREARS),
    EventKind.RATE_CHANGED: _rate_changed,
    EventKind.WRITTEN_OFF: _written_off,
    EventKind.RECOVERED: _recovered,
    EventKind.CLOSED: _closed,
}
