"""Whether an event may happen: asked before it is recorded, for what is recorded is folded whatever it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from config.limits import LOAN_RATE_MOST, RESIDUE_STEPS, SCHEDULE_ROWS_MOST
from core.errors import Refusal
from core.lending.allocation import Part
from core.lending.state.events import Event, EventKind, LoanStatus
from core.lending.state.figures import LoanState
from core.lending.state.fold import effective, fold
from core.lending.terms import Terms
from core.money import Money
from core.refusal_codes import RefusalCode

OPEN = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


def check(terms: Terms, events: Sequence[Event], event: Event) -> None:
    """Refuse what cannot happen to this loan on that day, back-dated or not.

    Refuses amount_unfit, tranche_too_large(most), nothing_to_draw, not_disbursed, loan_not_open, nothing_to_waive,
    event_unknown, event_not_reversible, credit_already_returned, day_not_possible, rows_not_possible,
    rate_not_possible, pause_too_short, residue_too_large(most), credit_too_small(most).
    """
    before = fold(terms, events, event.on)
    for rule in _RULES.get(event.kind, ()):
        rule(terms, before, events, event)


def _positive(_: Terms, __: LoanState, ___: Sequence[Event], event: Event) -> None:
    if event.amount <= 0:
        raise Refusal(RefusalCode.AMOUNT_UNFIT)


def _paid_out(_: Terms, state: LoanState, __: Sequence[Event], ___: Event) -> None:
    if state.disbursed_on is None:
        raise Refusal(RefusalCode.NOT_DISBURSED)


def _open(_: Terms, state: LoanState, __: Sequence[Event], ___: Event) -> None:
    if state.status not in OPEN:
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)


def _approved(_: Terms, state: LoanState, __: Sequence[Event], ___: Event) -> None:
    if state.status not in (LoanStatus.APPROVED, *OPEN):
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)


def _not_above_agreed(terms: Terms, state: LoanState, _: Sequence[Event], event: Event) -> None:
    left = terms.principal - state.disbursed
    if not 0 < (left if event.principal is None else event.principal) <= left:
        raise Refusal(RefusalCode.TRANCHE_TOO_LARGE, most=Money(terms.currency, left))


def _undrawn(terms: Terms, state: LoanState, __: Sequence[Event], event: Event) -> None:
    if not state.undrawn:
        raise Refusal(RefusalCode.NOTHING_TO_DRAW)
    if event.amount > state.undrawn:
        raise Refusal(RefusalCode.TRANCHE_TOO_LARGE, most=Money(terms.currency, state.undrawn))


def _not_written_off(_: Terms, state: LoanState, __: Sequence[Event], ___: Event) -> None:
    if state.status is LoanStatus.WRITTEN_OFF:
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)


def _not_before_payout(_: Terms, state: LoanState, __: Sequence[Event], event: Event) -> None:
    if event.due_on is not None and state.disbursed_on and event.due_on < state.disbursed_on:
        raise Refusal(RefusalCode.DAY_NOT_POSSIBLE, first=state.disbursed_on)


def _owed(terms: Terms, state: LoanState, events: Sequence[Event], event: Event) -> None:
    """There is so much of it to let go, on that day and still now."""
    last = fold(terms, events, max([event.on, *(other.on for other in events)]))
    most = min(_open_part(state, event.part), _open_part(last, event.part))
    if most <= 0:
        raise Refusal(RefusalCode.NOTHING_TO_WAIVE)
    if not 0 < event.amount <= most:
        raise Refusal(RefusalCode.AMOUNT_UNFIT, most=Money(terms.currency, most))


def _open_part(state: LoanState, part: Part | None) -> int:
    if part is Part.FEE:
        return sum(row.fee - row.fee_paid for row in state.rows)
    if part is Part.PENALTY:
        return sum(row.penalty - row.penalty_paid for row in state.rows)
    if part is Part.INTEREST:
        gone = state.interest_paid + state.interest_waived + state.interest_written_off
        return max(state.interest_earned, state.interest_billed) - gone
    return 0


def _target(_: Terms, __: LoanState, events: Sequence[Event], event: Event) -> None:
    """What is taken back is there, and was not taken back before."""
    there = {known.number: known for known in effective(events, event.on)}
    found = there.get(event.reverses) if event.reverses is not None else None
    if found is None:
        raise Refusal(RefusalCode.EVENT_UNKNOWN, number=event.reverses)
    if event.kind is EventKind.CHARGED_BACK:
        before = [e for e in events if e.kind is event.kind and e.reverses == found.number]
        left = found.amount - sum(other.amount for other in before)
        if found.kind is not EventKind.REPAID or not 0 < event.amount <= left:
            raise Refusal(RefusalCode.EVENT_NOT_REVERSIBLE, kind=found.kind)


def _not_returned(terms: Terms, state: LoanState, events: Sequence[Event], event: Event) -> None:
    """What a payment left over may have gone back to her: then it must be charged back, not undone."""
    after = fold(terms, [*events, event], event.on)
    if after.credit < after.returning or after.charged_back > state.charged_back:
        raise Refusal(RefusalCode.CREDIT_ALREADY_RETURNED)


def _new_rows(_: Terms, __: LoanState, ___: Sequence[Event], event: Event) -> None:
    if event.due_on is None and event.instalments is None:
        raise Refusal(RefusalCode.ROWS_NOT_POSSIBLE)
    if event.due_on is not None and event.due_on <= event.on:
        raise Refusal(RefusalCode.DAY_NOT_POSSIBLE, first=event.on)
    if event.instalments is not None and not 1 <= event.instalments <= SCHEDULE_ROWS_MOST:
        raise Refusal(RefusalCode.ROWS_NOT_POSSIBLE, instalments_at_most=SCHEDULE_ROWS_MOST)


def _pause(_: Terms, __: LoanState, ___: Sequence[Event], event: Event) -> None:
    if event.until is None or event.until < event.on:
        raise Refusal(RefusalCode.PAUSE_TOO_SHORT, first=event.on)


def _rate(_: Terms, __: LoanState, ___: Sequence[Event], event: Event) -> None:
    if event.rate is None or not 0 <= event.rate <= LOAN_RATE_MOST:
        raise Refusal(RefusalCode.RATE_NOT_POSSIBLE, percent_at_most=LOAN_RATE_MOST)


def _small(terms: Terms, state: LoanState, _: Sequence[Event], __: Event) -> None:
    most = max(terms.close_below, RESIDUE_STEPS * terms.step - 1)
    if state.payoff > most:
        raise Refusal(RefusalCode.RESIDUE_TOO_LARGE, most=Money(terms.currency, most))


def _lost(_: Terms, state: LoanState, __: Sequence[Event], ___: Event) -> None:
    if state.status is not LoanStatus.WRITTEN_OFF:
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)


def _credit(terms: Terms, state: LoanState, __: Sequence[Event], event: Event) -> None:
    if event.amount > state.credit - state.returning:
        raise Refusal(
            RefusalCode.CREDIT_TOO_SMALL, most=Money(terms.currency, state.credit - state.returning)
        )


Rule = Callable[[Terms, LoanState, Sequence[Event], Event], None]

_CHARGE = (_paid_out, _positive, _not_written_off, _not_before_payout)
_RULES: dict[EventKind, tuple[Rule, ...]] = {
    EventKind.DISBURSED: (_approved, _not_above_agreed),
    EventKind.TRANCHE_ASKED: (_positive, _undrawn),
    EventKind.REST_CANCELLED: (_undrawn,),
    EventKind.REPAID: (_paid_out, _positive),
    EventKind.DEFAULTED: (_open,),
    EventKind.REVERSED: (_target, _not_returned),
    EventKind.REFUND_ASKED: (_positive, _credit),
    EventKind.FEE_CHARGED: _CHARGE,
    EventKind.PENALTY_CHARGED: _CHARGE,
    EventKind.WAIVED: (_open, _owed),
    EventKind.CHARGED_BACK: (_paid_out, _positive, _target),
    EventKind.RESCHEDULED: (_open, _new_rows),
    EventKind.INTEREST_PAUSED: (_open, _pause),
    EventKind.ARREARS_PAUSED: (_open, _pause),
    EventKind.RATE_CHANGED: (_open, _rate),
    EventKind.WRITTEN_OFF: (_open,),
    EventKind.CLOSED: (_open, _small),
    EventKind.RECOVERED: (_positive, _lost),
}
