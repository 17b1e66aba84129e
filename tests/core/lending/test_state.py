from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.lending.state import Event, EventKind, LoanState, LoanStatus, fold
from core.lending.terms import RepaymentModel, Terms
from tests.core.lending import make

DUES = [date(2026, 12, 21), date(2027, 1, 21), date(2027, 2, 21), date(2027, 3, 21)]


def state(terms: Terms, on: date, *payments: tuple[date, int]) -> LoanState:
    """The loan paid out on the seed day, after these payments."""
    events = [Event(0, EventKind.APPROVED, make.SEED), Event(1, EventKind.DISBURSED, make.SEED)]
    events += [Event(k + 2, EventKind.REPAID, day, sum_) for k, (day, sum_) in enumerate(payments)]
    return fold(terms, events, on)


def test_a_loan_just_paid_out_owes_its_schedule_and_its_payoff_is_the_principal() -> None:
    loan = state(make.terms(), make.SEED)

    assert (loan.status, loan.outstanding, loan.payoff) == (LoanStatus.DISBURSED, 108_000, 100_000)
    assert (loan.due_now, loan.days_late, loan.on_time) == (0, 0, True)


def test_a_partial_payment_pays_interest_first_then_principal() -> None:
    loan = state(make.terms(), DUES[0], (DUES[0], 5_000))

    assert (loan.rows[0].interest_paid, loan.rows[0].principal_paid) == (2_000, 3_000)
    assert (loan.due_now, loan.rows[0].paid_on) == (22_000, None)


def test_an_exact_payment_finishes_the_instalment_on_its_day() -> None:
    loan = state(make.terms(), DUES[0], (DUES[0], 27_000))

    assert loan.rows[0].paid_on == DUES[0]
    assert loan.unpaid[0].number == 2


def test_what_is_more_than_the_instalment_pays_the_next_one() -> None:
    loan = state(make.terms(), DUES[0], (DUES[0], 30_000))

    assert (loan.rows[1].interest_paid, loan.rows[1].principal_paid) == (2_000, 1_000)


def test_the_oldest_debt_is_paid_first() -> None:
    loan = state(make.terms(), DUES[1], (DUES[1], 28_000))

    assert (loan.rows[0].outstanding, loan.rows[1].outstanding) == (0, 26_000)
    assert loan.rows[0].paid_on == DUES[1]


def test_days_late_are_days_after_the_oldest_unpaid_due_date() -> None:
    assert state(make.terms(), DUES[0]).days_late == 0
    assert state(make.terms(), DUES[0] + timedelta(days=1)).days_late == 1
    assert state(make.terms(), DUES[1], (DUES[1], 27_000)).days_late == 0


def test_grace_days_still_count_as_on_time_and_not_one_more() -> None:
    last = DUES[0] + timedelta(days=3)

    assert state(make.terms(), DUES[1], (last, 27_000)).on_time
    assert not state(make.terms(), DUES[1], (last + timedelta(days=1), 27_000)).on_time


def test_paying_off_early_costs_interest_to_that_day_only() -> None:
    half = make.SEED + timedelta(days=15)  # of the 30 days of the first period

    open_loan = state(make.terms(), half)
    paid_loan = state(make.terms(), half, (half, 101_000))

    assert open_loan.payoff == 101_000
    assert (paid_loan.status, paid_loan.interest_paid, paid_loan.credit) == (
        LoanStatus.REPAID,
        1_000,
        0,
    )
    assert sum(row.interest for row in paid_loan.rows) == 1_000


def test_interest_paid_ahead_counts_towards_an_early_payoff() -> None:
    next_day = make.SEED + timedelta(days=1)

    loan = state(make.terms(), next_day, (make.SEED, 54_000), (next_day, 46_100))

    assert (loan.status, loan.interest_paid, loan.principal_paid) == (
        LoanStatus.REPAID,
        100,
        100_000,
    )


def test_more_than_the_payoff_is_credit() -> None:
    loan = state(make.terms(), DUES[3], *((day, 27_000) for day in DUES[:3]), (DUES[3], 30_000))

    assert (loan.status, loan.credit, loan.outstanding) == (LoanStatus.REPAID, 3_000, 0)


def test_money_for_a_loan_that_is_closed_is_credit() -> None:
    loan = state(make.terms(), DUES[1], (make.SEED, 100_000), (DUES[0], 5_000))

    assert (loan.closed_on, loan.credit) == (make.SEED, 5_000)


def test_ad_hoc_interest_falls_when_principal_is_paid_early() -> None:
    terms = make.terms(model=RepaymentModel.AD_HOC, duration=30, interest_rate=Decimal(36))
    tenth = make.SEED + timedelta(days=10)

    loan = state(terms, tenth, (tenth, 51_000))

    assert (loan.interest_paid, loan.principal_paid) == (1_000, 50_000)
    assert (loan.payoff, loan.outstanding) == (
        50_000,
        51_000,
    )  # half the principal, twenty days to go


def test_ad_hoc_interest_stops_at_the_due_date() -> None:
    terms = make.terms(model=RepaymentModel.AD_HOC, duration=30, interest_rate=Decimal(36))

    late = state(terms, make.SEED + timedelta(days=90))

    assert (late.payoff, late.days_late) == (103_000, 60)


def test_a_payment_taken_back_leaves_the_loan_as_if_it_had_never_come() -> None:
    before = state(make.terms(), DUES[3])
    events = [
        Event(1, EventKind.DISBURSED, make.SEED),
        Event(2, EventKind.REPAID, DUES[0], 27_000),
        Event(3, EventKind.REVERSED, DUES[1], 0, reverses=2),
    ]

    assert fold(make.terms(), events, DUES[3]) == before


def test_a_loan_in_default_that_is_paid_is_repaid() -> None:
    events = [
        Event(1, EventKind.DISBURSED, make.SEED),
        Event(2, EventKind.DEFAULTED, DUES[2]),
        Event(3, EventKind.REPAID, DUES[3], 108_000),
    ]

    assert fold(make.terms(), events[:2], DUES[2]).status is LoanStatus.DEFAULTED
    assert fold(make.terms(), events, DUES[3]).status is LoanStatus.REPAID


def test_credit_on_its_way_back_is_still_owed_until_it_arrived() -> None:
    events = [
        Event(1, EventKind.DISBURSED, make.SEED),
        Event(2, EventKind.REPAID, make.SEED, 105_000),
        Event(3, EventKind.REFUND_ASKED, make.SEED, 5_000),
        Event(4, EventKind.REFUND_PAID, make.SEED, 5_000),
    ]

    asked, paid = (fold(make.terms(), events[:count], make.SEED) for count in (3, 4))

    assert (asked.credit, asked.returning) == (5_000, 5_000)
    assert (paid.credit, paid.returning) == (0, 0)


def check(loan: LoanState, terms: Terms, money_in: int) -> None:
    assert loan.principal_paid + loan.interest_paid + loan.credit == money_in
    assert loan.principal_outstanding == sum(
        row.principal - row.principal_paid for row in loan.rows
    )
    assert loan.outstanding == sum(row.outstanding for row in loan.rows)
    assert 0 <= loan.payoff <= loan.outstanding
    assert loan.credit >= 0
    assert all(row.outstanding >= 0 and row.interest_paid >= 0 for row in loan.rows)
    assert (loan.status is LoanStatus.REPAID) == (loan.outstanding == 0) == (loan.payoff == 0)
    interest = sum(row.interest for row in loan.rows)
    assert 0 <= loan.interest_earned <= interest
    assert 0 <= loan.interest_paid <= interest  # what is paid ahead is earned day by day


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_is_paid_whenever_nothing_is_lost_and_nothing_is_negative(
    data: st.DataObject,
) -> None:
    terms = data.draw(make.any_terms())
    events = data.draw(make.any_events(terms))
    undone = {event.reverses for event in events}
    on = make.SEED + timedelta(days=data.draw(st.integers(0, 600)))

    loan = fold(terms, events, on)

    known = [event for event in events if event.on <= on]
    check(loan, terms, sum(event.amount for event in known if event.number not in undone))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_order_in_which_events_were_told_does_not_matter(data: st.DataObject) -> None:
    terms = data.draw(make.any_terms())
    events = data.draw(make.any_events(terms))
    on = make.SEED + timedelta(days=500)

    assert fold(terms, data.draw(st.permutations(events)), on) == fold(terms, events, on)


@settings(max_examples=100, deadline=None)
@given(make.any_terms(), st.integers(0, 400))
def test_paying_the_payoff_of_any_day_ends_the_loan_to_the_cent(terms: Terms, day: int) -> None:
    on = make.SEED + timedelta(days=day)

    paid = state(terms, on, (on, state(terms, on).payoff))

    assert (paid.status, paid.credit, paid.outstanding) == (LoanStatus.REPAID, 0, 0)
    assert state(terms, on).payoff % terms.step == 0
