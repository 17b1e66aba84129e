"""The good end of a loan: it is repaid, she is thanked, and what we owe her goes back."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select

from config.limits import LIST_ROWS
from core import payments, people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, debit
from core.lending import account, attesting, ladder
from core.lending.models import Loan, LoanEvent
from core.lending.notices import support, tell
from core.lending.state import EventKind, LoanState
from core.messaging import Template
from core.money import Money
from core.payments import Payment, PaymentKind
from core.payments.rules import UNDER_WAY
from core.refusal_codes import RefusalCode

NOT_CARRIED = frozenset(
    {RefusalCode.PAYMENT_OUTSIDE_LIMITS, RefusalCode.CURRENCY_NOT_CARRIED}
)  # it stays owed to her


def finish(
    db: Session, loan: Loan, after: LoanState, payment: Payment | None, now: datetime
) -> None:
    """The loan is closed, by a payment or because its rest was let go: book it, thank her, reward her if every
    instalment was on time, and attest it.
    """
    key = str(payment.id) if payment else f"{loan.id}:{loan.events}"
    account.note(
        db, Book.LOAN, loan, "loan.repaid", key, now, status=loan.status, repaid=loan.repaid_amount,
        interest=loan.interest_paid, on=after.on.isoformat(), on_time=int(after.on_time),
    )  # fmt: skip
    if payment is None:
        tell(db, loan, Template.LOAN_CLOSED, key, now)
    else:
        template = Template.LOAN_GIVEN_BACK if ladder.is_withdrawn(loan) else Template.LOAN_REPAID
        tell(db, loan, template, key, now, amount=payment.money, receipt=payment.named)
    if ladder.is_withdrawn(
        loan
    ):  # as if it had not been: it counts in no history, for or against her
        return
    if after.on_time:
        _reward(db, loan, after, now)
    attesting.attest(db, loan, after, now)


def return_credit(
    db: Session, loan: Loan, now: datetime, *, template: Template = Template.REFUND
) -> Payment | None:
    """Send her credit to her phone, as far as the rail carries it, and say so; less stays as her credit."""
    step = loan.terms.step
    left = loan.money((loan.credit - loan.returning) // step * step)
    if not left:
        return None
    payment = _pay_out(db, loan, PaymentKind.REFUND, left, f"refund:{loan.events}", now)
    if payment is not None:
        on = account.today(db, loan, now)
        account.record(
            db, loan, EventKind.REFUND_ASKED, on, amount=left.minor, payment_id=payment.id
        )
        account.book(db, loan, kind="loan.refund", reference=str(payment.id), on=on, now=now)
        receipt = _last_receipt(db, loan)
        tell(db, loan, template, str(payment.id), now, amount=left, receipt=receipt)
    return payment


def tell_kept(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    """Say that what a payment left over stays with us for now, so that no money is without a receipt."""
    kept = loan.money(loan.credit - loan.returning)
    if kept:
        tell(
            db, loan, Template.CREDIT_KEPT, str(payment.id), now, paid=payment.money, amount=kept,
            receipt=payment.named, support=support(db, loan),
        )  # fmt: skip


def return_owed(
    db: Session, *, organisation_id: uuid.UUID, loan_id: uuid.UUID, now: datetime
) -> list[Payment]:
    """Ask again for whatever we owe her and nothing is under way for, after a payout failed. Refuses loan_unknown."""
    loan = account.lock_own(db, organisation_id, loan_id)
    asked = [return_credit(db, loan, now), _reward_again(db, loan, now)]
    return [payment for payment in asked if payment is not None]


def _reward(db: Session, loan: Loan, after: LoanState, now: datetime) -> None:
    """Cash-back is earned once, even if the loan is reopened by a payment taken back and closed again."""
    earned = loan.terms.percent_of(after.disbursed, loan.terms.cash_back_rate)
    if not earned:
        return
    if any(event.kind is EventKind.CASH_BACK_EARNED for event in account.events(db, loan.id)):
        _reward_again(db, loan, now)  # it waited while the loan was open again
        return
    on = account.today(db, loan, now)
    account.record(db, loan, EventKind.CASH_BACK_EARNED, on, amount=earned.minor)
    lines = [debit(Account.CASH_BACK_EXPENSE, earned, loan.id)]
    account.book(
        db, loan, kind="loan.cash_back_earned", reference=str(loan.id), on=on, now=now, lines=lines
    )
    if _pay_out(db, loan, PaymentKind.CASH_BACK, earned, "cash_back", now) is not None:
        tell(db, loan, Template.CASH_BACK, str(loan.id), now, amount=earned)


def _reward_again(db: Session, loan: Loan, now: datetime) -> Payment | None:
    known = payments.of_loan(db, loan.id, LIST_ROWS)
    before = [payment for payment in known if payment.kind is PaymentKind.CASH_BACK]
    if not loan.cash_back_owed or loan.closed_on is None:
        return None
    if any(payment.state in UNDER_WAY for payment in before):
        return None
    owed, key = loan.money(loan.cash_back_owed), f"cash_back:{len(before)}"
    return _pay_out(db, loan, PaymentKind.CASH_BACK, owed, key, now)


def _pay_out(
    db: Session, loan: Loan, kind: PaymentKind, money: Money, key: str, now: datetime
) -> Payment | None:
    """Ask for a payment to her; None if it is less or more than the rail carries."""
    try:
        return payments.request(
            db, kind=kind, rail=loan.rail, money=money, phone=people.get(db, loan.user_id).phone,
            loan_id=loan.id, account_reference=loan.code, idempotency_key=f"loan:{loan.id}:{key}",
            now=now,
        )  # fmt: skip
    except Refusal as refusal:
        if refusal.code not in NOT_CARRIED:
            raise
        return None


def _last_receipt(db: Session, loan: Loan) -> str:
    """The receipt of the repayment recorded last: what it left over is what goes back."""
    query = (
        select(Payment.receipt)
        .join(LoanEvent, LoanEvent.payment_id == Payment.id)
        .where(LoanEvent.loan_id == loan.id, LoanEvent.kind == EventKind.REPAID)
        .order_by(LoanEvent.number.desc())
    )
    return db.scalar(query.limit(1)) or "-"
