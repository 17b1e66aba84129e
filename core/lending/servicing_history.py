"""What happened to a loan, in the order it was told: who did it and why, where a person did."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from core import people
from core.db import Session
from core.lending.models import Loan, LoanEvent
from core.lending.state import EventKind
from core.money import Money


@dataclass(frozen=True, slots=True)
class Deed:
    """One event as it was recorded; `by` is the phone of the member of staff, empty where nobody decided."""

    number: int
    on: date
    kind: EventKind
    amount: Money
    details: dict[str, Any]
    reverses: int | None
    by: str
    reason: str
    recorded_at: datetime


def history(db: Session, loan_id: uuid.UUID) -> list[Deed]:
    """Every event of a loan, those taken back as well."""
    loan = db.get_one(Loan, loan_id)
    query = select(LoanEvent).where(LoanEvent.loan_id == loan_id).order_by(LoanEvent.number)
    return [_deed(db, loan, event) for event in db.scalars(query)]


def _deed(db: Session, loan: Loan, event: LoanEvent) -> Deed:
    return Deed(
        number=event.number, on=event.on, kind=event.kind, amount=loan.money(event.amount), details=event.details,
        reverses=event.reverses, by=_who(db, event), reason=event.reason, recorded_at=event.created_at,
    )  # fmt: skip


def _who(db: Session, event: LoanEvent) -> str:
    if event.by_id is not None:
        return people.get(db, event.by_id).phone
    return "operator" if event.idempotency_key else ""
