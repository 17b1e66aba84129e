"""What a payment that has ended does to its loan, in the transaction in which it ended. Twice is once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core import people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, Line, credit, debit
from core.lending import (
    account,
    attesting,
    closing,
    community,
    disbursing,
    group_notices,
    late_settlement,
)
from core.lending.models import Loan, LoanEvent
from core.lending.notices import reason, support, tell
from core.lending.state import EventKind, LoanState, LoanStatus
from core.messaging import Template
from core.payments import Payment, PaymentKind
from core.refusal_codes import RefusalCode

TRANSIT = Account.PAYMENTS_IN_TRANSIT


def payment_settled(db: Session, *, payment: Payment, now: datetime) -> None:
    """Money has moved: out to her, in for the loan, or back to her.

    Refuses loan_paid_out_before and not_owed_to_her: money that no rule can place.
    """
    assert payment.loan_id is not None, payment.id
    _take(db, account.lock(db, payment.loan_id), payment, now)


def payment_settled_late(db: Session, *, payment: Payment, now: datetime) -> None:
    """Money moved after she was told that it did not: its loan takes it as if it had come in time.

    Refuses what `payment_settled` refuses, and another_loan_open.
    """
    assert payment.loan_id is not None, payment.id
    if payment.kind is PaymentKind.DISBURSEMENT:
        loan = late_settlement.prepare(db, payment, now)
    else:
        loan = account.lock(db, payment.loan_id)
    count_late(db, loan, payment, now)


def count_late(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    """What a payment does to its locked loan that moved after we had given it up; refuses as `payment_settled`."""
    if payment.kind in (PaymentKind.REFUND, PaymentKind.CASH_BACK):
        late_settlement.make_room(db, loan, payment, now)
    if payment.kind is PaymentKind.REFUND:
        _ask_again(db, loan, payment, now)
    _take(db, loan, payment, now)


def _take(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    kind, effect = _SETTLED[payment.kind]
    if not account.is_recorded(db, payment.id, kind):
        effect(db, loan, payment, now)


def _ask_again(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    """A refund that had failed never did, if what it brings is still hers."""
    if loan.credit - loan.returning < payment.amount:
        raise Refusal(RefusalCode.NOT_OWED_TO_HER)
    on, failed = account.today(db, loan, now), EventKind.REFUND_FAILED
    query = select(LoanEvent.number).where(
        LoanEvent.payment_id == payment.id, LoanEvent.kind == failed
    )
    account.record(db, loan, EventKind.REVERSED, on, reverses=db.scalars(query).one())
    book(db, loan, payment, "loan.refund_again", now)


def payment_failed(db: Session, *, payment: Payment, now: datetime) -> None:
    """Money has certainly not moved; the ledger of a payout was put right by payments."""
    assert payment.loan_id is not None, payment.id
    loan = account.lock(db, payment.loan_id)
    _FAILED[payment.kind](db, loan, payment, now)


def _disbursed(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    on = account.today(db, loan, now)
    part = disbursing.tranche_of(db, loan, payment)
    if part is None:  # paid out twice, against all care: a person must look at it
        raise Refusal(RefusalCode.LOAN_PAID_OUT_BEFORE)
    is_first, was_closed = loan.disbursed_on is None, loan.closed_on is not None
    before = any(event.kind is EventKind.DISBURSED for event in account.events(db, loan.id))
    # the deposit is hers, but kept for her group: as if she had got it and handed it over
    amount, named = (
        (payment.money + part.deposit).minor,
        part.principal.minor if loan.terms.tranches else None,
    )
    account.record(
        db, loan, EventKind.DISBURSED, on, amount=amount, payment_id=payment.id, principal=named
    )
    loan.disbursement_failed_at = None
    left = credit(TRANSIT, payment.money, payment.id)
    kept = credit(Account.RISK_DEPOSITS, part.deposit, loan.id)
    after = book(db, loan, payment, "loan.disbursement", now, left, kept)
    note(db, loan, payment, "payment.disbursement", on, now)
    account.note(
        db, Book.LOAN, loan, "loan.disbursed", str(payment.id if before else loan.id), now, status=loan.status,
        on=on.isoformat(), amount=part.principal.minor, commitment=loan.commitment_amount,
    )  # fmt: skip
    if was_closed and not after.closed_on:  # she had repaid what she had got until then
        attesting.take_back(db, loan, now)
    _tell_paid_out(db, loan, after, payment, now, is_first=is_first)


def _tell_paid_out(
    db: Session, loan: Loan, after: LoanState, payment: Payment, now: datetime, *, is_first: bool
) -> None:
    key, sent = str(payment.id), {"amount": payment.money, "receipt": payment.named}
    if is_first or not after.unpaid:
        tell(db, loan, Template.DISBURSED, key, now, **sent)
        return
    first, _ = after.next_asked(loan.terms.step) or (after.unpaid[0], 0)
    tell(
        db, loan, Template.TRANCHE, key, now, **sent, outstanding=loan.payable(after.outstanding),
        next_amount=loan.payable(first.outstanding), next_due=first.due_on,
    )  # fmt: skip


def _repaid(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    was_repaid, recovered = loan.status is LoanStatus.REPAID, loan.recovered
    paid_on = _value_day(db, loan, payment, now)
    restored = community.restore(db, loan, payment, paid_on)
    account.record(
        db, loan, EventKind.REPAID, paid_on, amount=payment.amount - restored.amount, payment_id=payment.id,
        today=account.today(db, loan, now),
        by_id=payment.recorded_by, reason=payment.remark or "",
    )  # fmt: skip
    moved = [debit(TRANSIT, payment.money, payment.id), *restored.lines(loan)]
    after = book(db, loan, payment, "loan.repayment", now, *moved)
    note(db, loan, payment, "payment.repayment", paid_on, now)
    if after.recovered > recovered:
        community.wake(db, loan)
    if after.status is LoanStatus.REPAID and (not was_repaid or restored.settles):
        closing.finish(db, loan, after, payment, now)
    elif restored.amount:
        group_notices.tell_debt_paid(db, loan, payment, restored.amount, restored.owed, now)
    elif after.recovered > recovered:
        receipt = payment.named
        tell(
            db, loan, Template.RECOVERED, str(payment.id), now, amount=payment.money, receipt=receipt,
            support=support(db, loan),
        )  # fmt: skip
    elif not after.closed_on:
        _tell_received(db, loan, after, payment, now)
    group_notices.tell_restored(db, loan, restored.shares, str(payment.id), now)
    if closing.return_credit(db, loan, now) is None:
        closing.tell_kept(db, loan, payment, now)


def _tell_received(
    db: Session, loan: Loan, after: LoanState, payment: Payment, now: datetime
) -> None:
    if not after.unpaid:  # money for a loan that was not paid out; it goes back, and that is told
        return
    row, _ = after.next_asked(loan.terms.step) or (after.unpaid[0], 0)
    tell(
        db, loan, Template.REPAYMENT_RECEIVED, str(payment.id), now, amount=payment.money,
        outstanding=loan.money(after.outstanding), next_due=row.due_on,
        receipt=payment.named,
    )  # fmt: skip


def _refunded(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    _paid_back(db, loan, payment, EventKind.REFUND_PAID, now)


def _cash_back_paid(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    _paid_back(db, loan, payment, EventKind.CASH_BACK_PAID, now)


def _paid_back(db: Session, loan: Loan, payment: Payment, kind: EventKind, now: datetime) -> None:
    """What we owed her has arrived: the liability ends."""
    owed = loan.returning if kind is EventKind.REFUND_PAID else loan.cash_back_owed
    if owed < payment.amount:
        raise Refusal(RefusalCode.NOT_OWED_TO_HER)
    on = account.today(db, loan, now)
    account.record(db, loan, kind, on, amount=payment.amount, payment_id=payment.id)
    left = credit(TRANSIT, payment.money, payment.id)
    after = book(db, loan, payment, f"loan.{kind}", now, left)
    assert min(after.credit, after.returning, after.cash_back_owed) >= 0, loan.id
    note(db, loan, payment, f"payment.{payment.kind}", on, now)


def _payout_failed(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    if disbursing.tranche_of(db, loan, payment) is None or loan.status is LoanStatus.CANCELLED:
        return
    template = Template.TRANCHE_FAILED
    if loan.disbursed_on is None:
        loan.disbursement_failed_at, template = now, Template.DISBURSEMENT_FAILED
    account.note(
        db, Book.LOAN, loan, "loan.disbursement_failed", str(payment.id), now, status=loan.status
    )
    tell(db, loan, template, str(payment.id), now, support=support(db, loan))


def _repayment_failed(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    why = reason(db, loan, payment.failure)
    tell(db, loan, Template.REPAYMENT_FAILED, str(payment.id), now, reason=why)


def _refund_failed(db: Session, loan: Loan, payment: Payment, now: datetime) -> None:
    if account.is_recorded(db, payment.id, EventKind.REFUND_FAILED):
        return
    on = account.today(db, loan, now)
    account.record(
        db, loan, EventKind.REFUND_FAILED, on, amount=payment.amount, payment_id=payment.id
    )
    book(db, loan, payment, "loan.refund_failed", now)


def _cash_back_failed(_: Session, loan: Loan, __: Payment, ___: datetime) -> None:
    assert loan.cash_back_owed > 0, "it stays owed until it is asked for again"


def book(
    db: Session, loan: Loan, payment: Payment, kind: str, now: datetime, *lines: Line
) -> LoanState:
    """The entry of what a payment does to its loan."""
    on, reference = account.today(db, loan, now), str(payment.id)
    return account.book(db, loan, kind=kind, reference=reference, on=on, now=now, lines=lines)


def note(db: Session, loan: Loan, payment: Payment, kind: str, on: date, now: datetime) -> None:
    """The same for the book of payments."""
    account.note(
        db, Book.PAYMENT, loan, kind, str(payment.id), now, payment=str(payment.id), rail=payment.rail,
        amount=payment.amount, on=on.isoformat(),
    )  # fmt: skip


def _value_day(db: Session, loan: Loan, payment: Payment, now: datetime) -> date:
    """The day she paid: when the prompt or the pay-in began, however long its answer was on the way."""
    zone = ZoneInfo(people.organisation(db, loan.organisation_id).timezone)
    day = min(payment.opened_at or now, now).astimezone(zone).date()
    return max(day, loan.disbursed_on) if loan.disbursed_on else day


Effect = Callable[[Session, Loan, Payment, datetime], None]

_SETTLED: dict[PaymentKind, tuple[EventKind, Effect]] = {
    PaymentKind.DISBURSEMENT: (EventKind.DISBURSED, _disbursed),
    PaymentKind.REPAYMENT: (EventKind.REPAID, _repaid),
    PaymentKind.REFUND: (EventKind.REFUND_PAID, _refunded),
    PaymentKind.CASH_BACK: (EventKind.CASH_BACK_PAID, _cash_back_paid),
}
_FAILED: dict[PaymentKind, Effect] = {
    PaymentKind.DISBURSEMENT: _payout_failed,
    PaymentKind.REPAYMENT: _repayment_failed,
    PaymentKind.REFUND: _refund_failed,
    PaymentKind.CASH_BACK: _cash_back_failed,
}
