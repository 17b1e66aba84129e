"""Makers of postings, with defaults."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from core import ledger
from core.ledger import Account, JournalEntry, credit, debit
from core.money import Money


def kes(shillings: int) -> Money:
    return Money("KES", shillings * 100)


def move(
    db: Session,
    at: datetime,
    money: Money,
    *,
    into: Account = Account.LOAN_PORTFOLIO,
    out_of: Account = Account.CASH_MPESA,
    subject: uuid.UUID | None = None,
    reference: str = "",
    kind: str = "move",
) -> JournalEntry | None:
    """Post money from one account into another."""
    lines = [debit(into, money, subject), credit(out_of, money)]
    reference = reference or uuid.uuid4().hex
    return ledger.post(db, kind=kind, reference=reference, lines=lines, now=at)
