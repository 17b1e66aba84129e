"""An intent of payment is written once, refused where the rail cannot carry it, and held in the ledger."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import ledger, payments
from core.errors import Refusal
from core.ledger import Account
from core.money import Money
from core.payments import Method, Payment, PaymentKind, PaymentState, service
from core.queue import Job

LOAN = uuid.uuid4()


def request(db: Session, now: datetime, **changes: object) -> Payment:
    facts: dict[str, object] = {
        "kind": PaymentKind.DISBURSEMENT, "rail": "mpesa", "money": Money("KES", 150_000),
        "phone": "+254708374149", "loan_id": LOAN, "account_reference": "L1042X",
        "idempotency_key": "loan:1", "now": now,
    }  # fmt: skip
    return payments.request(db, **{**facts, **changes})  # type: ignore[arg-type]


def test_money_out_is_held_in_the_ledger_at_once(db: Session, now: datetime) -> None:
    payment = request(db, now)

    assert payment.state is PaymentState.READY
    assert payment.method is Method.PAYOUT
    assert ledger.balance(db, Account.CASH_MPESA, "KES") == Money("KES", -150_000)
    assert ledger.balance(db, Account.PAYMENTS_IN_TRANSIT, "KES", payment.id) == Money(
        "KES", 150_000
    )


def test_money_in_is_not_booked_before_it_came(db: Session, now: datetime) -> None:
    payment = request(db, now, kind=PaymentKind.REPAYMENT)

    assert payment.method is Method.PUSH
    assert ledger.balances(db) == {}


def test_a_worker_is_woken_for_a_request(db: Session, now: datetime) -> None:
    request(db, now)

    assert db.info["jobs"] == {Job.PAYMENT_SUBMIT}


def test_the_same_key_again_is_the_same_payment(db: Session, now: datetime) -> None:
    first = request(db, now)
    second = request(db, now + timedelta(minutes=5))

    assert second is first
    assert db.scalar(select(func.count()).select_from(Payment)) == 1
    assert ledger.balance(db, Account.CASH_MPESA, "KES") == Money("KES", -150_000)


def test_the_same_key_for_another_amount_is_refused(db: Session, now: datetime) -> None:
    request(db, now)

    with pytest.raises(Refusal, match="idempotency_key_reused"):
        request(db, now, money=Money("KES", 160_000))


@pytest.mark.parametrize("shillings", [0, 9, 250_001])
def test_a_payout_outside_the_limits_of_the_rail_is_refused(
    db: Session, now: datetime, shillings: int
) -> None:
    with pytest.raises(Refusal, match="payment_outside_limits"):
        request(db, now, money=Money("KES", shillings * 100))


@pytest.mark.parametrize("shillings", [10, 250_000])
def test_a_payout_on_the_limit_is_taken(db: Session, now: datetime, shillings: int) -> None:
    assert request(db, now, money=Money("KES", shillings * 100)).amount == shillings * 100


def test_a_repayment_of_one_shilling_is_taken(db: Session, now: datetime) -> None:
    assert request(db, now, kind=PaymentKind.REPAYMENT, money=Money("KES", 100)).amount == 100


def test_cents_are_a_bug_of_ours(db: Session, now: datetime) -> None:
    with pytest.raises(AssertionError):
        request(db, now, money=Money("KES", 150_050))


def test_another_currency_is_refused(db: Session, now: datetime) -> None:
    with pytest.raises(Refusal, match="currency_not_carried"):
        request(db, now, money=Money("UGX", 150_000))


def test_the_payments_of_a_loan_come_newest_first(db: Session, now: datetime) -> None:
    first = request(db, now)
    second = request(db, now + timedelta(days=1), kind=PaymentKind.REPAYMENT, idempotency_key="2")
    request(db, now, idempotency_key="3", loan_id=uuid.uuid4())

    assert payments.of_loan(db, LOAN, 10) == [second, first]
    assert payments.of_loan(db, LOAN, 1) == [second]


def test_a_payment_is_not_claimed_before_its_time(db: Session, now: datetime) -> None:
    later = now + timedelta(seconds=7)
    payment = request(db, now, kind=PaymentKind.REPAYMENT, not_before=later)

    assert service.claim(db, now=now) is None
    order = service.claim(db, now=later)

    assert order is not None
    assert order.payment_id == payment.id


def test_a_claimed_payment_has_its_key_and_is_claimed_once(db: Session, now: datetime) -> None:
    payment = request(db, now)
    order = service.claim(db, now=now)

    assert order is not None
    assert payment.state is PaymentState.SUBMITTING
    assert (order.attempt, order.provider_key) == (1, payment.provider_key)
    assert len(order.provider_key or "") == 18
    assert service.claim(db, now=now) is None
