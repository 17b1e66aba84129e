"""What a project is expected to lose: set aside before it is lost, so that a write-off is no surprise in the books."""

from __future__ import annotations

import uuid
from datetime import datetime

from core import books, ledger
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, credit, debit
from core.lending import projects
from core.lending.models import Project
from core.money import Money
from core.refusal_codes import RefusalCode


def provision(db: Session, project: Project) -> Money:
    """What is set aside for the losses of a project and not yet used."""
    return -ledger.balance(db, Account.LOAN_LOSS_PROVISION, project.currency, project.id)


def provide(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    project_id: uuid.UUID,
    amount: Money,
    idempotency_key: str,
    now: datetime,
) -> Money:
    """Set the provision of a project to an amount; what it grew by.

    Refuses project_unknown, amount_not_payable, idempotency_key_reused.

    A larger provision is an expense of today, a smaller one takes it back.
    """
    project = projects.lock_own(db, organisation_id, project_id)
    if amount.currency != project.currency or amount.minor < 0:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE, step=Money(project.currency, 1))
    grown = amount - provision(db, project)
    if not grown:
        return grown
    entry = ledger.post(
        db, kind="loan.provision", reference=idempotency_key, now=now,
        lines=[
            debit(Account.PROVISION_EXPENSE, grown, project.id),
            credit(Account.LOAN_LOSS_PROVISION, grown, project.id),
        ],
    )  # fmt: skip
    if entry is None:
        raise Refusal(RefusalCode.IDEMPOTENCY_KEY_REUSED)
    body = {"project": str(project.id), "currency": project.currency, "provision": amount.minor}
    books.append(
        db, Book.PROJECT, kind="project.provided", entity_id=project.id,
        event_id=f"project.provided:{idempotency_key}", body=body, now=now,
    )  # fmt: skip
    return grown
