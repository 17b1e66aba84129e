"""Money that no rule can place is listed, and a person places it: the books are then at peace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest
from sqlalchemy.orm import sessionmaker

from core import lending, payments
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account
from core.lending import Loan, LoanStatus, ProjectStatus, repaying
from core.lending.suspense import Into, clear, held
from core.messaging import Template
from core.payments import Payment, PaymentKind, PaymentState, postings
from core.payments.contradictions import cannot_undo
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes
from tests.databases import ON_SQLITE


def unreturned(village: Village) -> tuple[Loan, Payment]:
    """She paid KES 1,300 for a loan of 1,000; 300 went back to her; then the provider took all 1,300 back."""
    loan = village.borrow()
    payment = village.pay(loan, kes(1_300))
    village.settle(village.payment(loan, PaymentKind.REFUND))
    payment.state = PaymentState.REVERSED
    postings.reversal(village.db, payment, village.now)
    cannot_undo(village.db, payment, code="credit_already_returned", now=village.now)
    return loan, payment


def place(village: Village, payment: Payment, into: Into) -> object:
    return clear(
        village.db,
        owner=None,
        subject_id=payment.id,
        into=into,
        reason="She was called",
        now=village.now,
    )


def test_what_could_not_be_given_back_is_listed_and_she_owes_it_again(village: Village) -> None:
    loan, payment = unreturned(village)

    (found,) = held(village.db, owner=None, limit=10)

    assert (found.id, found.money, found.is_missing, found.loan) == (
        payment.id,
        kes(1_300),
        True,
        loan.code,
    )
    (waiting,) = payments.attentions(village.db, 10)
    assert waiting.reason == "reversal_not_undone"

    assert place(village, payment, Into.LOAN) == kes(1_300)

    assert (loan.status, loan.principal_outstanding) == (LoanStatus.DISBURSED, 130_000)
    assert (held(village.db, owner=None, limit=10), village.balance(Account.SUSPENSE)) == ([], 0)
    assert payments.attentions(village.db, 10) == []
    assert "KES 1,300 is to pay again" in village.texts(Template.CHARGED_BACK)[0]
    assert [e.kind for e in places.book(village.db, Book.PAYMENT)][-1] == "payment.placed"
    village.check()


def overpaid(village: Village, *, asked: int, paid: int) -> tuple[Loan, Payment]:
    """She was asked for one amount and paid more: what was asked for counts, the rest is held."""
    loan = village.borrow()
    payment = repaying.repay(
        village.db, loan_id=loan.id, amount=kes(asked), user_id=loan.user_id, idempotency_key="prompt",
        now=village.now, not_before=village.now,
    )  # fmt: skip
    payment.state, payment.receipt = PaymentState.SETTLED, "RKL51ZDR4F"
    postings.receipt(village.db, payment, kes(paid), village.now)
    lending.payment_settled(village.db, payment=payment, now=village.now)
    return loan, payment


def test_what_she_paid_beyond_the_prompt_is_credited_to_the_loan_it_names(village: Village) -> None:
    loan, payment = overpaid(village, asked=300, paid=500)
    owed = loan.outstanding

    assert place(village, payment, Into.LOAN) == kes(200)

    assert loan.outstanding == owed - 20_000
    assert (held(village.db, owner=None, limit=10), village.balance(Account.SUSPENSE)) == ([], 0)
    told = village.texts(Template.REPAYMENT_RECEIVED)[-1]
    assert "KES 200" in told
    assert "RKL51ZDR4F" in told
    with pytest.raises(Refusal, match="nothing_in_suspense"):
        place(village, payment, Into.LOAN)
    village.check()


@ON_SQLITE
def test_what_the_loan_does_not_need_of_it_goes_back_to_her(village: Village) -> None:
    loan, payment = overpaid(village, asked=900, paid=1_900)

    place(village, payment, Into.LOAN)

    assert loan.status is LoanStatus.REPAID
    assert village.payment(loan, PaymentKind.REFUND).money == kes(1_900) - kes(1_000)
    village.check()


PLACES = {
    Into.LOSS: Account.WRITE_OFFS, Into.BANK: Account.CASH_BANK, Into.MPESA: Account.CASH_MPESA,
}  # fmt: skip


@ON_SQLITE
def test_or_it_came_some_other_way_or_is_lost(village: Village) -> None:
    _, payment = unreturned(village)
    for into, account in PLACES.items():
        before = village.balance(account)
        with village.db.begin_nested() as again:
            place(village, payment, into)

            assert village.balance(account) - before == 130_000
            assert village.balance(Account.SUSPENSE) == 0
            with pytest.raises(Refusal, match="nothing_in_suspense"):
                place(village, payment, into)
            village.check()
            again.rollback()


@ON_SQLITE
def test_money_of_nobody_is_given_back_and_is_neither_a_loss_nor_a_debt(db: Session) -> None:
    village = places.found(db)
    payment = places.pay_in(db, None, "WRONG", kes(70), village.now)
    payment.state = PaymentState.SETTLED
    postings.receipt(db, payment, payment.money, village.now)

    for into, why in ((Into.LOSS, "not_missing"), (Into.LOAN, "loan_unknown")):
        with pytest.raises(Refusal, match=why):
            place(village, payment, into)
    (found,) = held(db, owner=None, limit=10)
    assert (found.money, found.is_missing, found.loan) == (kes(70), False, "")
    place(village, payment, Into.BANK)

    assert village.balance(Account.CASH_BANK) == -7_000
    assert village.balance(Account.SUSPENSE) == 0


def test_two_people_do_not_place_the_same_money(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as db:
        village = places.found(db)
        payment = places.pay_in(db, None, "WRONG", kes(70), village.now)
        payment.state = PaymentState.SETTLED
        postings.receipt(db, payment, payment.money, village.now)

    def other() -> object:
        with sessions.begin() as db:
            return place(replace(village, db=db), payment, Into.MPESA)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as db:
            place(replace(village, db=db), payment, Into.BANK)
            second = pool.submit(other)
            wait([second], timeout=0.2)  # without a lock it would be done by now
        with pytest.raises(Refusal, match="nothing_in_suspense"):
            second.result()


@ON_SQLITE
def test_what_is_found_after_its_project_has_closed_is_shared(village: Village) -> None:
    _, payment = unreturned(village)
    village.project.status, village.project.settled_on = ProjectStatus.CLOSED, village.now.date()
    village.db.flush()

    place(village, payment, Into.BANK)

    village.db.expire_all()
    assert village.project.settled_on is None  # the worker looks at it again


@ON_SQLITE
def test_a_reason_is_asked_for(village: Village) -> None:
    _, payment = unreturned(village)

    with pytest.raises(Refusal, match="reason_missing"):
        clear(
            village.db,
            owner=village.project.organisation_id,
            subject_id=payment.id,
            into=Into.LOSS,
            reason=" ",
            now=village.now,
        )
