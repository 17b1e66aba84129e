"""Payments and loans together: what ends a payment changes its loan in the same transaction, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from config.limits import NUMBER_DAYS
from core import ledger, lending, people
from core.jobs import payments as jobs
from core.keys import Keyring
from core.ledger import Account
from core.lending import LoanStatus
from core.messaging import Message, Template
from core.money import Money
from core.payments import PaymentState
from tests.fake_daraja import ACT_AND_DROP, B2C, STK, FakeDaraja
from tests.gateway.branch import Branch

KES_100 = Money("KES", 10_000)


@pytest.fixture
def daraja() -> Iterator[FakeDaraja]:
    fake = FakeDaraja().start()
    yield fake
    fake.stop()


@pytest.fixture
def branch(
    sessions: sessionmaker[Session], keyring: Keyring, daraja: FakeDaraja, tmp_path: Path
) -> Branch:
    return Branch.of(sessions, keyring, daraja, tmp_path)


def texts(branch: Branch) -> set[Template]:
    with branch.sessions() as db:
        return {message.template for message in db.query(Message)}


def transit(branch: Branch) -> Money:
    with branch.sessions() as db:
        return ledger.balance(db, Account.PAYMENTS_IN_TRANSIT, "KES")


def repay(branch: Branch, loan: lending.Loan, amount: Money = KES_100) -> None:
    with branch.sessions.begin() as db:
        lending.repay(
            db, loan_id=loan.id, amount=amount, user_id=loan.user_id, idempotency_key=str(branch.now),
            not_before=branch.now + timedelta(seconds=7), now=branch.now,
        )  # fmt: skip


def test_a_payout_that_arrived_disburses_the_loan(branch: Branch) -> None:
    loan = branch.apply()

    branch.pay_out()

    assert branch.loan(loan.id).status is LoanStatus.DISBURSED
    assert transit(branch) == Money("KES", 0)
    assert Template.DISBURSED in texts(branch)


def test_a_payout_that_failed_leaves_the_loan_approved_and_is_told(branch: Branch) -> None:
    loan = branch.apply()

    branch.pay_out(2040)

    assert branch.loan(loan.id).status is LoanStatus.APPROVED
    assert transit(branch) == Money("KES", 0)
    assert Template.DISBURSEMENT_FAILED in texts(branch)


def test_a_lost_acknowledgement_disburses_once(branch: Branch) -> None:
    branch.daraja.orders[B2C] = [ACT_AND_DROP]
    loan = branch.apply()

    branch.pay_out()
    branch.wait(60)

    assert branch.loan(loan.id).status is LoanStatus.DISBURSED
    assert len(branch.daraja.payouts) == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_paid_prompt_lowers_what_she_owes_once(branch: Branch, told: bool) -> None:
    loan = branch.apply()
    branch.pay_out()
    before = branch.outstanding(loan.id)
    repay(branch, loan)
    branch.wait(7)

    branch.daraja.answer_prompt(told=told)
    branch.wait(30)
    branch.wait(300)

    assert branch.outstanding(loan.id) == before - KES_100
    assert transit(branch) == Money("KES", 0)


@pytest.mark.parametrize(("days", "is_noted"), [(2, True), (NUMBER_DAYS, False)])
def test_a_number_that_pays_is_in_use_unless_it_was_silent_for_long(
    branch: Branch, days: int, is_noted: bool
) -> None:
    loan = branch.apply()
    branch.pay_out()
    repay(branch, loan)
    branch.wait(7)
    with branch.sessions.begin() as db:
        people.get(db, loan.user_id).seen_at = before = branch.now - timedelta(days=days)

    branch.daraja.answer_prompt()
    branch.work()

    with branch.sessions() as db:
        seen = people.get(db, loan.user_id).seen_at
    assert seen is not None
    assert (seen > before) is is_noted


def test_a_declined_prompt_changes_nothing_and_is_told(branch: Branch) -> None:
    loan = branch.apply()
    branch.pay_out()
    before = branch.outstanding(loan.id)
    repay(branch, loan)
    branch.wait(7)

    branch.daraja.answer_prompt(1032)
    branch.work()

    assert branch.outstanding(loan.id) == before
    assert Template.REPAYMENT_FAILED in texts(branch)


def test_a_prompt_is_sent_only_after_the_session(branch: Branch) -> None:
    loan = branch.apply()
    branch.pay_out()
    repay(branch, loan)

    branch.work()
    assert branch.daraja.sent(STK) == []
    branch.wait(7)

    assert len(branch.daraja.sent(STK)) == 1


def test_a_pay_in_with_the_code_of_the_loan_is_credited(branch: Branch) -> None:
    loan = branch.apply()
    branch.pay_out()
    before, token = branch.outstanding(loan.id), branch.keyring.token("c2b")

    body = branch.daraja.pay_in(f" {loan.code.lower()}", 100, branch.now)
    for _ in range(2):
        branch.web.post(f"/cb/k/{token}/confirm", json=body)
        branch.work()
        branch.wait(30)

    assert branch.outstanding(loan.id) == before - KES_100


def test_a_reversed_repayment_is_owed_again(branch: Branch) -> None:
    loan = branch.apply()
    branch.pay_out()
    before = branch.outstanding(loan.id)
    receipt = branch.daraja.pay_in(loan.code, 100, branch.now)
    branch.web.post(f"/cb/k/{branch.keyring.token('c2b')}/confirm", json=receipt)
    branch.work()
    branch.wait(30)
    payment = branch.payments()[-1]
    assert branch.outstanding(loan.id) == before - KES_100

    branch.daraja.transactions[receipt["TransID"]]["TransactionStatus"] = "Reversed"
    with branch.sessions.begin() as db:
        db.get_one(type(payment), payment.id).ask_at = branch.now
    branch.work()
    branch.wait(30)

    assert branch.payments()[-1].state is PaymentState.REVERSED
    assert branch.outstanding(loan.id) == before
    assert transit(branch) == Money("KES", 0)


def test_whatever_a_person_decides_reaches_the_loan(branch: Branch) -> None:
    loan = branch.apply()
    branch.work()

    jobs.desk(branch.node).decide(branch.payments()[0].id, paid=True, receipt="PORTAL1")

    assert branch.loan(loan.id).status is LoanStatus.DISBURSED
