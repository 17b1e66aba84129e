"""Money that moved after she was told that it did not: hers and owed, or a person decides; never both."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core import lending, payments
from core.errors import Refusal
from core.jobs import payments as jobs
from core.ledger import Account
from core.lending import Loan, LoanStatus
from core.lending.suspense import Into, clear, held
from core.messaging import Template
from core.payments import Payment, PaymentKind, PaymentState, postings
from core.payments.contradictions import Change
from tests.core.lending.village import Village, kes, pay_in
from tests.databases import ON_SQLITE

PAYOUT = PaymentKind.DISBURSEMENT


def failed(village: Village, amount: int = 1_000) -> tuple[Loan, Payment]:
    """A loan whose payout certainly failed, she was told."""
    loan = village.apply(kes(amount))
    payment = village.payment(loan, PAYOUT)
    village.fail(payment)
    return loan, payment


def paid_late(village: Village, payment: Payment) -> None:
    """The provider pays it after all; lending is told as the jobs tell it."""
    payment.state, payment.receipt = PaymentState.SETTLED_LATE, f"L{payment.id.hex[:9].upper()}"
    postings.late(village.db, payment, payment.money, village.now)
    jobs.tell(village.db, payment, Change.SETTLED_LATE, village.now)


def taken_back(village: Village, payment: Payment) -> None:
    payment.state = PaymentState.REVERSED
    postings.reversal(village.db, payment, village.now)
    jobs.tell(village.db, payment, Change.REVERSED, village.now)


def reasons(village: Village) -> list[str]:
    return [row.reason for row in payments.attentions(village.db, 20)]


def owed_loans(village: Village) -> list[Loan]:
    query = select(Loan).where(Loan.status == LoanStatus.DISBURSED)
    return list(village.db.scalars(query))


def test_a_payout_paid_after_it_failed_is_her_loan_and_owed(village: Village) -> None:
    loan, payment = failed(village)

    paid_late(village, payment)

    assert (loan.status, loan.principal_outstanding) == (LoanStatus.DISBURSED, 100_000)
    assert payment.receipt in village.texts(Template.DISBURSED)[-1]
    assert lending.open_loan(village.db, village.borrower.id) is loan
    with pytest.raises(Refusal, match="loan_already_open"):
        village.apply()
    assert village.balance(Account.SUSPENSE) == village.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    village.check()


@ON_SQLITE
@pytest.mark.parametrize("asked_again", ["a new loan", "the desk"])
def test_what_was_asked_for_meanwhile_and_not_sent_gives_way(
    village: Village, asked_again: str
) -> None:
    loan, payment = failed(village)
    if asked_again == "a new loan":
        newer = village.at(minutes=5).apply(kes(2_000))
        assert loan.status is LoanStatus.CANCELLED
    else:
        newer = lending.disburse_again(
            village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
        )
    second = next(one for one in payments.of_loan(village.db, newer.id, 9) if one is not payment)

    paid_late(village, payment)

    assert owed_loans(village) == [loan]
    assert (second.state, second.failure) == (PaymentState.FAILED, "paid_by_an_earlier_one")
    assert village.balance(Account.CASH_MPESA) == -98_000
    if newer is not loan:
        assert newer.status is LoanStatus.CANCELLED
        assert newer.code in village.texts(Template.PAID_AFTER_ALL)[0]
    village.check()


@ON_SQLITE
def test_what_may_be_on_its_way_or_has_arrived_makes_it_wait_for_a_person(village: Village) -> None:
    loan, payment = failed(village)
    newer = village.at(minutes=5).apply(kes(2_000))
    second = village.payment(newer, PAYOUT)
    second.state = PaymentState.SUBMITTED

    paid_late(village, payment)

    assert (loan.status, newer.status) == (LoanStatus.CANCELLED, LoanStatus.APPROVED)
    assert reasons(village) == ["settled_late"]
    assert [one.id for one in held(village.db, owner=None, limit=9)] == [payment.id]
    assert loan.code in village.texts(Template.PAID_TWICE)[0]
    village.fail(second)
    with pytest.raises(Refusal, match="late_money_open"):
        village.apply()
    with pytest.raises(Refusal, match="late_money_open"):
        lending.disburse_again(
            village.db, organisation_id=newer.organisation_id, loan_id=newer.id, now=village.now
        )

    clear(
        village.db, owner=None, subject_id=payment.id, into=Into.LOAN, reason="She keeps it",
        now=village.now,
    )  # fmt: skip

    assert owed_loans(village) == [loan]
    assert (reasons(village), village.balance(Account.SUSPENSE)) == ([], 0)
    village.check()


@ON_SQLITE
def test_the_money_of_one_loan_twice_is_debt_once_and_a_person_is_told(village: Village) -> None:
    loan, first = failed(village)
    lending.disburse_again(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
    )
    second = next(one for one in payments.of_loan(village.db, loan.id, 9) if one is not first)
    second.state = PaymentState.SETTLED
    jobs.tell(village.db, second, Change.SETTLED, village.now)

    paid_late(village, first)

    assert loan.principal_outstanding == 100_000
    assert reasons(village) == ["settled_late"]
    assert village.balance(Account.SUSPENSE) == 98_000
    assert len(village.texts(Template.PAID_TWICE)) == 1
    with pytest.raises(Refusal, match="loan_paid_out_before"):
        clear(
            village.db, owner=None, subject_id=first.id, into=Into.LOAN, reason="?", now=village.now
        )
    village.check()


@ON_SQLITE
def test_a_prompt_paid_late_counts_for_its_loan_from_the_day_she_paid(village: Village) -> None:
    loan = village.borrow()
    prompt = lending.repay(
        village.db, loan_id=loan.id, amount=kes(300), user_id=village.borrower.id,
        idempotency_key="late", now=village.now,
    )  # fmt: skip
    prompt.opened_at = village.now
    village.fail(prompt, "timeout")
    assert "did not go through" in village.texts(Template.REPAYMENT_FAILED)[0]

    later = village.at(days=2)
    paid_late(later, prompt)

    assert loan.repaid_amount == 30_000
    assert prompt.receipt in village.texts(Template.REPAYMENT_RECEIVED)[0]
    later.check()


@ON_SQLITE
def test_money_that_named_no_loan_is_credited_to_the_one_a_person_names(village: Village) -> None:
    loan = village.borrow()
    stray = pay_in(village.db, None, "Rent", kes(300), village.now)
    stray.state = PaymentState.SETTLED
    postings.receipt(village.db, stray, stray.money, village.now)

    clear(
        village.db, owner=None, subject_id=stray.id, into=Into.LOAN, reason="She called",
        now=village.now, loan_id=loan.id,
    )  # fmt: skip

    assert (loan.repaid_amount, village.balance(Account.SUSPENSE)) == (30_000, 0)
    assert stray.receipt in village.texts(Template.REPAYMENT_RECEIVED)[0]
    village.check()


@ON_SQLITE
def test_a_payout_taken_back_is_not_owed_and_may_be_sent_again(village: Village) -> None:
    loan = village.borrow()
    payment = village.payment(loan, PAYOUT)

    taken_back(village, payment)

    assert (loan.status, loan.outstanding, loan.may_be_cancelled) == (LoanStatus.APPROVED, 0, True)
    assert "has not reached your M-PESA" in village.texts(Template.DISBURSEMENT_FAILED)[0]
    assert village.balance(Account.SUSPENSE) == village.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    later = village.at(seconds=1)
    lending.disburse_again(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=later.now
    )
    later.settle(later.payment(loan, PAYOUT))
    assert loan.status is LoanStatus.DISBURSED
    village.check()


@ON_SQLITE
def test_a_payout_taken_back_after_she_had_paid_is_for_a_person(village: Village) -> None:
    loan = village.borrow()
    payment = village.payment(loan, PAYOUT)
    village.pay(loan, kes(300))

    taken_back(village, payment)

    assert loan.status is LoanStatus.DISBURSED
    assert reasons(village) == ["reversal_not_undone"]
    assert village.balance(Account.SUSPENSE) == -98_000
    village.check()


@ON_SQLITE
def test_a_cash_back_waits_while_the_loan_is_open_again_and_goes_when_it_is_repaid(
    village: Village,
) -> None:
    loan = village.borrow()
    repayment = village.pay(loan, kes(1_000))
    reward = village.payment(loan, PaymentKind.CASH_BACK)

    taken_back(village, repayment)

    assert (loan.status, reward.state) == (LoanStatus.DISBURSED, PaymentState.FAILED)
    assert "took back your payment" in village.texts(Template.CHARGED_BACK)[0]
    village.at(seconds=5).pay(loan, kes(1_000))
    again = [
        one for one in payments.of_loan(village.db, loan.id, 9) if one.kind is PaymentKind.CASH_BACK
    ]
    assert sorted(one.state for one in again) == [PaymentState.FAILED, PaymentState.READY]
    village.check()


@ON_SQLITE
@pytest.mark.parametrize("kind", [PaymentKind.REFUND, PaymentKind.CASH_BACK])
def test_money_back_that_arrives_after_it_failed_is_not_sent_twice(
    village: Village, kind: PaymentKind
) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_300))
    payment = village.payment(loan, kind)
    village.fail(payment)
    later = village.at(minutes=1)
    lending.return_owed(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=later.now
    )
    again = village.payment(loan, kind)
    assert again is not payment

    paid_late(later, payment)

    assert again.state is PaymentState.FAILED
    assert (
        loan.credit - loan.returning == 0
        if kind is PaymentKind.REFUND
        else loan.cash_back_owed == 0
    )
    assert village.balance(Account.SUSPENSE) == 0
    village.check()


@ON_SQLITE
@pytest.mark.parametrize("kind", [PaymentKind.REFUND, PaymentKind.CASH_BACK])
def test_money_back_that_was_taken_back_is_hers_again(village: Village, kind: PaymentKind) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_300))
    payment = village.payment(loan, kind)
    village.settle(payment)
    assert (loan.credit, loan.cash_back_owed) in ((0, 1_000), (30_000, 0))

    taken_back(village, payment)

    assert (loan.credit, loan.cash_back_owed) == (30_000, 1_000)
    village.check()
