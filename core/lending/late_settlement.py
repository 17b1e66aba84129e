"""Money that moved after we had told her that it did not: it belongs to the loan it was sent for, and to no other.

A payout paid late is the loan she agreed to, and owed; what she asked for meanwhile is ended as long as none of its
money is on its way. Where both may have reached her, nothing is guessed: the money waits for a person, and so does
whatever she asks for next (docs/adr/0036).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select

from core import payments
from core.db import Session
from core.errors import Refusal
from core.lending import account, projects
from core.lending.cancelling import cancel, revive
from core.lending.models import Loan
from core.lending.notices import support, tell
from core.lending.state import EventKind, LoanStatus
from core.messaging import Template
from core.payments import Payment, PaymentKind
from core.payments.rules import UNDER_WAY
from core.people import User
from core.refusal_codes import RefusalCode


def check_no_late_money(db: Session, user_id: uuid.UUID) -> None:
    """Refuse late_money_open while money of a loan she was told had failed is with her, and nobody has decided."""
    hers = select(Loan.id).where(Loan.user_id == user_id)
    if payments.waiting_late(db, hers):
        raise Refusal(RefusalCode.LATE_MONEY_OPEN)


def prepare(db: Session, payment: Payment, now: datetime) -> Loan:
    """The loan of a payout that was paid late, locked and ready to take its money.

    Refuses loan_paid_out_before and another_loan_open.
    """
    assert payment.loan_id is not None, payment.id
    user_id = db.scalar(select(Loan.user_id).where(Loan.id == payment.loan_id))
    db.execute(select(User.id).where(User.id == user_id).with_for_update())  # as who applies does
    loan = account.lock(db, payment.loan_id)
    _withdraw_others(db, loan, payment, now)
    if loan.status is LoanStatus.CANCELLED:
        _give_way(db, loan, now)
        revive(db, loan, now)
    return loan


def tell_twice(db: Session, payment: Payment, now: datetime) -> None:
    """Say to her that money came which she should keep apart, because no loan of hers can take it."""
    if payment.loan_id is None or not payment.goes_out:
        return
    loan = account.lock(db, payment.loan_id)
    tell(
        db, loan, Template.PAID_TWICE, str(payment.id), now, amount=payment.money, receipt=payment.named,
        support=support(db, loan),
    )  # fmt: skip


def make_room(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    """Let a payout back to her that arrived late take the place of those asked for since, where none has left."""
    for other in _others(db, loan, payment):
        if payments.withdraw(db, other.id, code="paid_by_an_earlier_one", now=now):
            _forget(db, loan, other, now)


def _forget(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    if payment.kind is not PaymentKind.REFUND:
        return
    on = account.today(db, loan, now)
    account.record(
        db, loan, EventKind.REFUND_FAILED, on, amount=payment.amount, payment_id=payment.id
    )
    account.book(db, loan, kind="loan.refund_failed", reference=str(payment.id), on=on, now=now)


def _withdraw_others(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    for other in _others(db, loan, payment):
        payments.withdraw(db, other.id, code="paid_by_an_earlier_one", now=now)


def _others(db: Session, loan: Loan, payment: Payment) -> list[Payment]:
    query = select(Payment).where(
        Payment.loan_id == loan.id, Payment.kind == payment.kind, Payment.id != payment.id
    )
    return list(db.scalars(query.order_by(Payment.created_at)))


def _give_way(db: Session, loan: Loan, now: datetime) -> None:
    """What she asked for since is ended, if none of its money has left; refuses another_loan_open otherwise."""
    query = select(Loan).where(
        Loan.user_id == loan.user_id, Loan.id != loan.id, Loan.status.in_(projects.OPEN)
    )
    newer = [one for one in db.scalars(query) if one.accepted_at > loan.accepted_at]
    for other in newer:
        if not _is_unsent(db, other, now):
            raise Refusal(RefusalCode.ANOTHER_LOAN_OPEN, loan=other.code)
    for other in newer:
        _end(db, account.lock(db, other.id), loan, now)


def _is_unsent(db: Session, loan: Loan, now: datetime) -> bool:
    query = select(Payment).where(
        Payment.loan_id == loan.id, Payment.kind == PaymentKind.DISBURSEMENT
    )
    sent = list(db.scalars(query))
    for one in sent:
        payments.withdraw(db, one.id, code="paid_by_an_earlier_one", now=now)
    return loan.status is LoanStatus.APPROVED and not any(one.state in UNDER_WAY for one in sent)


def _end(db: Session, other: Loan, loan: Loan, now: datetime) -> None:
    cancel(db, other, now)
    facts = {"other": other.code, "support": support(db, loan)}
    tell(db, loan, Template.PAID_AFTER_ALL, str(other.id), now, **facts)
