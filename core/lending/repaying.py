"""She asks to pay from her phone: a prompt follows as soon as the menu is out of its way."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from config.limits import STK_DELAY_SECONDS
from core import payments, people
from core.db import Session
from core.errors import Refusal
from core.lending import account, community
from core.lending.models import Loan
from core.lending.state import LoanStatus
from core.money import Money
from core.payments import Payment, PaymentKind
from core.refusal_codes import RefusalCode

PAYABLE = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


def repay(
    db: Session,
    *,
    loan_id: uuid.UUID,
    amount: Money,
    user_id: uuid.UUID,
    idempotency_key: str,
    now: datetime,
    not_before: datetime | None = None,
) -> Payment:
    """Ask her phone for a repayment of any size; what is too much comes back to her.

    Refuses loan_not_open, amount_not_payable, amount_below_rail(least) and amount_above_rail(most).
    """
    if (known := payments.by_key(db, idempotency_key)) is not None:
        return _the_same(known, loan_id, amount)
    loan = account.lock(db, loan_id)
    if loan.user_id != user_id or not _is_payable(db, loan):
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)
    step = loan.terms.step
    if amount.currency != loan.currency or amount.minor % step:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE, step=loan.money(step))
    try:
        return payments.request(
            db, kind=PaymentKind.REPAYMENT, rail=loan.rail, money=amount, loan_id=loan.id,
            phone=people.get(db, user_id).phone, account_reference=loan.code,
            idempotency_key=idempotency_key, now=now,
            not_before=not_before or now + timedelta(seconds=STK_DELAY_SECONDS),
        )  # fmt: skip
    except Refusal as refusal:
        raise _in_words(refusal, amount) from refusal


def _is_payable(db: Session, loan: Loan) -> bool:
    """While something is owed on it, to us or to the deposits of her group."""
    return loan.status in PAYABLE or bool(community.owed_to_group(db, loan))


def _the_same(known: Payment, loan_id: uuid.UUID, amount: Money) -> Payment:
    if (known.loan_id, known.currency, known.asked) != (loan_id, amount.currency, amount.minor):
        raise Refusal(RefusalCode.IDEMPOTENCY_KEY_REUSED)
    return known


def _in_words(refusal: Refusal, amount: Money) -> Refusal:
    if refusal.code != RefusalCode.PAYMENT_OUTSIDE_LIMITS:
        return refusal
    if amount < refusal.facts["least"]:
        return Refusal(RefusalCode.AMOUNT_BELOW_RAIL, least=refusal.facts["least"])
    return Refusal(RefusalCode.AMOUNT_ABOVE_RAIL, most=refusal.facts["most"])
