"""What was let go stays let go, whatever is told later; and fees of rows that never began are not kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.lending.allocation import Part
from core.lending.state import Event, EventKind, LoanState, LoanStatus, fold
from core.lending.terms import RepaymentModel, Terms
from tests.core.lending import make

SEED = make.SEED
FIRST = date(2026, 12, 21)
LATER = date(2027, 4, 5)  # after the last due date


def with_penalty(*told: Event, terms: Terms | None = None, on: date = FIRST) -> LoanState:
    """A loan with a penalty of 20.00 since 1 December, of which 20.00 are waived on 10 December."""
    events = [
        Event(0, EventKind.DISBURSED, SEED),
        Event(1, EventKind.PENALTY_CHARGED, date(2026, 12, 1), 2_000),
        Event(2, EventKind.WAIVED, date(2026, 12, 10), 2_000, part=Part.PENALTY),
    ]
    return fold(terms or make.terms(), [*events, *told], on)


@pytest.mark.parametrize("amount", [2_000, 29_000, 60_000])
def test_a_waiver_does_not_shrink_when_an_earlier_payment_is_told_later(amount: int) -> None:
    earlier = Event(3, EventKind.REPAID, date(2026, 12, 5), amount)
    later = Event(3, EventKind.REPAID, date(2026, 12, 11), amount)

    told, plain = with_penalty(earlier), with_penalty(later)

    assert told.penalties_waived == 2_000
    assert (told.penalties_paid, told.outstanding) == (0, plain.outstanding)
    assert told.paid == plain.paid == amount
    assert sum(piece.amount for piece in told.portions) == amount


def test_what_was_paid_of_a_penalty_that_is_waived_is_hers_when_the_loan_has_ended() -> None:
    paid = Event(3, EventKind.REPAID, date(2026, 12, 5), 120_000)

    loan = with_penalty(paid)

    assert (loan.status, loan.penalties_waived, loan.penalties_paid) == (
        LoanStatus.REPAID, 2_000, 0,
    )  # fmt: skip
    assert loan.paid + loan.credit == 120_000


def test_a_penalty_that_is_waived_was_never_late() -> None:
    told = (
        Event(1, EventKind.PENALTY_CHARGED, LATER, 2_000),
        Event(2, EventKind.WAIVED, LATER + timedelta(days=9), 2_000, part=Part.PENALTY),
    )

    loan = fold(make.terms(), [Event(0, EventKind.DISBURSED, SEED), *told], told[1].on)

    assert (loan.rows[-1].due_on, loan.rows[-1].paid_on) == (LATER, LATER)


def test_a_row_of_which_the_rest_is_waived_was_paid_with_its_last_payment() -> None:
    paid = Event(3, EventKind.REPAID, FIRST + timedelta(days=2), 27_000)
    known = [
        Event(0, EventKind.DISBURSED, SEED),
        Event(1, EventKind.PENALTY_CHARGED, FIRST, 2_000),
        Event(2, EventKind.WAIVED, FIRST + timedelta(days=30), 2_000, part=Part.PENALTY),
    ]

    loan = fold(make.terms(), [*known, paid], FIRST + timedelta(days=30))

    assert (loan.rows[0].outstanding, loan.rows[0].paid_on) == (0, paid.on)


def test_who_pays_off_on_the_day_of_payout_in_two_payments_pays_no_fee_of_a_row_that_never_began() -> (
    None
):
    fee = {"unit": "weeks", "interest": "flat", "interest_period": "repayment", "schedule": "cumulative",
           "fees": [{"at": "instalment", "amount": "5"}]}  # fmt: skip
    terms = make.terms(
        model=RepaymentModel.SCHEDULE, principal=1_000_000, duration=12, schedule=fee,
        interest_rate=Decimal(26),
    )  # fmt: skip
    events = [Event(0, EventKind.DISBURSED, SEED), Event(1, EventKind.REPAID, SEED, 500_000)]
    left = fold(terms, events, SEED).payoff

    loan = fold(terms, [*events, Event(2, EventKind.REPAID, SEED, left)], SEED)

    assert left == 500_000
    assert (loan.status, loan.fees_paid, loan.fees_charged, loan.credit) == (
        LoanStatus.REPAID, 0, 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize("interest", ["declining", "flat"])
def test_who_pays_exactly_as_told_pays_the_interest_that_a_grace_put_off(interest: str) -> None:
    terms = make.terms(
        model=RepaymentModel.SCHEDULE, principal=1_000_000, duration=6, interest_rate=Decimal(120),
        schedule={"interest": interest, "grace_on_interest": 5},
    )  # fmt: skip
    events = [Event(0, EventKind.DISBURSED, SEED)]
    rows = fold(terms, events, SEED).rows

    for row in rows:
        if row.due:
            events.append(Event(len(events), EventKind.REPAID, row.due_on, row.due))
    loan = fold(terms, events, rows[-1].due_on)

    assert loan.status is LoanStatus.REPAID
    assert (loan.closed_on, loan.paid, loan.credit) == (
        rows[-1].due_on, sum(row.due for row in rows), 0,
    )  # fmt: skip


def test_interest_that_a_grace_puts_off_is_owed_when_it_arises() -> None:
    terms = make.terms(
        model=RepaymentModel.SCHEDULE, principal=1_000_000, duration=6, interest_rate=Decimal(120),
        schedule={"day_count": "30/360", "grace_on_interest": 5},
    )  # fmt: skip

    loan = fold(terms, [Event(0, EventKind.DISBURSED, SEED)], SEED + timedelta(days=15))

    assert loan.payoff == 1_050_000  # half a month at ten percent
