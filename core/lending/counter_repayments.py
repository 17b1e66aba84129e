"""Repayments that a person tells us of: in cash at the desk, or by bank. Recorded once by their reference.

Such a payment is settled the moment it is told, and from there goes the way of every other: allocation, receipt text,
book entry, credit history. Each organisation's drawer and account is a rail of its own name.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.limits import BANK_REFERENCE_CHARACTERS, REASON_CHARACTERS
from core import payments, people
from core.db import Session
from core.errors import Refusal
from core.lending import account, settlement, taking_back
from core.lending.community import owed_to_group
from core.lending.models import Loan
from core.lending.notices import support, tell
from core.lending.state import LoanStatus
from core.messaging import Template
from core.money import Money
from core.payments import Method, Payment, PaymentKind, PaymentState, postings
from core.refusal_codes import RefusalCode

OWED = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED, LoanStatus.WRITTEN_OFF)
NOON = time(12)


class Via(StrEnum):
    """How the money came; the name begins that of the rail (`core.payments.postings.cash_of`)."""

    CASH = "cash"
    BANK = "bank"


def record(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    loan_id: uuid.UUID,
    amount: Money,
    via: Via,
    reference: str,
    now: datetime,
    by: uuid.UUID | None = None,
    on: date | None = None,
    overpaid: bool = False,
) -> Payment:
    """Count money that came on a day, by default today; the same reference again is the same money.

    Refuses loan_unknown, loan_not_open, reference_missing, reference_used, amount_not_payable, day_not_possible
    and, unless it is said to be overpaid, amount_above_owed(most).
    """
    loan = account.lock_own(db, organisation_id, loan_id)
    rail, reference = rail_of(via, organisation_id), reference.strip()
    if (known := payments.by_key(db, f"{rail}:{reference}")) is not None:
        return _the_same(known, loan, amount)
    if not 1 <= len(reference) <= BANK_REFERENCE_CHARACTERS:
        raise Refusal(RefusalCode.REFERENCE_MISSING, characters_at_most=BANK_REFERENCE_CHARACTERS)
    today = account.today(db, loan, now)
    _check(db, loan, amount, on or today, today, overpaid=overpaid)
    made = _payment(loan, amount, rail, reference, _moment(db, loan, on, now), now)
    made.recorded_by, made.remark = by, f"{via} {reference}"
    db.add(made)
    db.flush()
    postings.receipt(db, made, amount, now)
    settlement.payment_settled(db, payment=made, now=now)
    return made


def take_back(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    loan_id: uuid.UUID,
    via: Via,
    reference: str,
    reason: str,
    now: datetime,
    by: uuid.UUID | None = None,
) -> Payment:
    """Take back a repayment that was recorded by mistake; she is told, and its reference stays used.

    Refuses loan_unknown, reference_unknown, reason_missing, and credit_already_returned where money has gone on.
    """
    loan = account.lock_own(db, organisation_id, loan_id)
    if not 1 <= len(reason.strip()) <= REASON_CHARACTERS:
        raise Refusal(RefusalCode.REASON_MISSING, characters_at_most=REASON_CHARACTERS)
    known = payments.by_key(db, f"{rail_of(via, organisation_id)}:{reference.strip()}")
    if known is None or known.loan_id != loan.id or known.state is not PaymentState.SETTLED:
        raise Refusal(RefusalCode.REFERENCE_UNKNOWN, reference=reference)
    known.state, known.closed_at = PaymentState.REVERSED, now
    known.recorded_by, known.remark = by, reason.strip()
    db.flush()
    postings.reversal(db, known, now)
    taking_back.payment_reversed(db, payment=known, now=now)
    outstanding = loan.money(account.state(db, loan, account.today(db, loan, now)).outstanding)
    tell(
        db, loan, Template.CORRECTED, str(known.id), now, outstanding=outstanding, support=support(db, loan)
    )  # fmt: skip
    return known


def rail_of(via: Via, organisation_id: uuid.UUID) -> str:
    """The drawer or the account of one organisation: receipt numbers of two do not meet."""
    return f"{via}-{organisation_id.hex[:15]}"


def _check(
    db: Session, loan: Loan, amount: Money, on: date, today: date, *, overpaid: bool
) -> None:
    owed_to_others = owed_to_group(db, loan)
    if loan.disbursed_on is None or not (loan.status in OWED or owed_to_others):
        raise Refusal(RefusalCode.LOAN_NOT_OPEN, status=loan.status)
    if amount.currency != loan.currency or amount.minor <= 0:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE, step=loan.money(loan.terms.step))
    if not loan.disbursed_on <= on <= today:
        raise Refusal(RefusalCode.DAY_NOT_POSSIBLE, first=loan.disbursed_on, last=today)
    most = loan.payable(account.state(db, loan, today).payoff) + owed_to_others
    if loan.status is not LoanStatus.WRITTEN_OFF and amount > most and not overpaid:
        raise Refusal(RefusalCode.AMOUNT_ABOVE_OWED, most=most)


def _payment(
    loan: Loan, amount: Money, rail: str, reference: str, paid_at: datetime, now: datetime
) -> Payment:
    return Payment(
        id=uuid.uuid4(), kind=PaymentKind.REPAYMENT, method=Method.PAY_IN, state=PaymentState.SETTLED, rail=rail,
        phone="", currency=amount.currency, asked=amount.minor, amount=amount.minor, loan_id=loan.id,
        account_reference=loan.code, idempotency_key=f"{rail}:{reference}", receipt=reference, opened_at=paid_at,
        closed_at=now, created_at=now,
    )  # fmt: skip


def _moment(db: Session, loan: Loan, on: date | None, now: datetime) -> datetime:
    """Noon of the day it came, where the organisation lives; today it is now."""
    zone = ZoneInfo(people.organisation(db, loan.organisation_id).timezone)
    return min(datetime.combine(on, NOON, zone), now) if on else now


def _the_same(known: Payment, loan: Loan, amount: Money) -> Payment:
    is_same = (known.loan_id, known.currency, known.asked) == (
        loan.id,
        amount.currency,
        amount.minor,
    )
    if not is_same or known.state is not PaymentState.SETTLED:
        raise Refusal(RefusalCode.REFERENCE_USED, reference=known.receipt)
    return known
