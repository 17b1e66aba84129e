"""What a payment that its provider took back does to its loan: a repayment did not come, a payout did not reach her.

The money was with us on the due dates that have passed: she is not made late for days that are past.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from core import payments
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, Line, credit, debit
from core.lending import account, attesting, community
from core.lending.models import Loan, LoanEvent
from core.lending.notices import support, tell
from core.lending.settlement import TRANSIT, book, note
from core.lending.state import Event, EventKind, LoanState, LoanStatus, check
from core.messaging import Template
from core.payments import Payment, PaymentKind
from core.refusal_codes import RefusalCode

KINDS = {  # the two ways a repayment is taken back, and the entry of each
    EventKind.REVERSED: "loan.repayment_reversed",
    EventKind.CHARGED_BACK: "loan.charged_back",
}


def payment_reversed(db: Session, *, payment: Payment, now: datetime) -> None:
    """The provider took money back: the loan follows. Twice is once.

    Refuses payment_not_counted (its money waits in suspense), credit_already_returned and payout_used: what only a
    person can undo.
    """
    assert payment.loan_id is not None, payment.id
    loan = account.lock(db, payment.loan_id)
    kind, undo = _UNDO[payment.kind]
    query = select(LoanEvent).where(LoanEvent.payment_id == payment.id, LoanEvent.kind == kind)
    effect = db.scalar(query)
    if effect is None:
        raise Refusal(RefusalCode.PAYMENT_NOT_COUNTED)
    mine = (LoanEvent.loan_id == loan.id, LoanEvent.reverses == effect.number)
    if db.scalar(select(LoanEvent.id).where(*mine)) is None:
        undo(db, loan, payment, effect, now)


def _repayment(db: Session, loan: Loan, payment: Payment, paid: LoanEvent, now: datetime) -> None:
    """As if it had never come, or owed again from today; refuses credit_already_returned."""
    on = account.today(db, loan, now)
    gone = Event(loan.events, EventKind.REVERSED, on, reverses=paid.number)
    check(loan.terms, account.events(db, loan.id), gone)
    undone = _way(gone, paid, account.state(db, loan, on))
    taken = community.unrestore(db, loan, payment.id, on)
    account.record(
        db, loan, undone.kind, on, amount=undone.amount, payment_id=payment.id, reverses=undone.reverses,
        by_id=payment.recorded_by, reason=payment.remark or "",
    )  # fmt: skip
    left = credit(TRANSIT, payment.money, payment.id)
    book(db, loan, payment, KINDS[undone.kind], now, left, *taken)
    note(db, loan, payment, "payment.repayment_reversed", on, now)
    if loan.status is not LoanStatus.REPAID:
        attesting.take_back(db, loan, now)
        _keep_reward(db, loan, payment, now)
    _tell(db, loan, payment, now)


def _tell(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    key, help_at = str(payment.id), support(db, loan)
    if (
        payment.recorded_by is not None or payment.remark
    ):  # the desk had written down what did not come
        owed = loan.payable(loan.outstanding)
        tell(db, loan, Template.CORRECTED, key, now, outstanding=owed, support=help_at)
        return
    facts = {"amount": payment.money, "receipt": payment.named}
    tell(db, loan, Template.CHARGED_BACK, key, now, support=help_at, **facts)


def _way(gone: Event, paid: LoanEvent, now: LoanState) -> Event:
    """As if it had never come, while nothing fell due meanwhile; after that it is debt from today on."""
    if any(paid.on <= row.due_on < now.on for row in now.rows):
        return replace(gone, kind=EventKind.CHARGED_BACK, amount=paid.amount)
    return gone


def _keep_reward(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    """The loan is open again: a cash-back that has not left waits until it is repaid; of another a person is told."""
    query = select(Payment).where(Payment.loan_id == loan.id, Payment.kind == PaymentKind.CASH_BACK)
    for reward in db.scalars(query):
        if (
            not payments.withdraw(db, reward.id, code="loan_open_again", now=now)
            and reward.has_moved
        ):
            payments.alert(
                db, payment, "cash_back_of_open_loan", now=now, amount=reward.money.plain
            )


def _disbursement(
    db: Session, loan: Loan, payment: Payment, paid: LoanEvent, now: datetime
) -> None:
    """She does not have the money, so she does not owe it; refuses payout_used where anything was built on it."""
    kinds = {event.kind for event in account.events(db, loan.id)}
    if kinds & {EventKind.REPAID, EventKind.CHARGED_BACK, EventKind.WRITTEN_OFF} or loan.undrawn:
        raise Refusal(RefusalCode.PAYOUT_USED)
    lines = [debit(Account.RISK_DEPOSITS, loan.money(paid.amount) - payment.money, loan.id)]
    _undo(db, loan, payment, paid, "loan.disbursement_reversed", now, *lines)
    loan.disbursement_failed_at = now
    tell(
        db, loan, Template.DISBURSEMENT_FAILED, f"{payment.id}:reversed", now, support=support(db, loan)
    )  # fmt: skip


def _refund(db: Session, loan: Loan, payment: Payment, paid: LoanEvent, now: datetime) -> None:
    """It is hers again, and kept with us until it is sent again."""
    on = account.today(db, loan, now)
    failed = EventKind.REFUND_FAILED
    before = account.is_recorded(db, payment.id, failed)  # it had failed once, and came late
    named = None if before else payment.id
    account.record(db, loan, failed, on, amount=payment.amount, payment_id=named)
    _undo(db, loan, payment, paid, "loan.refund_reversed", now)
    tell(
        db, loan, Template.CREDIT_KEPT, f"{payment.id}:reversed", now, paid=payment.money,
        amount=payment.money, receipt=payment.named, support=support(db, loan),
    )  # fmt: skip


def _cash_back(db: Session, loan: Loan, payment: Payment, paid: LoanEvent, now: datetime) -> None:
    """It is owed to her again."""
    _undo(db, loan, payment, paid, "loan.cash_back_reversed", now)


def _undo(
    db: Session, loan: Loan, payment: Payment, paid: LoanEvent, kind: str, now: datetime, *lines: Line
) -> None:  # fmt: skip
    on = account.today(db, loan, now)
    account.record(db, loan, EventKind.REVERSED, on, payment_id=payment.id, reverses=paid.number)
    book(db, loan, payment, kind, now, debit(TRANSIT, payment.money, payment.id), *lines)
    note(db, loan, payment, f"payment.{payment.kind}_reversed", on, now)


Undo = Callable[[Session, Loan, Payment, LoanEvent, datetime], None]
_UNDO: dict[PaymentKind, tuple[EventKind, Undo]] = {
    PaymentKind.REPAYMENT: (EventKind.REPAID, _repayment),
    PaymentKind.DISBURSEMENT: (EventKind.DISBURSED, _disbursement),
    PaymentKind.REFUND: (EventKind.REFUND_PAID, _refund),
    PaymentKind.CASH_BACK: (EventKind.CASH_BACK_PAID, _cash_back),
}
