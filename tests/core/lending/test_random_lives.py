"""Random lives of loans on a real database: after every step ledger, stored figures and refold agree."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import lending, payments
from core.db import Session
from core.ledger import Account
from core.lending import Loan, LoanStatus
from core.payments import Payment, PaymentKind, PaymentState
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

STEPS = st.tuples(
    st.sampled_from(["pay", "pay", "pay", "again", "late", "day", "settle", "fail"]),
    st.integers(0, 45),  # days that pass before
    st.integers(1, 1_200),  # shillings
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    model=st.sampled_from([{}, {"repayment_model": "ad_hoc", "loan_max_duration": 60, "loan_durations": [4, 30]}]),
    steps=st.lists(STEPS, max_size=8),
)  # fmt: skip
def test_nothing_is_lost_whatever_happens(
    db: Session, model: dict[str, object], steps: list[tuple[str, int, int]]
) -> None:
    with db.begin() as life:
        village = places.found(db, **model)
        loan = village.borrow()
        for step, days, shillings in steps:
            village = village.at(days=days)
            take(village, loan, step, shillings)
            village.check()
        finish(village, loan)
        life.rollback()


def take(village: Village, loan: Loan, step: str, shillings: int) -> None:
    """One step of a life."""
    known = payments.of_loan(village.db, loan.id, 50)
    if step == "pay":
        village.pay(loan, kes(shillings))
    elif step == "late":
        before = village.now - timedelta(days=20)
        village.settle(places.pay_in(village.db, loan.id, loan.code, kes(shillings), before))
    elif step == "day":
        lending.run_day(village.db, now=village.now, limit=100)
    elif step == "again":
        for payment in (p for p in known if p.state is PaymentState.SETTLED):
            lending.payment_settled(village.db, payment=payment, now=village.now)
    else:
        for payment in [p for p in known if p.state is PaymentState.READY][:1]:
            end(village, payment, step)


def end(village: Village, payment: Payment, step: str) -> None:
    """A payout ends, well or badly."""
    if step == "settle":
        village.settle(payment)
    else:
        village.fail(payment)


def finish(village: Village, loan: Loan) -> None:
    """Pay what is left; every shilling is then accounted for."""
    left = lending.payoff(
        village.db, loan.id, on=lending.today(village.db, loan.id, now=village.now)
    )
    if left:
        village.pay(loan, left)
    lending.return_owed(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
    )
    known = payments.of_loan(village.db, loan.id, 50)
    for payment in known:
        if payment.state is PaymentState.READY:
            village.settle(payment)
    village.check()
    assert (loan.status, loan.principal_outstanding, loan.outstanding) == (LoanStatus.REPAID, 0, 0)
    assert loan.credit < 1_000  # less than the rail can pay
    assert loan.cash_back_owed == 0
    assert village.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    assert came_in(known) == loan.repaid_amount + loan.credit + went_back(known)


def came_in(known: list[Payment]) -> int:
    return sum(p.amount for p in known if p.kind is PaymentKind.REPAYMENT)


def went_back(known: list[Payment]) -> int:
    done = (PaymentState.SETTLED,)
    return sum(p.amount for p in known if p.kind is PaymentKind.REFUND and p.state in done)
