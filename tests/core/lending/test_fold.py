"""What each kind of event does to a loan, in examples one can follow by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Refusal
from core.lending.allocation import Allocation, Part, Rule, When
from core.lending.schedules.terms import Penalty
from core.lending.state import Event, EventKind, LoanState, LoanStatus, check, fold
from core.lending.terms import Payoff, Prepayment, Recalculation, RepaymentModel, Terms
from tests.core.lending import make

SEED = make.SEED
DUES = [date(2026, 12, 21), date(2027, 1, 21), date(2027, 2, 21), date(2027, 3, 21)]
TIGHT = {"day_count": "30/360"}


def moving(**changed: Any) -> Terms:
    """USD 1,000 at 24 percent over four months, 262.62 a month, interest by the day."""
    own = {"recalculation": Recalculation(), "schedule": TIGHT, **changed}
    return make.terms(currency="USD", model=RepaymentModel.SCHEDULE, **own)


def lived(terms: Terms, on: date, *told: tuple[EventKind, date, int] | Event) -> LoanState:
    """The loan paid out on the seed day, after these events."""
    events = [Event(0, EventKind.DISBURSED, SEED)]
    for k, each in enumerate(told, start=1):
        events.append(each if isinstance(each, Event) else Event(k, *each))
    return fold(terms, events, on)


def test_interest_follows_the_balance_of_every_day() -> None:
    half = SEED + timedelta(days=15)

    loan = lived(moving(), half, (EventKind.REPAID, half, 51_000))

    assert (loan.interest_paid, loan.principal_paid) == (1_000, 50_000)
    assert loan.rows[0].interest == 1_000  # nothing more: its instalment is paid
    assert loan.rows[1].interest < 1_512


def test_overdue_principal_bears_interest_until_it_is_paid() -> None:
    plain = lived(moving(), DUES[0])
    late = lived(moving(), DUES[1])

    assert (plain.rows[1].interest, late.rows[1].interest) == (1_515, 2_000)


def test_overdue_principal_may_be_free_of_interest() -> None:
    terms = moving(recalculation=Recalculation(past_due_bears_interest=False))

    assert lived(terms, DUES[1]).rows[1].interest == 1_515


def test_a_charge_back_is_new_debt_of_its_day_and_a_reversal_never_was() -> None:
    paid = (EventKind.REPAID, DUES[0], 27_000)
    back = Event(2, EventKind.CHARGED_BACK, DUES[1], 27_000, reverses=1)
    undone = Event(2, EventKind.REVERSED, DUES[1], reverses=1)

    again, never = (lived(make.terms(), DUES[1], paid, event) for event in (back, undone))

    assert (again.rows[0].outstanding, never.rows[0].outstanding) == (0, 27_000)
    assert (again.charged_back, again.rows[2].principal) == (27_000, 52_000)


def test_a_tranche_is_divided_over_the_rows_that_are_left() -> None:
    terms = make.terms()
    first = Event(0, EventKind.DISBURSED, SEED, principal=60_000)
    second = Event(1, EventKind.DISBURSED, DUES[0], principal=40_000)

    loan = fold(terms, [first, second], DUES[0])

    assert (loan.disbursed, sum(row.principal for row in loan.rows)) == (100_000, 100_000)
    assert len({row.due for row in loan.rows[1:3]}) == 1


def test_a_reschedule_takes_what_is_overdue_along() -> None:
    later = DUES[3] + timedelta(days=30)
    event = Event(1, EventKind.RESCHEDULED, DUES[1], due_on=later, instalments=2)

    loan = lived(make.terms(), DUES[1], event)

    assert [row.due_on for row in loan.rows[-2:]] == [later, date(2027, 5, 20)]
    assert (loan.due_now, loan.days_late, loan.principal_outstanding) == (0, 0, 100_000)


def test_what_was_overdue_and_bore_no_interest_bears_it_again_on_new_rows() -> None:
    terms = moving(recalculation=Recalculation(past_due_bears_interest=False))
    event = Event(1, EventKind.RESCHEDULED, DUES[3], due_on=date(2027, 4, 21), instalments=1)

    before, after = (lived(terms, on, event) for on in (DUES[3], date(2027, 4, 21)))

    assert after.payoff - before.payoff == 2_000  # a month at 24 percent


def test_what_is_overdue_without_interest_makes_no_smaller_instalment_of_the_rows_to_come() -> None:
    how = Recalculation(past_due_bears_interest=False, prepayment=Prepayment.REDUCE_INSTALMENT)
    first = [(when, part) for when in (When.IN_ADVANCE, When.DUE, When.PAST_DUE) for part in Part]
    terms = moving(recalculation=how, allocation=Allocation(Rule(tuple(first))))
    paid = (EventKind.REPAID, DUES[1] + timedelta(days=1), 30_000)

    loan = lived(terms, DUES[3], paid)
    ended = lived(terms, DUES[3], paid, (EventKind.REPAID, DUES[3], loan.payoff))

    assert (ended.status, ended.credit) == (LoanStatus.REPAID, 0)
    assert ended.interest_paid == loan.payoff + 30_000 - 100_000


def test_no_interest_runs_in_a_pause() -> None:
    until = SEED + timedelta(days=15)
    event = Event(1, EventKind.INTEREST_PAUSED, SEED + timedelta(days=1), until=until)

    assert lived(moving(), DUES[0], event).rows[0].interest == 1_000
    assert lived(make.terms(), DUES[0], event).rows[0].interest == 1_000


def test_another_rate_holds_from_its_day() -> None:
    event = Event(1, EventKind.RATE_CHANGED, DUES[0], rate=Decimal(12))

    loan = lived(moving(), DUES[0], (EventKind.REPAID, DUES[0], 26_262), event)

    assert (loan.rows[0].interest, loan.rows[1].interest) == (2_000, 757)


def test_who_is_late_is_charged_and_who_was_in_time_after_all_is_not() -> None:
    terms = make.terms(penalty=Penalty(percent=Decimal(10), after_days=2, every_days=30))
    on = DUES[0] + timedelta(days=40)

    late = lived(terms, on)
    told_late = lived(terms, on, (EventKind.REPAID, DUES[0], 27_000))

    assert (late.penalties_charged, late.rows[0].penalty) == (8_100, 5_400)
    assert late.rows[1].penalty == 2_700
    assert told_late.rows[0].penalty == 0


def test_hardship_stops_penalties() -> None:
    terms = make.terms(penalty=Penalty(amount=500))
    pause = Event(1, EventKind.ARREARS_PAUSED, DUES[0], until=DUES[1])

    assert lived(terms, DUES[1], pause).penalties_charged == 0
    assert lived(terms, DUES[1] + timedelta(days=2), pause).penalties_charged == 1_000


def test_after_default_charges_stop_at_the_principal() -> None:
    fee = Event(2, EventKind.FEE_CHARGED, DUES[3], 500_000)

    loan = lived(make.terms(), DUES[3], (EventKind.DEFAULTED, DUES[3], 0), fee)

    assert loan.fees_charged == 100_000


def test_in_the_cooling_off_time_she_gives_back_what_she_received() -> None:
    terms = make.terms(cooling_off_days=5)
    on = SEED + timedelta(days=5)

    loan = lived(terms, on, (EventKind.REPAID, on, 98_000))

    assert (loan.status, loan.interest_paid, loan.credit) == (LoanStatus.REPAID, 0, 0)
    assert (loan.fee_withheld, loan.fee_returned, loan.principal_outstanding) == (0, 2_000, 0)


@pytest.mark.parametrize(
    "terms",
    [make.terms(cooling_off_days=5), moving(cooling_off_days=5, disbursement_fee=Decimal(2))],
)
def test_she_may_give_it_back_in_two_parts(terms: Terms) -> None:
    first, on = SEED + timedelta(days=2), SEED + timedelta(days=5)
    parts = (EventKind.REPAID, first, 40_000), (EventKind.REPAID, on, 58_000)
    waived = Event(3, EventKind.WAIVED, first, 1, part=Part.INTEREST)

    loan = lived(terms, on, *parts, waived)

    assert (loan.status, loan.interest_paid, loan.credit) == (LoanStatus.REPAID, 0, 0)
    assert (loan.paid, loan.fee_returned) == (98_000, 2_000)
    assert loan.interest_earned == loan.interest_billed == loan.interest_waived


def test_what_was_written_off_may_be_recovered() -> None:
    lost = (EventKind.WRITTEN_OFF, DUES[1], 0)

    loan = lived(make.terms(), DUES[3], lost, (EventKind.REPAID, DUES[2], 110_000))

    assert loan.status is LoanStatus.WRITTEN_OFF
    assert (loan.principal_written_off, loan.interest_written_off) == (100_000, 4_000)
    assert (loan.recovered, loan.credit, loan.outstanding) == (104_000, 6_000, 0)


def test_a_waiver_lets_go_of_the_oldest_interest() -> None:
    waived = Event(1, EventKind.WAIVED, DUES[1], 3_000, part=Part.INTEREST)

    loan = lived(make.terms(), DUES[1], waived)

    assert [row.interest for row in loan.rows[:2]] == [0, 1_000]
    assert (loan.interest_waived, loan.interest_billed) == (3_000, 4_000)


def test_credit_pays_a_charge_that_comes_later() -> None:
    paid = (EventKind.REPAID, SEED, 101_000)
    fee = (EventKind.FEE_CHARGED, DUES[0], 1_500)

    loan = lived(make.terms(), DUES[0], paid, fee)

    assert (loan.credit, loan.fees_paid, loan.status) == (0, 1_000, LoanStatus.DISBURSED)
    assert loan.payoff == 500


def test_the_whole_interest_may_be_agreed() -> None:
    assert lived(make.terms(payoff=Payoff.AGREED), SEED).payoff == 108_000


BAD: list[tuple[Event, str]] = [
    (Event(9, EventKind.REPAID, DUES[0], 0), "amount_unfit"),
    (Event(9, EventKind.DISBURSED, DUES[0], principal=1), "tranche_too_large"),
    (Event(9, EventKind.WAIVED, SEED, 100, part=Part.FEE), "nothing_to_waive"),
    (Event(9, EventKind.WAIVED, DUES[0], 9_000, part=Part.INTEREST), "amount_unfit"),
    (Event(9, EventKind.WAIVED, DUES[0], 100, part=Part.PRINCIPAL), "nothing_to_waive"),
    (Event(9, EventKind.REVERSED, DUES[0], reverses=7), "event_unknown"),
    (Event(9, EventKind.CHARGED_BACK, DUES[0], 100, reverses=0), "event_not_reversible"),
    (Event(9, EventKind.RESCHEDULED, DUES[0], due_on=SEED), "day_not_possible"),
    (Event(9, EventKind.RESCHEDULED, DUES[0]), "rows_not_possible"),
    (Event(9, EventKind.INTEREST_PAUSED, DUES[0], until=SEED), "pause_too_short"),
    (Event(9, EventKind.RATE_CHANGED, DUES[0], rate=Decimal(-1)), "rate_not_possible"),
    (Event(9, EventKind.CLOSED, DUES[0]), "residue_too_large"),
    (Event(9, EventKind.RECOVERED, DUES[0], 100), "loan_not_open"),
    (Event(9, EventKind.REFUND_ASKED, DUES[0], 100), "credit_too_small"),
    (Event(9, EventKind.FEE_CHARGED, DUES[0], 100, due_on=date(2026, 1, 1)), "day_not_possible"),
]


@pytest.mark.parametrize(("event", "code"), BAD)
def test_what_cannot_happen_is_refused_before_it_is_recorded(event: Event, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        check(make.terms(), [Event(0, EventKind.DISBURSED, SEED)], event)


def test_nothing_happens_to_a_loan_that_was_not_paid_out() -> None:
    with pytest.raises(Refusal, match="not_disbursed"):
        check(make.terms(), [], Event(1, EventKind.REPAID, SEED, 100))


@pytest.mark.parametrize("terms", [make.terms(), moving(penalty=Penalty(amount=500, after_days=1))])
def test_terms_of_every_kind_survive_being_stored(terms: Terms) -> None:
    assert Terms.from_json(terms.to_json()) == terms


def test_terms_stored_before_there_were_options_still_read() -> None:
    stored = {
        "currency": "KES", "principal": 100_000, "model": "fixed", "duration": 4, "interest_rate": "24",
        "disbursement_fee": "2", "cash_back_rate": "1", "grace_period": 3, "default_after_days": 30,
    }  # fmt: skip

    assert Terms.from_json(stored) == make.terms()
    assert make.terms().to_json() == stored


def test_money_of_a_loan_written_off_that_is_taken_back_leaves_no_debt_behind() -> None:
    lost = (EventKind.WRITTEN_OFF, DUES[1], 0)
    before, after = (EventKind.REPAID, DUES[0], 27_000), (EventKind.REPAID, DUES[2], 10_000)
    back = [
        Event(4, EventKind.CHARGED_BACK, DUES[3], 27_000, reverses=1),
        Event(5, EventKind.CHARGED_BACK, DUES[3], 10_000, reverses=3),
    ]

    loan = lived(make.terms(), DUES[3], before, lost, after, *back)

    assert (loan.status, loan.principal_outstanding, loan.outstanding) == (
        LoanStatus.WRITTEN_OFF, 0, 0,
    )  # fmt: skip
    assert (loan.recovered, loan.charged_back) == (0, 27_000)
    assert loan.principal_written_off == 75_000 + 27_000


def test_what_is_charged_back_bears_no_interest_for_the_days_it_was_paid() -> None:
    terms = make.terms(model=RepaymentModel.AD_HOC, duration=60, interest_rate=Decimal(36))
    days = [SEED + timedelta(days=k) for k in (10, 40, 60)]
    back = Event(2, EventKind.CHARGED_BACK, days[1], 50_000, reverses=1)

    loan = lived(terms, days[2], (EventKind.REPAID, days[0], 50_000), back)

    # 10.00 for 10 days (the first she pays), 510 for 30 days 15.30, 1,010 for 20 days 20.20: to whole shillings 46
    assert (loan.interest_earned, loan.payoff) == (4_600, 101_000 + 3_600)


@pytest.mark.parametrize(
    ("penalty", "charged"),
    [
        (Penalty(amount=500), 500),
        (Penalty(amount=500, after_days=19), 500),
        (Penalty(amount=500, after_days=20), 0),
        (Penalty(percent=Decimal(5)), 5_000),
        (Penalty(amount=500, after_days=3, every_days=7), 1_500),
        (Penalty(amount=500, every_days=7, most=700), 700),
        (Penalty(amount=500, most=0), 0),
    ],
)
def test_who_is_twenty_days_late_is_charged_once_or_again_and_never_above_the_sum(
    penalty: Penalty, charged: int
) -> None:
    terms = make.terms(
        model=RepaymentModel.AD_HOC, duration=30, interest_rate=Decimal(0), penalty=penalty
    )

    loan = lived(terms, DUES[0] + timedelta(days=21))  # the twentieth day is over

    assert loan.penalties_charged == charged


def test_a_penalty_is_an_amount_a_rail_can_pay() -> None:
    terms = make.terms(penalty=Penalty(percent=Decimal("1.1"), most=250, every_days=1))

    one, many = (lived(terms, DUES[0] + timedelta(days=days)) for days in (2, 9))

    assert (one.penalties_charged, many.penalties_charged) == (200, 200)  # of 2.97, at most 2.50


def test_who_pays_what_ends_the_loan_on_the_day_of_a_penalty_pays_not_a_cent_too_much() -> None:
    terms = make.terms(penalty=Penalty(amount=500))
    late = DUES[0] + timedelta(days=1)
    due = lived(terms, late).payoff

    loan = lived(terms, DUES[3], (EventKind.REPAID, late, due))

    assert (loan.status, loan.credit, loan.penalties_charged) == (LoanStatus.REPAID, 0, 0)


def test_after_default_the_fees_of_rows_to_come_count_as_well() -> None:
    fee = {"fees": [{"at": "instalment", "amount": "400"}]}
    terms = make.terms(model=RepaymentModel.SCHEDULE, schedule=fee, penalty=Penalty(amount=50_000))

    loan = lived(terms, DUES[3] + timedelta(days=9), (EventKind.DEFAULTED, SEED, 0))

    assert loan.interest_earned + loan.fees_charged + loan.penalties_charged == 100_000


def test_days_of_a_hardship_pause_do_not_count_towards_a_late_fee() -> None:
    """Due on the 8th, charged on the third day late; from the 5th to the 20th nobody counts."""
    terms = make.terms(
        principal=100_000, model=RepaymentModel.SCHEDULE, duration=1, interest_rate=Decimal(0),
        schedule={"unit": "weeks"}, penalty=Penalty(amount=2_000, after_days=2, every_days=7),
    )  # fmt: skip
    paid_out, pause = date(2026, 2, 1), date(2026, 2, 5)
    events = [
        Event(0, EventKind.APPROVED, paid_out),
        Event(1, EventKind.DISBURSED, paid_out),
        Event(2, EventKind.ARREARS_PAUSED, pause, until=date(2026, 2, 20)),
    ]

    charged = {
        day: fold(terms, events, date(2026, 2, day)).penalties_charged for day in range(8, 29)
    }

    assert {day for day, minor in charged.items() if not minor} == set(range(8, 24))
    assert charged[24] == charged[28] == 2_000
    assert (
        fold(terms, events, date(2026, 3, 3)).penalties_charged == 4_000
    )  # seven days after the 23rd
