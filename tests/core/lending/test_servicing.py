"""What the staff may do to a running loan: the figures, the books, the text she gets, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import ledger, lending
from core.books import Book
from core.errors import Refusal
from core.ledger import Account
from core.lending import Loan, LoanStatus, provisioning, servicing, servicing_end
from core.lending.servicing_history import history
from core.lending.state import EventKind, Part
from core.messaging import Template
from core.money import Money
from core.payments import PaymentKind
from core.people import Role
from tests.core.lending import village as places
from tests.core.lending.desk import order, user
from tests.core.lending.village import Village, kes

DUES = [date(2026, 12, 21), date(2027, 1, 21), date(2027, 2, 21), date(2027, 3, 21)]
DISBURSED = date(2026, 11, 21)


def refused(verb: Callable[..., Any], village: Village, **given: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        verb(village.db, **given)
    village.check()
    return caught.value


# --- charges


def test_a_fee_by_hand_is_owed_after_its_notice_and_not_before(village: Village) -> None:
    loan = village.borrow()

    servicing.charge_fee(
        village.db, amount=kes(50), due_on=DUES[0], **order(village, loan, reason="Lost booklet")
    )

    village.check()
    assert (loan.outstanding, loan.fees_charged) == (113_000, 5_000)
    assert village.balance(Account.FEES_RECEIVABLE) == 5_000
    assert village.at(days=29).standing(loan).due_now == kes(0)
    village.on(DUES[0]).pay(loan, kes(320))
    assert (loan.fees_paid, loan.outstanding) == (5_000, 81_000)
    assert village.balance(Account.FEE_INCOME) == -7_000  # the fee withheld, and this one
    (text,) = village.texts(Template.CHARGED)
    assert text == (
        f"Loan {loan.code}: KES 50 is added, to pay by 21 Dec 2026 and not before. "
        "Why, or not right? Call +254700000001."
    )
    village.check()


def test_a_penalty_by_hand_is_booked_apart_from_fees(village: Village) -> None:
    loan = village.borrow()
    servicing.charge_penalty(village.db, amount=kes(20), due_on=DUES[0], **order(village, loan))

    village.on(DUES[0]).pay(loan, kes(10))

    assert (loan.penalties_charged, loan.penalties_paid) == (2_000, 0)  # interest comes first
    assert village.balance(Account.PENALTIES_RECEIVABLE) == 2_000
    assert village.balance(Account.PENALTY_INCOME) == -2_000
    village.check()


def test_a_charge_needs_thirty_days_notice(village: Village) -> None:
    loan = village.borrow()
    soon = DISBURSED + timedelta(days=29)

    for verb in (servicing.charge_fee, servicing.charge_penalty):
        said = refused(verb, village, amount=kes(50), due_on=soon, **order(village, loan))
        assert (said.code, said.facts) == ("charge_needs_notice", {"earliest": DUES[0]})


@pytest.mark.parametrize("amount", [kes(0), kes(-5), Money("KES", 150), Money("UGX", 500)])
def test_a_charge_is_an_amount(village: Village, amount: Money) -> None:
    loan = village.borrow()

    said = refused(
        servicing.charge_fee, village, amount=amount, due_on=DUES[0], **order(village, loan)
    )

    assert said.code == "amount_not_payable"


def test_a_loan_that_is_repaid_is_not_charged_any_more(village: Village) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_000))

    said = refused(
        servicing.charge_fee, village, amount=kes(50), due_on=DUES[1], **order(village, loan)
    )

    assert said.code == "loan_not_open"


# --- letting go


def test_interest_that_is_due_can_be_waived_and_the_books_say_so(village: Village) -> None:
    loan = village.borrow()
    late = village.on(DUES[0] + timedelta(days=5))

    servicing.waive(
        village.db, part=Part.INTEREST, amount=kes(20), **order(late, loan, reason="Flood")
    )

    assert (loan.interest_waived, loan.outstanding) == (2_000, 106_000)
    assert village.balance(Account.WAIVERS) == 2_000
    assert village.balance(Account.INTEREST_RECEIVABLE) == 0
    assert "KES 20" in village.texts(Template.WAIVED)[0]
    village.check()


def test_a_fee_waived_is_not_asked_for(village: Village) -> None:
    loan = village.borrow()
    servicing.charge_fee(village.db, amount=kes(50), due_on=DUES[0], **order(village, loan))

    servicing.waive(village.db, part=Part.FEE, amount=kes(50), **order(village, loan))

    assert loan.outstanding == 108_000
    village.on(DUES[0]).pay(loan, kes(270))
    assert (loan.fees_charged, loan.fees_waived, loan.fees_paid) == (5_000, 5_000, 0)
    village.check()


def test_more_than_there_is_cannot_be_waived(village: Village) -> None:
    loan = village.borrow()

    for part in (Part.FEE, Part.PENALTY):
        said = refused(servicing.waive, village, part=part, amount=kes(1), **order(village, loan))
        assert said.code == "nothing_to_waive"


# --- dates, pauses, rate


def test_rescheduling_moves_what_is_not_yet_due(village: Village) -> None:
    loan = village.borrow()
    village.on(DUES[0]).pay(loan, kes(270))
    later = village.on(date(2027, 1, 10))

    servicing.reschedule(village.db, due_on=date(2027, 3, 1), **order(later, loan))

    rows = lending.instalments(village.db, loan.id, on=loan.as_of)
    assert rows[0].due_on == DUES[0]
    assert [row.due_on for row in rows[1:]] == [
        date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1),
    ]  # fmt: skip
    assert loan.next_due_on == date(2027, 3, 1)
    assert "1 Mar 2027" in village.texts(Template.RESCHEDULED)[0]
    village.check()


def test_what_is_left_can_be_cut_into_more_instalments(village: Village) -> None:
    loan = village.borrow()
    later = village.on(date(2026, 12, 1))

    servicing.reschedule(village.db, due_on=date(2026, 12, 21), instalments=8, **order(later, loan))

    assert len(lending.instalments(village.db, loan.id, on=loan.as_of)) == 8
    assert loan.principal_outstanding == 100_000
    village.check()


def test_no_interest_runs_in_a_pause(village: Village) -> None:
    loan = village.borrow()
    whole = lending.payoff(village.db, loan.id, on=DUES[0])

    servicing.pause_interest(village.db, until=date(2026, 12, 5), **order(village, loan))

    paused = lending.payoff(village.db, loan.id, on=DUES[0])
    assert kes(1_000) < paused < whole
    assert "5 Dec 2026" in village.texts(Template.INTEREST_PAUSED)[0]
    village.check()


def test_in_hardship_no_day_counts_as_late_and_her_request_is_answered(village: Village) -> None:
    loan = village.borrow()
    lending.hardship.ask_for_time(
        village.db, loan_id=loan.id, user_id=village.borrower.id, now=village.now
    )

    servicing.pause_arrears(village.db, until=date(2027, 1, 31), **order(village, loan))

    assert (
        lending.hardship.waiting(village.db, organisation_id=village.project.organisation_id) == []
    )
    assert "31 Jan 2027" in village.texts(Template.HARDSHIP_GRANTED)[0]
    village.check()


def test_the_rate_may_fall_and_never_rise(village: Village) -> None:
    loan = village.borrow()
    before = loan.outstanding

    servicing.change_rate(village.db, rate=Decimal(12), **order(village, loan))

    assert loan.outstanding < before
    assert "12% a year" in village.texts(Template.FLAT_RATE_LOWERED)[0]
    for rate in (Decimal(12), Decimal(24), Decimal(-1)):
        said = refused(servicing.change_rate, village, rate=rate, **order(village, loan))
        assert (said.code, said.facts) == ("rate_may_only_fall", {"rate": Decimal(12)})


# --- ends


def in_default(village: Village) -> tuple[Village, Loan]:
    """A loan of which one instalment was paid, forty days after the second fell due."""
    loan = village.borrow()
    village.on(DUES[0]).pay(loan, kes(270))
    late = village.on(DUES[1] + timedelta(days=40))
    while lending.run_day(village.db, now=late.now, limit=100):
        pass
    village.db.refresh(loan)
    assert loan.status is LoanStatus.DEFAULTED
    return late, loan


def test_a_loan_written_off_is_borne_by_the_provision_first(village: Village) -> None:
    late, loan = in_default(village)
    provisioning.provide(
        village.db, organisation_id=village.project.organisation_id,
        project_id=village.project.id, amount=kes(300), idempotency_key="p", now=late.now
    )  # fmt: skip
    lost = loan.principal_outstanding

    servicing_end.write_off(village.db, **order(late, loan, reason="She died."))

    assert (loan.status, loan.principal_outstanding, loan.outstanding) == (LoanStatus.WRITTEN_OFF, 0, 0)  # fmt: skip
    assert loan.principal_written_off == lost
    assert village.balance(Account.LOAN_LOSS_PROVISION) == 0
    assert village.balance(Account.WRITE_OFFS) == lost - 30_000 + loan.interest_written_off
    assert village.balance(Account.INTEREST_ACCRUED) == 0
    assert len(village.texts(Template.WRITTEN_OFF)) == 1
    assert village.texts(Template.LOAN_CLOSED) == []
    village.check()


def test_a_write_off_by_mistake_gives_the_provision_back(village: Village) -> None:
    late, loan = in_default(village)
    provisioning.provide(
        village.db, organisation_id=village.project.organisation_id,
        project_id=village.project.id, amount=kes(300), idempotency_key="p", now=late.now
    )  # fmt: skip
    done = servicing_end.write_off(village.db, **order(late, loan))

    servicing_end.reverse(village.db, number=done.event.number, **order(late, loan))

    assert loan.status is LoanStatus.DEFAULTED
    assert village.balance(Account.LOAN_LOSS_PROVISION) == -30_000
    assert village.balance(Account.WRITE_OFFS) == 0
    assert len(village.texts(Template.CORRECTED)) == 1
    village.check()


def test_money_for_a_loan_written_off_is_a_recovery(village: Village) -> None:
    late, loan = in_default(village)
    servicing_end.write_off(village.db, **order(late, loan))

    late.at(days=3).pay(loan, kes(100))

    assert (loan.recovered, loan.credit, loan.status) == (10_000, 0, LoanStatus.WRITTEN_OFF)
    assert village.balance(Account.RECOVERIES) == -10_000
    assert "KES 100" in village.texts(Template.RECOVERED)[0]
    village.check()


def test_a_payment_of_before_the_write_off_that_is_heard_later_lowers_it(village: Village) -> None:
    late, loan = in_default(village)
    servicing_end.write_off(village.db, **order(late, loan))
    lost = loan.principal_written_off

    village.on(DUES[1]).pay(loan, kes(270))

    assert loan.principal_written_off < lost
    assert loan.recovered == 0
    village.check()


def test_a_write_off_taken_back_over_a_loan_since_repaid_is_a_good_end_and_told_once(
    village: Village,
) -> None:
    late, loan = in_default(village)
    owed = loan.outstanding
    done = servicing_end.write_off(village.db, **order(late, loan))
    late.pay(loan, Money("KES", owed + 5_000))
    assert village.texts(Template.LOAN_CLOSED) == []

    asked = order(late, loan)
    for _ in range(2):
        servicing_end.reverse(village.db, number=done.event.number, **asked)

    assert loan.status is LoanStatus.REPAID
    assert len(village.texts(Template.LOAN_CLOSED)) == 1
    assert village.asked_for(loan, PaymentKind.REFUND)  # what was too much is on its way to her
    assert [e.kind for e in places.book(village.db, Book.LOAN)].count("loan.repaid") == 1
    village.check()


def test_a_payment_of_before_the_write_off_that_repaid_the_loan_is_thanked_for(
    village: Village,
) -> None:
    late, loan = in_default(village)
    owed = loan.outstanding
    servicing_end.write_off(village.db, **order(late, loan))

    village.on(DUES[1]).pay(loan, Money("KES", owed))

    assert loan.status is LoanStatus.REPAID
    assert len(village.texts(Template.LOAN_REPAID)) == 1
    village.check()


def test_only_a_loan_in_default_is_written_off(village: Village) -> None:
    loan = village.borrow()

    said = refused(servicing_end.write_off, village, **order(village, loan))

    assert said.code == "loan_not_in_default"


def test_a_rest_that_no_rail_carries_is_let_go(village: Village) -> None:
    loan = village.borrow()
    paid = village.on(DUES[0]).pay(loan, kes(1_013))  # KES 7 short of the payoff
    at_desk = village.on(DUES[0])

    servicing_end.close_residue(village.db, **order(at_desk, loan))

    assert paid.amount == 101_300
    assert (loan.status, loan.outstanding) == (LoanStatus.REPAID, 0)
    assert len(village.texts(Template.LOAN_CLOSED)) == 1
    village.check()


def test_a_rest_worth_asking_for_stays(village: Village) -> None:
    loan = village.borrow()

    said = refused(servicing_end.close_residue, village, **order(village, loan))

    assert said.code == "residue_too_large"


# --- taking back


def test_a_charge_by_mistake_is_taken_back(village: Village) -> None:
    loan = village.borrow()
    done = servicing.charge_fee(village.db, amount=kes(50), due_on=DUES[0], **order(village, loan))

    servicing_end.reverse(village.db, number=done.event.number, **order(village, loan))

    assert loan.outstanding == 108_000
    said = refused(servicing_end.reverse, village, number=done.event.number, **order(village, loan))  # fmt: skip
    assert said.code == "event_unknown"


def test_what_made_the_loan_easier_stands_after_its_day(village: Village) -> None:
    loan = village.borrow()
    done = servicing.change_rate(village.db, rate=Decimal(12), **order(village, loan))
    tomorrow = village.at(days=1)

    said = refused(servicing_end.reverse, village, number=done.event.number, **order(tomorrow, loan))  # fmt: skip

    assert said.code == "given_to_her"
    servicing_end.reverse(village.db, number=done.event.number, **order(village, loan))
    assert loan.outstanding == 108_000


def test_a_payment_is_not_taken_back_at_the_desk(village: Village) -> None:
    loan = village.borrow()
    village.pay(loan, kes(100))

    said = refused(servicing_end.reverse, village, number=2, **order(village, loan))

    assert (said.code, said.facts) == ("event_not_reversible", {"kind": EventKind.REPAID})
    said = refused(servicing_end.reverse, village, number=99, **order(village, loan))
    assert said.code == "event_unknown"


# --- every order


def test_told_twice_it_is_done_once(village: Village) -> None:
    loan = village.borrow()
    asked = order(village, loan, idempotency_key="once")

    first = servicing.charge_fee(village.db, amount=kes(50), due_on=DUES[0], **asked)
    again = servicing.charge_fee(village.db, amount=kes(50), due_on=DUES[0], **asked)

    assert (first.is_new, again.is_new) == (True, False)
    assert first.event == again.event
    assert loan.outstanding == 113_000
    assert len(village.texts(Template.CHARGED)) == 1
    later = {**asked, "now": village.at(days=3).now}
    servicing.charge_fee(village.db, amount=kes(50), due_on=DUES[0], **later)
    other = {**asked, "amount": kes(60), "due_on": DUES[0]}
    assert refused(servicing.charge_fee, village, **other).code == "idempotency_key_reused"


def test_who_did_it_and_why_is_kept(village: Village) -> None:
    loan, clerk = village.borrow(), user(village, Role.AGENT)

    servicing.pause_interest(
        village.db, until=date(2026, 12, 5), **order(village, loan, by=clerk.id, reason=" Illness ")
    )

    deed = history(village.db, loan.id)[-1]
    assert (deed.kind, deed.by, deed.reason) == (EventKind.INTEREST_PAUSED, clerk.phone, "Illness")
    assert deed.details == {"until": "2026-12-05"}
    assert [one.by for one in history(village.db, loan.id)[:2]] == ["", ""]


def test_only_staff_of_the_lender_changes_a_loan(village: Village) -> None:
    loan = village.borrow()
    until = date(2026, 12, 5)

    for number, role in enumerate((Role.BORROWER, Role.INVESTOR), start=78):
        by = user(village, role, number).id
        said = refused(
            servicing.pause_interest, village, until=until, **order(village, loan, by=by)
        )
        assert said.code == "not_staff"


def test_a_change_needs_a_reason(village: Village) -> None:
    loan = village.borrow()

    for reason in ("", "  ", "x" * 201):
        asked = order(village, loan, reason=reason)
        said = refused(servicing.pause_interest, village, until=DUES[0], **asked)
        assert said.code == "reason_missing"


@pytest.mark.parametrize("on", [DISBURSED - timedelta(days=1), DISBURSED + timedelta(days=11)])
def test_a_change_is_dated_between_the_payout_and_today(village: Village, on: date) -> None:
    loan = village.borrow()
    later = village.at(days=10)

    said = refused(
        servicing.waive, later, part=Part.INTEREST, amount=kes(1), on=on, **order(later, loan)
    )

    assert said.code == "day_not_possible"


def test_a_loan_not_paid_out_is_not_changed(village: Village) -> None:
    loan = village.apply()

    said = refused(servicing.change_rate, village, rate=Decimal(1), **order(village, loan))

    assert said.code == "loan_not_open"


def test_the_books_note_what_was_done(village: Village) -> None:
    loan = village.borrow()

    servicing.waive(
        village.db, part=Part.INTEREST, amount=kes(20), **order(village.on(DUES[0]), loan)
    )

    entry = ledger.find(village.db, kind="loan.waived", reference=f"{loan.id}:2")
    assert entry is not None
