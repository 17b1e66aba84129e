"""What payments write into the ledger; lending moves the money on from "in transit"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from core import ledger
from core.db import Session
from core.ledger import Account, JournalEntry, Line, Posting, credit, debit
from core.money import Money
from core.payments.models import Payment

TRANSIT, SUSPENSE = Account.PAYMENTS_IN_TRANSIT, Account.SUSPENSE
_OF_CASH = [f"payment.{kind}" for kind in ("hold", "void", "receipt", "difference", "late")]
_CASH = {"mpesa": Account.CASH_MPESA, "cash": Account.CASH_AGENTS, "bank": Account.CASH_BANK}


def cash_of(payment: Payment) -> Account:
    """Where money on the rail of this payment lies: at M-PESA, in a drawer ("cash-…"), at a bank ("bank-…")."""
    return _CASH[payment.rail.partition("-")[0]]


def hold(db: Session, payment: Payment, now: datetime) -> None:
    """Money out is set aside the moment it is promised."""
    _post(db, "hold", payment, [*_move(cash_of(payment), TRANSIT, payment)], now)


def void(db: Session, payment: Payment, now: datetime) -> None:
    """Money that certainly did not leave is cash again."""
    _post(db, "void", payment, [*_move(TRANSIT, cash_of(payment), payment)], now)


def receipt(db: Session, payment: Payment, arrived: Money, now: datetime) -> None:
    """Money in: what counts goes in transit for lending, a surplus or money of nobody to suspense."""
    _post(db, "receipt", payment, _through_cash(payment, arrived), now)


def paid_differently(db: Session, payment: Payment, left: Money, now: datetime) -> None:
    """Another amount left than was held: cash is made true, the difference is suspense."""
    kept = payment.money - left
    lines = [debit(cash_of(payment), kept, payment.id), credit(SUSPENSE, kept, payment.id)]
    _post(db, "difference", payment, lines, now)


def late(db: Session, payment: Payment, moved: Money, now: datetime) -> None:
    """Money that moved although we had given the payment up: in transit, for lending to place."""
    _post(db, "late", payment, _through_cash(payment, -moved if payment.goes_out else moved), now)


def unplaced(db: Session, payment: Payment, now: datetime) -> None:
    """Money that moved and that lending cannot place: suspense, until a person decides."""
    waiting = _signed(payment)
    lines = [debit(TRANSIT, waiting, payment.id), credit(SUSPENSE, waiting, payment.id)]
    _post(db, "unplaced", payment, lines, now)


def placed(db: Session, payment: Payment, reference: str, now: datetime) -> None:
    """A person said that money in suspense belongs to its loan: it is in transit again."""
    waiting = _signed(payment)
    lines = [debit(SUSPENSE, waiting, payment.id), credit(TRANSIT, waiting, payment.id)]
    ledger.post(db, kind="suspense.loan", reference=reference, lines=lines, now=now)


def placed_rest(
    db: Session, payment: Payment, rest: Payment, reference: str, now: datetime
) -> None:
    """A person said that what she paid beyond what was asked for is the loan's: it is in transit, as `rest`."""
    lines = [debit(SUSPENSE, rest.money, payment.id), credit(TRANSIT, rest.money, rest.id)]
    ledger.post(db, kind="suspense.loan", reference=reference, lines=lines, now=now)


def moved(db: Session, payment: Payment) -> Money:
    """What this payment brought into cash, by its own entries; less than zero: it left."""
    query = (
        select(func.sum(Posting.amount))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.reference == str(payment.id), JournalEntry.kind.in_(_OF_CASH))
        .where(Posting.account == cash_of(payment))
    )
    return Money(payment.currency, int(db.scalar(query) or 0))


def reversal(db: Session, payment: Payment, now: datetime) -> None:
    """The provider took the money back, all that had moved: it is in transit again, for lending to undo."""
    came = _through_cash(payment, moved(db, payment))
    lines = [Line(line.account, -line.money, line.subject_id) for line in came]
    _post(db, "reversal", payment, lines, now)


def unreturned(db: Session, payment: Payment, now: datetime) -> None:
    """Money taken back that the loan cannot follow: what is missing, or came back, is suspense."""
    gone = _signed(payment)
    lines = [debit(SUSPENSE, gone, payment.id), credit(TRANSIT, gone, payment.id)]
    _post(db, "unreturned", payment, lines, now)


def _through_cash(payment: Payment, moved: Money) -> list[Line]:
    """What came into cash (less than zero: left it): what counts is in transit, the rest is suspense."""
    counted = _signed(payment) if payment.loan_id else Money(payment.currency, 0)
    return [
        debit(cash_of(payment), moved, payment.id),
        credit(TRANSIT, counted, payment.id),
        credit(SUSPENSE, moved - counted, payment.id),
    ]


def _signed(payment: Payment) -> Money:
    return -payment.money if payment.goes_out else payment.money


def _move(source: Account, target: Account, payment: Payment) -> list[Line]:
    return [debit(target, payment.money, payment.id), credit(source, payment.money, payment.id)]


def _post(db: Session, kind: str, payment: Payment, lines: list[Line], now: datetime) -> None:
    ledger.post(db, kind=f"payment.{kind}", reference=str(payment.id), lines=lines, now=now)
