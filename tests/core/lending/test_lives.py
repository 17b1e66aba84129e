"""Random lives of random loans: whatever happens, every figure adds up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from core.lending.state import Event, EventKind, LoanState, LoanStatus, check, fold
from core.lending.terms import Terms
from tests.core.lending import lives, make

MANY = settings(max_examples=40, deadline=None)


@st.composite
def lived(draw: st.DrawFn) -> tuple[Terms, list[Event], date]:
    """A product, its events as far as they may happen, and a day."""
    terms = draw(lives.any_terms())
    events: list[Event] = []
    for event in draw(lives.life(terms)):
        if may_happen(terms, events, event):
            events.append(event)
    return terms, events, make.SEED + timedelta(days=draw(st.integers(0, 700)))


def may_happen(terms: Terms, events: Sequence[Event], event: Event) -> bool:
    try:
        check(terms, events, event)
    except Refusal:
        return False
    return True


@MANY
@given(lived())
def test_every_figure_adds_up(life: tuple[Terms, list[Event], date]) -> None:
    terms, events, on = life

    loan = fold(terms, events, on)

    rows = loan.rows
    assert loan.principal_outstanding == sum(row.principal - row.principal_paid for row in rows)
    assert loan.outstanding == sum(row.outstanding for row in rows)
    assert sum(row.interest_paid for row in rows) == loan.interest_paid
    assert all(row.outstanding >= 0 for row in rows)
    assert min(loan.credit, loan.payoff, loan.principal_outstanding, loan.recovered) >= 0
    assert loan.interest_paid + loan.interest_waived <= loan.interest_billed
    assert loan.fees_paid + loan.fees_waived + loan.fees_written_off <= loan.fees_charged


@MANY
@given(lived())
def test_a_payment_is_never_lost_or_counted_twice(life: tuple[Terms, list[Event], date]) -> None:
    terms, events, on = life

    loan = fold(terms, events, on)

    known = [event for event in events if event.on <= on]
    undone = {event.reverses for event in known if event.kind is EventKind.REVERSED}
    there = [event for event in known if event.number not in undone]
    came = sum(event.amount for event in there if event.kind is EventKind.REPAID)
    went = sum(
        event.amount
        for event in there
        if event.kind in (EventKind.REFUND_PAID, EventKind.CHARGED_BACK)
    )
    assert loan.paid + loan.credit + loan.recovered == came - went + loan.charged_back
    assert sum(piece.amount for piece in loan.portions) == loan.paid


@MANY
@given(lived(), st.data())
def test_what_happened_does_not_depend_on_the_order_it_was_told_in(
    life: tuple[Terms, list[Event], date], data: st.DataObject
) -> None:
    terms, events, on = life

    told = data.draw(st.permutations(events))

    assert fold(terms, told, on) == fold(terms, events, on)


@MANY
@given(lived())
def test_between_two_changes_interest_grows_on_the_line(
    life: tuple[Terms, list[Event], date],
) -> None:
    terms, events, on = life
    loan = fold(terms, events, on)
    until = min(loan.next_change_on or on + timedelta(days=40), on + timedelta(days=40))

    day = on + timedelta(days=1)
    while day < until:
        later = fold(terms, events, day)
        wanted = loan.accrual.earned(day) if loan.accrual else loan.interest_earned
        assert later.interest_earned == wanted
        assert still(later) == still(loan)
        day += timedelta(days=7)


def still(loan: LoanState) -> tuple[object, ...]:
    """What the mere passing of days must not change."""
    return (
        loan.status, loan.principal_outstanding, loan.interest_billed, loan.penalties_charged, loan.fees_charged,
        loan.credit, loan.paid,
    )  # fmt: skip


@MANY
@given(lived())
def test_paying_the_payoff_ends_the_loan(life: tuple[Terms, list[Event], date]) -> None:
    terms, events, on = life
    due = fold(terms, events, on).payoff
    last = Event(len(events) + 100, EventKind.REPAID, on, due)

    loan = fold(terms, [*events, last], on)

    if due:
        assert (loan.status, loan.outstanding, loan.payoff) == (LoanStatus.REPAID, 0, 0)
        assert loan.interest_earned == loan.interest_billed


@MANY
@given(lived())
def test_after_default_interest_and_charges_never_exceed_the_principal_owed_then(
    life: tuple[Terms, list[Event], date],
) -> None:
    terms, events, on = life
    defaults = [event for event in events if event.kind is EventKind.DEFAULTED and event.on <= on]
    if not (terms.in_duplum and defaults):
        return
    first = min(defaults, key=lambda event: (event.on, event.number))
    before = fold(terms, events, first.on)

    after = fold(terms, events, on)

    if before.status is LoanStatus.DEFAULTED:
        arisen = burden(after) - burden(before)
        assert arisen <= before.principal_outstanding + terms.step


def burden(loan: LoanState) -> int:
    return loan.interest_earned + loan.fees_charged + loan.penalties_charged
