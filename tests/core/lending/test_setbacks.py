"""What goes wrong with money on its way, and how a loan comes out of it whole."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import ledger, lending
from core.db import Session
from core.errors import Refusal
from core.ledger import Account
from core.lending import LoanStatus, StatementKind
from core.messaging import Template
from core.payments import PaymentKind, PaymentState, postings
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

DUES = [date(2026, 12, 21), date(2027, 1, 21), date(2027, 2, 21), date(2027, 3, 21)]


def test_a_refund_that_fails_stays_as_credit_and_can_be_asked_for_again(village: Village) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_100))

    village.fail(village.payment(loan, PaymentKind.REFUND))

    assert (loan.credit, loan.returning) == (10_000, 0)
    (again,) = lending.return_owed(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
    )[:1]
    village.settle(again)
    assert loan.credit == 0
    village.check()


def test_a_cash_back_that_fails_stays_owed_and_can_be_asked_for_again(village: Village) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_000))
    under_way = lending.return_owed(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
    )

    village.fail(village.payment(loan, PaymentKind.CASH_BACK))

    assert (under_way, loan.cash_back_owed) == ([], 1_000)
    (again,) = lending.return_owed(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
    )
    village.settle(again)
    assert loan.cash_back_owed == 0
    village.check()


def test_a_repayment_taken_back_by_the_provider_opens_the_loan_again(village: Village) -> None:
    loan = village.borrow()
    payment = village.pay(loan, kes(1_000))
    payment.state = PaymentState.REVERSED
    postings.reversal(village.db, payment, village.now)

    for _ in range(2):
        lending.payment_reversed(village.db, payment=payment, now=village.now)

    assert (loan.status, loan.principal_outstanding, loan.closed_on) == (
        LoanStatus.DISBURSED,
        100_000,
        None,
    )
    assert (
        village.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    )  # the cash-back waits until it is repaid
    lines = lending.statement(village.db, loan.id)
    assert [line.kind for line in lines][-1] is StatementKind.REVERSED
    village.check()


def test_a_repayment_taken_back_after_a_due_date_is_new_debt_and_makes_nobody_late_for_the_past(
    village: Village,
) -> None:
    loan = village.borrow()
    payment = village.on(DUES[0]).pay(loan, kes(270))
    later = village.on(DUES[0] + timedelta(days=10))
    payment.state = PaymentState.REVERSED
    postings.reversal(village.db, payment, later.now)

    for _ in range(2):
        lending.payment_reversed(village.db, payment=payment, now=later.now)

    assert (loan.charged_back, loan.outstanding) == (27_000, 108_000)
    assert later.standing(loan).days_late == 0
    assert village.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    (text,) = village.texts(Template.CHARGED_BACK)
    assert f"took back your payment {payment.receipt}. KES 270 is to pay again" in text
    village.check()


def test_a_loan_given_back_in_time_costs_nothing_and_its_fee_is_no_income(db: Session) -> None:
    village = places.found(db, cooling_off_days=3)
    loan = village.borrow()

    in_time = village.at(days=3)
    assert lending.payoff(db, loan.id, on=in_time.now.date()) == kes(980)
    in_time.pay(loan, kes(980))

    assert (loan.status, loan.credit, loan.outstanding) == (LoanStatus.REPAID, 0, 0)
    assert (village.balance(Account.FEE_INCOME), village.balance(Account.INTEREST_INCOME)) == (0, 0)
    village.check()


def test_a_repayment_whose_surplus_went_back_is_not_taken_back_by_rule(village: Village) -> None:
    loan = village.borrow()
    payment = village.pay(loan, kes(1_300))
    village.settle(village.payment(loan, PaymentKind.REFUND))

    with pytest.raises(Refusal) as refused:
        lending.payment_reversed(village.db, payment=payment, now=village.now)

    assert refused.value.code == "credit_already_returned"
    assert loan.status is LoanStatus.REPAID
    village.check()


def test_a_payout_that_fails_leaves_no_debt_and_a_new_application_takes_its_place(
    village: Village,
) -> None:
    loan = village.apply()

    village.fail(village.payment(loan, PaymentKind.DISBURSEMENT))

    assert loan.status is LoanStatus.APPROVED
    assert lending.open_loan(village.db, village.borrower.id) is None
    assert len(village.texts(Template.DISBURSEMENT_FAILED)) == 1
    second = village.apply()
    assert loan.status is LoanStatus.CANCELLED
    assert lending.open_loan(village.db, village.borrower.id) is second
    village.check()


def test_a_loan_whose_payout_failed_can_be_given_up(village: Village) -> None:
    loan = village.apply()
    village.fail(village.payment(loan, PaymentKind.DISBURSEMENT))

    lending.cancel(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
    )

    assert (loan.status, lending.lent(village.db, village.project.id)) == (LoanStatus.CANCELLED, 0)
    lending.payment_failed(
        village.db, payment=village.payment(loan, PaymentKind.DISBURSEMENT), now=village.now
    )
    assert len(village.texts(Template.DISBURSEMENT_FAILED)) == 1
    village.check()


def test_a_refund_that_failed_is_counted_once(village: Village) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_100))
    refund = village.payment(loan, PaymentKind.REFUND)

    village.fail(refund)
    lending.payment_failed(village.db, payment=refund, now=village.now)

    assert (loan.credit, loan.returning) == (10_000, 0)


def test_a_payout_that_failed_can_be_sent_again(village: Village) -> None:
    loan = village.apply()
    village.fail(village.payment(loan, PaymentKind.DISBURSEMENT))

    lending.disburse_again(
        village.db,
        organisation_id=loan.organisation_id,
        loan_id=loan.id,
        now=village.at(hours=1).now,
    )
    village.settle(village.payment(loan, PaymentKind.DISBURSEMENT))

    assert loan.status is LoanStatus.DISBURSED
    village.check()


def test_a_loan_on_its_way_can_be_neither_cancelled_nor_sent_again(village: Village) -> None:
    loan = village.apply()

    for verb in (lending.cancel, lending.disburse_again):
        with pytest.raises(Refusal) as refused:
            verb(village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now)
        assert refused.value.code == "loan_not_cancellable"


def test_a_second_payout_by_mistake_is_no_second_loan(village: Village) -> None:
    loan = village.apply()
    first = village.payment(loan, PaymentKind.DISBURSEMENT)
    village.fail(first)
    lending.disburse_again(
        village.db,
        organisation_id=loan.organisation_id,
        loan_id=loan.id,
        now=village.at(hours=1).now,
    )
    second = village.payment(loan, PaymentKind.DISBURSEMENT)
    village.settle(second)

    ledger.post(
        village.db, kind="test.hold", reference="again", now=village.now,
        lines=[ledger.debit(Account.PAYMENTS_IN_TRANSIT, first.money), ledger.credit(Account.CASH_MPESA, first.money)],
    )  # fmt: skip
    with pytest.raises(Refusal, match="loan_paid_out_before"):
        lending.payment_settled(village.db, payment=first, now=village.now)

    assert village.balance(Account.LOAN_PORTFOLIO) == 100_000
    village.check()


def test_a_prompt_she_declines_is_told_and_changes_nothing(village: Village) -> None:
    loan = village.borrow()
    prompt = lending.repay(
        village.db, loan_id=loan.id, amount=kes(270), user_id=village.borrower.id,
        idempotency_key="k", now=village.now,
    )  # fmt: skip

    village.fail(prompt, "cancelled")

    assert prompt.not_before is not None
    assert prompt.not_before > village.now
    assert loan.repaid_amount == 0
    assert "you declined it" in village.texts(Template.REPAYMENT_FAILED)[0]
    village.check()
