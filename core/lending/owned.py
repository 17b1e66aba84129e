"""What of payments and of the books belongs to an organisation: all of it hangs on its loans and its projects.

None stands for the node itself, whose operator sees everything: also money that belongs to nobody yet.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select, true, union_all

from core import payments, people
from core.db import Session
from core.lending.models import Loan, Project
from core.payments import Attention, Payment
from core.refusal_codes import RefusalCode

Owner = uuid.UUID | None


def subjects(owner: uuid.UUID) -> Select[Any]:
    """The ids that postings of an organisation carry: its projects, its loans, the payments of those."""
    loans = select(Loan.id).where(Loan.organisation_id == owner)
    projects = select(Project.id).where(Project.organisation_id == owner)
    paid = select(Payment.id).where(Payment.loan_id.in_(loans))
    return select(union_all(loans, projects, paid).subquery())


def is_subject(db: Session, owner: Owner, id: uuid.UUID) -> bool:
    """Whether postings that carry this id are those of an organisation."""
    if owner is None:
        return True
    found = db.get(Loan, id) or db.get(Project, id)
    if found is None and (payment := db.get(Payment, id)) is not None and payment.loan_id:
        found = db.get(Loan, payment.loan_id)
    return found is not None and found.organisation_id == owner


def payment(db: Session, *, owner: Owner, payment_id: uuid.UUID) -> Payment:
    """The payment of an organisation with this id. Refuses payment_unknown."""
    found = db.get(Payment, payment_id)
    loan = db.get(Loan, found.loan_id) if found is not None and found.loan_id else None
    if owner is not None or found is None:
        people.own(loan, owner or payment_id, RefusalCode.PAYMENT_UNKNOWN, payment=payment_id)
    assert found is not None
    return found


def attentions(db: Session, *, owner: Owner, limit: int) -> list[Attention]:
    """What of its payments waits for a person, the oldest first."""
    return payments.attentions(db, limit, _mine(owner))


def _mine(owner: Owner) -> ColumnElement[bool]:
    if owner is None:
        return true()
    hers = (Payment.id == Attention.payment_id, Loan.id == Payment.loan_id)
    return exists().where(*hers, Loan.organisation_id == owner)
