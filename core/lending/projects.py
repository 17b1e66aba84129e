"""Projects: created from a file, activated once approved, stopped, started, enlarged, and closed at the end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import books, clock, people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.lending import project_file, tranches
from core.lending.exposure import lent
from core.lending.models import Project, ProjectStatus
from core.lending.state import LoanStatus
from core.money import Money
from core.payments import Method
from core.payments.rules import check as check_rail
from core.refusal_codes import RefusalCode

__all__ = [
    "OPEN", "activate", "approve", "create_project", "deactivate", "draft", "get", "lent", "lock", "raise_limit",
]  # fmt: skip

OPEN = (LoanStatus.APPROVED, LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


def create_project(
    db: Session, *, organisation_id: uuid.UUID, data: Mapping[str, Any], now: datetime
) -> Project:
    """Create a project in DRAFT from the content of project.json. Refuses `project_invalid` with field and reason."""
    project = draft(organisation_id, data)
    project.created_at = now
    taken = select(Project.id).where(
        Project.organisation_id == organisation_id, Project.name == project.name
    )
    if db.scalar(taken) is not None:
        project_file.refuse("name", "taken")
    db.add(project)
    db.flush()
    _note(db, project, "project.created", now)
    return project


def draft(organisation_id: uuid.UUID, data: Mapping[str, Any]) -> Project:
    """The project a file describes, checked and not yet stored."""
    project = Project(
        organisation_id=organisation_id, status=ProjectStatus.DRAFT, **project_file.read(data)
    )
    _check_rail(project)
    return project


def get(db: Session, project_id: uuid.UUID) -> Project:
    """The project with this id; an unknown id is a bug."""
    return db.get_one(Project, project_id)


def find(db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID) -> Project:
    """The project of an organisation with this id. Refuses project_unknown."""
    found = db.get(Project, project_id)
    return people.own(found, organisation_id, RefusalCode.PROJECT_UNKNOWN, project=project_id)


def named(db: Session, *, organisation_id: uuid.UUID, said: str) -> Project:
    """The project of an organisation that goes by this name or id. Refuses project_unknown."""
    mine = select(Project).where(Project.organisation_id == organisation_id)
    try:
        query = mine.where(Project.id == uuid.UUID(said))
    except ValueError:
        query = mine.where(Project.name == said)
    return people.own(db.scalar(query), organisation_id, RefusalCode.PROJECT_UNKNOWN, project=said)


def listed(db: Session, *, organisation_id: uuid.UUID, limit: int) -> list[Project]:
    """The projects of an organisation, the oldest first."""
    query = select(Project).where(Project.organisation_id == organisation_id)
    return list(db.scalars(query.order_by(Project.created_at, Project.id).limit(limit)))


def lock_own(db: Session, organisation_id: uuid.UUID, project_id: uuid.UUID) -> Project:
    """The same, kept for this transaction."""
    find(db, organisation_id=organisation_id, project_id=project_id)
    return lock(db, project_id)


def lock(db: Session, project_id: uuid.UUID) -> Project:
    """The project as it is now, kept for this transaction."""
    query = select(Project).where(Project.id == project_id).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one()


def activate(
    db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, now: datetime
) -> Project:
    """Let a project lend. Refuses one that nobody approved, that has ended, or that is closed."""
    project = lock_own(db, organisation_id, project_id)
    if project.status is ProjectStatus.CLOSED:
        raise Refusal(RefusalCode.PROJECT_CLOSED)
    if not project.approval_reference:
        raise Refusal(RefusalCode.PROJECT_NOT_APPROVED)
    zone = people.organisation(db, project.organisation_id).timezone
    if project.end_date < clock.local_day(now, zone):
        raise Refusal(RefusalCode.PROJECT_ENDED)
    return _become(db, project, ProjectStatus.ACTIVATED, now)


def deactivate(
    db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, now: datetime
) -> Project:
    """Stop new loans; those that run go on."""
    project = lock_own(db, organisation_id, project_id)
    if project.status is not ProjectStatus.ACTIVATED:
        raise Refusal(RefusalCode.PROJECT_NOT_ACTIVE)
    return _become(db, project, ProjectStatus.DEACTIVATED, now)


def raise_limit(
    db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, limit: Money, now: datetime
) -> Project:
    """Let a project lend more at one time; less is refused."""
    project = lock_own(db, organisation_id, project_id)
    if limit.currency != project.currency or limit.minor <= project.limit:
        raise Refusal(RefusalCode.LIMIT_MAY_ONLY_GROW, limit=Money(project.currency, project.limit))
    project.limit = limit.minor
    _note(db, project, "project.limit_raised", now)
    return project


def approve(
    db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, reference: str, now: datetime
) -> Project:
    """Write down under which reference the product was approved; only a draft can still be approved."""
    project = lock_own(db, organisation_id, project_id)
    if project.status is not ProjectStatus.DRAFT:
        raise Refusal(RefusalCode.PROJECT_NOT_DRAFT)
    if not 1 <= len(reference.strip()) <= project_file.REFERENCE_CHARACTERS:
        project_file.refuse("approval_reference", "text_length")
    project.approval_reference = reference.strip()
    _note(db, project, "project.approved", now)
    return project


def _check_rail(project: Project) -> None:
    """The rail must carry the smallest and the largest loan, and the smallest cash-back."""
    least = project.terms(
        Money(project.currency, project.loan_min_amount), project.loan_min_duration
    )
    most = project.terms(
        Money(project.currency, project.loan_max_amount), project.loan_min_duration
    )
    for part in tranches.plan(least):
        _carried(project, part.received, "loan_min_amount")
    for part in tranches.plan(most):
        _carried(project, part.received, "loan_max_amount")
    if project.cash_back_rate:
        _carried(project, least.cash_back, "cash_back_rate")


def _carried(project: Project, money: Money, field: str) -> None:
    for rail in project.payment_rails:
        try:
            check_rail(rail, Method.PAYOUT, money)
        except Refusal:
            project_file.refuse(field, "not_carried_by_rail")


def _become(db: Session, project: Project, status: ProjectStatus, now: datetime) -> Project:
    if project.status is not status:
        project.status = status
        db.flush()
        _note(db, project, f"project.{status}", now)
    return project


def _note(db: Session, project: Project, kind: str, now: datetime) -> None:
    body = {
        "project": str(project.id), "status": str(project.status), "currency": project.currency,
        "amount": project.amount, "limit": project.limit, "start": project.start_date.isoformat(),
        "end": project.end_date.isoformat(), "interest_rate": str(project.interest_rate),
    }  # fmt: skip
    books.append(
        db, Book.PROJECT, kind=kind, entity_id=project.id,
        event_id=f"{kind}:{project.id}:{now.isoformat()}", body=body, now=now,
    )  # fmt: skip
