"""The year of an organisation for its regulator: loans, sums, prices, defaults and complaints, by project.

Counts and sums of stored figures alone, and nothing in it names a person.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Executable, Select, and_, case, func, select

from core import people
from core.db import Session
from core.lending.care import Complaint
from core.lending.models import Loan, LoanEvent, Project
from core.lending.offers import make_quote
from core.lending.state import EventKind, LoanStatus
from core.money import Money

OPEN = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


def annual_return(
    db: Session, *, organisation_id: uuid.UUID, year: int
) -> Iterator[dict[str, Any]]:
    """A row for each project: what was lent in the year and became of it, and its price. Then one of complaints."""
    projects = select(Project).where(Project.organisation_id == organisation_id)
    for project in db.scalars(projects.order_by(Project.created_at, Project.id)):
        found = db.execute(_loans(project.id, year)).one()._asdict()
        yield {
            "project": project.name,
            "approved_under": project.approval_reference,
            "currency": project.currency,
            **{name: _shown(project.currency, name, value) for name, value in found.items()},
            "defaults": db.scalar(_events(project.id, EventKind.DEFAULTED, year)),
            "hardship_pauses": db.scalar(_events(project.id, EventKind.ARREARS_PAUSED, year)),
            "interest_rate": project.interest_rate,
            "fee_percent": project.disbursement_fee,
            "apr_largest_loan": _apr(project, date(year, 1, 1)),
        }
    yield {
        "project": "all",
        "complaints": db.scalar(_complaints(db, organisation_id, year)),
    }


def _loans(project_id: uuid.UUID, year: int) -> Executable:
    began = and_(Loan.disbursed_on >= date(year, 1, 1), Loan.disbursed_on < date(year + 1, 1, 1))
    ended = and_(Loan.closed_on >= date(year, 1, 1), Loan.closed_on < date(year + 1, 1, 1))
    return select(
        func.count(func.distinct(case((began, Loan.user_id)))).label("borrowers"),
        _count(began).label("loans"),
        _sum(began, Loan.disbursed).label("lent"),
        _count(and_(ended, Loan.status == LoanStatus.REPAID)).label("repaid_loans"),
        _count(and_(ended, Loan.status == LoanStatus.WRITTEN_OFF)).label("written_off_loans"),
        _count(Loan.status.in_(OPEN)).label("open_loans_now"),
        _sum(Loan.status.in_(OPEN), Loan.principal_outstanding).label("principal_now"),
        _sum(began, Loan.interest_amount).label("interest_agreed"),
        _sum(began, Loan.interest_paid).label("interest_paid"),
    ).where(Loan.project_id == project_id)


SUMS = frozenset({"lent", "principal_now", "interest_agreed", "interest_paid"})


def _count(wanted: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((wanted, 1), else_=0)), 0)


def _sum(wanted: ColumnElement[bool], column: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((wanted, column), else_=0)), 0)


def _events(project_id: uuid.UUID, kind: EventKind, year: int) -> Select[int]:
    """How often this happened to loans of the project in the year."""
    return (
        select(func.count())
        .select_from(LoanEvent)
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .where(Loan.project_id == project_id, LoanEvent.kind == kind)
        .where(LoanEvent.on >= date(year, 1, 1), LoanEvent.on < date(year + 1, 1, 1))
    )


def _complaints(db: Session, organisation_id: uuid.UUID, year: int) -> Select[int]:
    zone = ZoneInfo(people.organisation(db, organisation_id).timezone)
    return select(func.count()).where(
        Complaint.organisation_id == organisation_id,
        Complaint.created_at >= datetime(year, 1, 1, tzinfo=zone),
        Complaint.created_at < datetime(year + 1, 1, 1, tzinfo=zone),
    )


def _apr(project: Project, on: date) -> Decimal | None:
    """The yearly cost of the largest loan for the longest time, by the method of the EU."""
    largest = Money(project.currency, project.loan_max_amount)
    return make_quote(project.terms(largest, max(project.loan_durations)), on).apr


def _shown(currency: str, name: str, value: Any) -> Any:
    return Money(currency, int(value)).plain if name in SUMS else int(value)
