"""What payments write into the ledger; lending moves the money on from "in transit"."""

from __future__ import annotations

from datetime import datetime

from core import ledger
from core.db import Session
from core.ledger import Account, Line, credit, debit
from core.money import Money
from core.payments.models import Payment

TRANSIT, SUSPENSE = Account.PAYMENTS_IN_TRANSIT, Account.SUSPENSE
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
    counted = payment.money if payment.loan_id else Money(arrived.currency, 0)
    lines = [
        debit(cash_of(payment), arrived, payment.id),
        credit(TRANSIT, counted, payment.id),
        credit(SUSPENSE, arrived - counted, payment.id),
    ]
    _post(db, "receipt", payment, lines, now)


def paid_differently(db: Session, payment: Payment, left: Money, now: datetime) -> None:
    """Another amount left than was held: cash is made true, the difference is suspense."""
    kept = payment.money - left
    lines = [debit(cash_of(payment), kept, payment.id), credit(SUSPENSE, kept, payment.id)]
    _post(db, "difference", payment, lines, now)


def late(db: Session, payment: Payment, moved: Money, now: datetime) -> None:
    """Money that moved although we had given the payment up: suspense, until a person decides."""
    _post(db, "late", payment, _to_suspense(payment, moved), now)


def reversal(db: Session, payment: Payment, now: datetime) -> None:
    """The provider took a repayment back: it is in transit again, for lending to undo."""
    _post(db, "reversal", payment, [*_move(cash_of(payment), TRANSIT, payment)], now)


def reversal_to_suspense(db: Session, payment: Payment, now: datetime) -> None:
    """The provider took back what nobody but a person can undo."""
    _post(db, "reversal", payment, _to_suspense(payment, -payment.money), now)


def unreturned(db: Session, payment: Payment, now: datetime) -> None:
    """A repayment taken back after its money went on: what is missing is suspense."""
    _post(db, "unreturned", payment, [*_move(TRANSIT, SUSPENSE, payment)], now)


def _to_suspense(payment: Payment, moved: Money) -> list[Line]:
    into_cash = -moved if payment.goes_out else moved
    return [debit(cash_of(payment), into_cash, payment.id), credit(SUSPENSE, into_cash, payment.id)]


def _move(source: Account, target: Account, payment: Payment) -> list[Line]:
    return [debit(target, payment.money, payment.id), credit(source, payment.money, payment.id)]


def _post(db: Session, kind: str, payment: Payment, lines: list[Line], now: datetime) -> None:
    ledger.post(db, kind=f"payment.{kind}", reference=str(payment.id), lines=lines, now=now)
