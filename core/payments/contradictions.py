"""What contradicts a payment that has ended: paid after it failed, taken back after it was paid, denied, or told of an
attempt given up before.

Lending is told in the same transaction, and what it cannot follow is money in suspense with a row for a person: the
provider's books and ours agree, or somebody is told why they do not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, select

from core.db import Session
from core.money import Money
from core.payments import postings, twins
from core.payments.models import Attention, Method, Payment, PaymentKind
from core.payments.models import PaymentState as State
from core.payments.rail import Answer, Verdict
from core.payments.rules import LATE, TWICE
from core.payments.service import alert, move, resolve_failures, settle_alert

UNKNOWN_DAYS = 7  # older ones a provider may have put away
EARLIER = "earlier_attempt_paid"


class Change(StrEnum):
    """What lending has to be told, in the same transaction."""

    SETTLED = "settled"
    SETTLED_LATE = "settled_late"  # after it was told that it failed
    FAILED = "failed"
    REVERSED = "reversed"


def paid(db: Session, payment: Payment, answer: Answer, now: datetime) -> Change | None:
    """The provider says that an ended payment was paid."""
    payment.ask_at = None
    if payment.state is State.FAILED:
        return _settle_late(db, payment, answer, now)
    if payment.state is State.REVERSED:
        alert(db, payment, "reversed_but_paid", now=now, receipt=payment.receipt)
    elif answer.amount and not payment.counted_by and differs(db, payment, answer.amount):
        told = {"asked": payment.asked, "arrived": answer.amount.minor}
        alert(db, payment, "amount_contradicted", now=now, **told)
    elif payment.goes_out and payment.receipt is None:  # a person said so, who did not name it
        payment.receipt = twins.free_receipt(db, payment, answer.receipt)
    settle_alert(db, payment, "contradicted_late", now=now)  # it says what we have
    return None


def denied(db: Session, payment: Payment, answer: Answer, now: datetime) -> None:
    """The provider says that an ended payment was not paid: of one it had settled, a person looks."""
    payment.ask_at = None
    if payment.state in (State.SETTLED, State.SETTLED_LATE):
        alert(db, payment, "settled_but_denied", now=now, code=answer.code)


def unknown(db: Session, payment: Payment, now: datetime) -> None:
    """The provider does not know a payment it had confirmed: a person looks, while it surely keeps such things."""
    payment.ask_at = None
    is_settled = payment.state in (State.SETTLED, State.SETTLED_LATE) and payment.closed_at
    if is_settled and now - is_settled <= timedelta(days=UNKNOWN_DAYS):
        alert(db, payment, "settled_but_unknown", now=now, receipt=payment.receipt)


def differs(db: Session, payment: Payment, told: Money) -> bool:
    """Whether another amount moved, by the provider's word, than we have booked for this settled payment."""
    if payment.amount == payment.asked == told.minor:
        return False
    return abs(postings.moved(db, payment).minor) != told.minor


def taken_back(
    db: Session, payment: Payment, now: datetime, *, because: str | None = None
) -> Change | None:
    """The provider took back money that had moved: the loan follows, or it is suspense.

    `because` is the row a person has already been given for it.
    """
    payment.ask_at = None
    if payment.state not in (State.SETTLED, State.SETTLED_LATE) or payment.counted_by:
        return None
    move(db, payment, State.REVERSED, ask_at=None, closed_at=now)
    settle_alert(db, payment, "contradicted_late", now=now)
    if because is None:
        alert(db, payment, "reversed", now=now, receipt=payment.receipt, amount=payment.money.plain)
    postings.reversal(db, payment, now)
    return Change.REVERSED if payment.loan_id else None


def cannot_undo(db: Session, payment: Payment, *, code: str, now: datetime) -> None:
    """A reversal that the loan cannot follow, because the money went on: suspense, and a person decides."""
    postings.unreturned(db, payment, now)
    alert(db, payment, "reversal_not_undone", now=now, code=code)


def cannot_place(db: Session, payment: Payment, *, code: str, now: datetime) -> None:
    """Money that moved and that no loan can take: suspense, and a person decides."""
    postings.unplaced(db, payment, now)
    facts = {"code": code, "kind": payment.kind.value, "receipt": payment.receipt}
    reason = LATE if payment.state is State.SETTLED_LATE else TWICE
    alert(db, payment, reason, now=now, amount=payment.money.plain, **facts)


def earlier_attempt(
    db: Session, payment: Payment, attempt: int, answer: Answer, now: datetime
) -> None:
    """An attempt proven failed is said to be paid: a receipt is followed up, a payout waits for a person."""
    if answer.verdict is not Verdict.PAID:
        return
    if payment.method is Method.PUSH and answer.receipt:
        money = answer.amount or payment.money
        twins.open_pay_in(
            db, rail=payment.rail, receipt=answer.receipt, money=money, loan_id=payment.loan_id,
            account_reference=payment.account_reference, paid_at=now, now=now,
        )  # fmt: skip
        return
    alert(db, payment, EARLIER, now=now, attempt=attempt, receipt=answer.receipt)
    if payment.state is State.READY:  # the next attempt is not sent before somebody has looked
        move(db, payment, State.UNKNOWN, ask_at=None, to_repeat=False)


def awaits_person(db: Session, payout: Payment) -> bool:
    """Whether an earlier attempt of this payout is said to be paid, and nobody has decided about it."""
    return _is_open(db, Attention.reason == EARLIER, Payment.id == payout.id)


def has_late_money(db: Session, payout: Payment) -> bool:
    """Whether money of another loan reached her late and waits for a person: until then none is sent again."""
    others = (Payment.phone == payout.phone, Payment.kind == PaymentKind.DISBURSEMENT)
    is_loan = payout.kind is PaymentKind.DISBURSEMENT
    return is_loan and _is_open(db, Attention.reason.in_((LATE, TWICE)), *others)


def arrived(payment: Payment, answer: Answer) -> Money:
    """What moved, by this answer; as asked where it names no amount."""
    money = answer.amount or payment.money
    assert money.currency == payment.currency, (payment.id, money.currency)
    return money


def counted_amount(payment: Payment, moved: Money) -> int:
    """How much of it counts for the loan: never more than was asked for by us."""
    if payment.method is Method.PAY_IN:
        return moved.minor
    return payment.asked if payment.goes_out else min(moved.minor, payment.asked)


def _is_open(db: Session, *which: ColumnElement[bool]) -> bool:
    query = select(Attention.id).join(Payment, Payment.id == Attention.payment_id)
    return db.scalar(query.where(Attention.resolved_at.is_(None), *which).limit(1)) is not None


def _settle_late(db: Session, payment: Payment, answer: Answer, now: datetime) -> Change | None:
    moved, receipt = arrived(payment, answer), answer.receipt or payment.told_receipt
    if twins.counted(db, payment, receipt, moved, now):
        return None
    receipt, amount = twins.free_receipt(db, payment, receipt), counted_amount(payment, moved)
    move(db, payment, State.SETTLED_LATE, receipt=receipt, amount=amount, closed_at=now)
    for reason in ("contradicted_late", "outcome_never_told", "pay_in_not_confirmed"):
        settle_alert(db, payment, reason, now=now)
    if payment.goes_out and payment.loan_id:
        resolve_failures(db, payment, now=now)
    postings.late(db, payment, moved, now)
    if payment.method is not Method.PAY_IN and moved.minor != payment.asked:
        alert(db, payment, "amount_differs", now=now, asked=payment.asked, arrived=moved.minor)
    if payment.loan_id is None:
        alert(db, payment, "unknown_reference", now=now, reference=payment.account_reference)
        return None
    return Change.SETTLED_LATE
