"""Money that rules could not place (account 2900): listed by payment, until a person says where it belongs.

Missing money (a repayment taken back after its surplus had gone to her, a loan paid out twice) is owed again by her,
came back some other way, or is lost. Money too much was given back by hand: at M-PESA or by the bank.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select

from config.limits import REASON_CHARACTERS
from core import books, ledger, payments
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, JournalEntry, Line, Posting, credit, debit
from core.lending import account, attesting, cancelling, community, settlement
from core.lending.models import Loan, LoanEvent
from core.lending.notices import support, tell
from core.lending.owned import Owner, is_subject, subjects
from core.lending.state import Event, EventKind, LoanStatus, check
from core.messaging import Template
from core.money import Money
from core.payments import Payment, PaymentKind, postings
from core.refusal_codes import RefusalCode

SUSPENSE = Account.SUSPENSE


class Into(StrEnum):
    """Where it belongs."""

    LOAN = "loan"  # she owes it again, from today on
    LOSS = "loss"  # nobody brings it back
    BANK = "bank"  # it came, or was given back, by the bank
    MPESA = "mpesa"  # the same at M-PESA, by hand


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one payment, or of one loan that was paid out twice; missing is what went out and should not."""

    id: uuid.UUID
    since: datetime
    money: Money
    is_missing: bool
    loan: str


def held(db: Session, *, owner: Owner, limit: int) -> list[Held]:
    """What of an organisation waits to be placed, the oldest first; of the whole node where there is no owner."""
    total, since = func.sum(Posting.amount), func.min(JournalEntry.value_at)
    keys = (Posting.subject_id, Posting.currency)
    query = (
        select(*keys, total, since)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(Posting.account == SUSPENSE, Posting.subject_id.is_not(None), *_of(owner))
        .group_by(*keys).having(total != 0).order_by(since).limit(limit)
    )  # fmt: skip
    return [
        Held(subject, at, Money(currency, abs(int(sum_))), int(sum_) > 0, _code(db, subject))
        for subject, currency, sum_, at in db.execute(query)
        if subject is not None
    ]


def clear(
    db: Session,
    *,
    owner: Owner,
    subject_id: uuid.UUID,
    into: Into,
    reason: str,
    now: datetime,
    loan_id: uuid.UUID | None = None,
) -> Money:
    """Place what is held of a payment (or of a loan paid out twice); how much it was.

    With `Into.LOAN` money that came in late, or beyond what was asked for, is credited to the loan it names (`loan_id`,
    where it named none), a payout that came late is her loan again, and what a provider took back is owed again.

    Refuses reason_missing, nothing_in_suspense, not_missing (what is too much is no loss), and with `Into.LOAN`
    loan_unknown, money_counted_before, and what `check` of the fold or the settlement refuses.
    """
    if not 1 <= len(reason.strip()) <= REASON_CHARACTERS:
        raise Refusal(RefusalCode.REASON_MISSING, characters_at_most=REASON_CHARACTERS)
    if not is_subject(db, owner, subject_id):
        raise Refusal(RefusalCode.NOTHING_IN_SUSPENSE)
    payment, loan = _locked(db, subject_id)
    money = _balance(db, subject_id)
    if not money:
        raise Refusal(RefusalCode.NOTHING_IN_SUSPENSE)
    if into is Into.LOSS and money.minor < 0:
        raise Refusal(RefusalCode.NOT_MISSING)
    if into is Into.LOAN:
        payment, loan = _belongs(db, payment, loan, loan_id)
        _into_loan(db, loan, payment, money, reason, now)
    else:
        _post(db, subject_id, into, loan, money, now)
    key = _reference(db, subject_id)
    body = {
        "subject": str(subject_id),
        "currency": money.currency,
        "amount": money.minor,
        "into": str(into),
    }
    books.append(
        db, Book.PAYMENT, kind="payment.placed", entity_id=subject_id, event_id=f"payment.placed:{key}", body=body,
        now=now,
    )  # fmt: skip
    if loan is not None:
        community.wake(db, loan)  # a project that has closed may have more, or less, to share
    if payment is not None:
        payments.resolve(db, subject_id, now=now, because=reason.strip())
    return Money(money.currency, abs(money.minor))


def _belongs(
    db: Session, payment: Payment | None, loan: Loan | None, named: uuid.UUID | None
) -> tuple[Payment, Loan]:
    """The payment and the loan it is for; one that named no loan is for the one the person names."""
    if payment is not None and loan is None and named is not None and not payment.goes_out:
        loan = account.lock(db, named)
        payment.loan_id = loan.id
    if payment is None or loan is None:
        raise Refusal(RefusalCode.LOAN_UNKNOWN, loan="")
    return payment, loan


def _into_loan(
    db: Session, loan: Loan, payment: Payment, money: Money, reason: str, now: datetime
) -> None:
    is_missing = money.minor > 0
    if _repaid(db, payment) is not None:
        if is_missing:
            _owe_again(db, loan, payment, money, reason, now)
        else:
            _count_rest(db, loan, payment, -money, now)
    elif is_missing is payment.goes_out:
        _count_late(db, loan, payment, money, now)
    else:
        raise Refusal(RefusalCode.LOAN_UNKNOWN, loan=loan.code)


def _count_late(db: Session, loan: Loan, payment: Payment, money: Money, now: datetime) -> None:
    """The loan takes the money as if it had come in time."""
    if money.minor != (payment.amount if payment.goes_out else -payment.amount):
        raise Refusal(RefusalCode.MONEY_COUNTED_BEFORE)
    if payment.kind is PaymentKind.DISBURSEMENT and loan.status is LoanStatus.CANCELLED:
        cancelling.revive(db, loan, now)
    postings.placed(db, payment, _reference(db, payment.id), now)
    settlement.count_late(db, loan, payment, now)


def _count_rest(db: Session, loan: Loan, payment: Payment, money: Money, now: datetime) -> None:
    """She paid more than was asked for, and the rest is for the same loan; what it does not need goes back to her."""
    if not payment.has_moved:
        raise Refusal(RefusalCode.MONEY_COUNTED_BEFORE)
    rest = payments.rest_of(db, payment, money, now=now)
    postings.placed_rest(db, payment, rest, _reference(db, payment.id), now)
    settlement.count_late(db, loan, rest, now)


def _owe_again(
    db: Session,
    loan: Loan,
    payment: Payment,
    money: Money,
    reason: str,
    now: datetime,
) -> None:
    """The repayment was taken back: what it paid is debt of today. Her loan may have ended meanwhile."""
    paid = _repaid(db, payment)
    assert paid is not None, payment.id
    on, was_closed = account.today(db, loan, now), loan.closed_on is not None
    again = Event(loan.events, EventKind.CHARGED_BACK, on, money.minor, paid.number)
    check(loan.terms, account.events(db, loan.id), again)
    account.record(
        db, loan, again.kind, on, amount=money.minor, payment_id=payment.id, reverses=paid.number,
        reason=reason.strip(),
    )  # fmt: skip
    lines = [credit(SUSPENSE, money, payment.id)]
    after = account.book(
        db, loan, kind="loan.charged_back", reference=str(payment.id), on=on, now=now, lines=lines
    )
    if was_closed and not after.closed_on:
        attesting.take_back(db, loan, now)
    tell(
        db, loan, Template.CHARGED_BACK, str(payment.id), now, amount=money, receipt=payment.named,
        support=support(db, loan),
    )  # fmt: skip


def _post(
    db: Session, subject_id: uuid.UUID, into: Into, loan: Loan | None, money: Money, now: datetime
) -> None:
    to = {
        Into.BANK: debit(Account.CASH_BANK, money, subject_id),
        Into.MPESA: debit(Account.CASH_MPESA, money, subject_id),
        Into.LOSS: debit(Account.WRITE_OFFS, money, loan.project_id if loan else None),
    }[into]
    lines = [to, Line(SUSPENSE, -money, subject_id)]
    reference = _reference(db, subject_id)
    entry = ledger.post(db, kind=f"suspense.{into}", reference=reference, lines=lines, now=now)
    assert entry is not None, reference


def _of(owner: Owner) -> list[ColumnElement[bool]]:
    return [] if owner is None else [Posting.subject_id.in_(subjects(owner))]


def _reference(db: Session, subject_id: uuid.UUID) -> str:
    """Every line of a subject in suspense makes another: what was placed twice was held twice."""
    mine = (Posting.account == SUSPENSE, Posting.subject_id == subject_id)
    return f"{subject_id}:{db.scalar(select(func.count()).where(*mine))}"


def _balance(db: Session, subject_id: uuid.UUID) -> Money:
    query = select(Posting.currency, func.sum(Posting.amount)).where(
        Posting.account == SUSPENSE, Posting.subject_id == subject_id
    )
    found = db.execute(query.group_by(Posting.currency)).first()
    return Money(found[0], int(found[1])) if found else Money("KES", 0)


def _repaid(db: Session, payment: Payment | None) -> LoanEvent | None:
    if payment is None:
        return None
    query = select(LoanEvent).where(
        LoanEvent.payment_id == payment.id, LoanEvent.kind == EventKind.REPAID
    )
    return db.scalar(query)


def _locked(db: Session, subject_id: uuid.UUID) -> tuple[Payment | None, Loan | None]:
    """The payment and its loan, or a loan; kept, so that two people do not place the same money."""
    is_payment = db.get(Payment, subject_id) is not None
    payment = payments.lock(db, subject_id) if is_payment else None
    found = _seen(db, subject_id)
    return payment, account.lock(db, found.id) if found else None


def _seen(db: Session, subject_id: uuid.UUID) -> Loan | None:
    payment = db.get(Payment, subject_id)
    loan_id = payment.loan_id if payment else subject_id
    return db.get(Loan, loan_id) if loan_id else None


def _code(db: Session, subject_id: uuid.UUID) -> str:
    found = _seen(db, subject_id)
    return found.code if found else ""
