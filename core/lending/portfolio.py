"""The portfolio at risk and its ageing, from the stored figures of loans; right on any day from that of the figures on.

One query counts loans and principal by project and by class of days past due; every report is a sum over those classes.
A day before the figures is answered by refolding the loans as of that day: exact too, and as slow as it sounds.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, case, func, literal, or_, select

from config.limits import ARREARS_BUCKETS, LEDGER_CHUNK_ROWS, PAR_DAYS
from core.db import Session
from core.lending.arrears import bucket
from core.lending.day_changes import states_of
from core.lending.day_sql import DaysBetween, Larger, Smaller
from core.lending.models import Instalment, Loan, Project
from core.lending.state import LoanStatus
from core.money import Money
from core.people import User

OWED = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)
CLASSES = tuple(
    sorted({0, *PAR_DAYS.values(), *ARREARS_BUCKETS})
)  # days up to each of these; then more


@dataclass(slots=True)
class Part:
    """So many loans, and the principal still out with them in minor units."""

    loans: int = 0
    principal: int = 0

    def add(self, loans: int, principal: int) -> None:
        self.loans += loans
        self.principal += principal


@dataclass(slots=True)
class Portfolio:
    """What one project has out, by class: the index into CLASSES of the days past due."""

    project: str
    currency: str
    classes: defaultdict[int, Part] = field(default_factory=lambda: defaultdict(Part))
    restructured: Part = field(
        default_factory=Part
    )  # put on new rows: of these, whatever their days

    @property
    def gross(self) -> Part:
        """All of it."""
        return _sum(self.classes.values())

    def late(self, days: int) -> Part:
        """The loans at risk that PAR of these days counts: 1 means late at all, 30 more than 30 days past due."""
        first = CLASSES.index(PAR_DAYS[days]) + 1
        return _sum(part for number, part in self.classes.items() if number >= first)

    def par(self, days: int) -> Decimal:
        """Portfolio at risk: percent of the gross principal that is with loans so late, two decimals."""
        if not self.gross.principal:
            return Decimal("0.00")
        share = Decimal(self.late(days).principal) * 100 / self.gross.principal
        return share.quantize(Decimal("0.01"))

    def buckets(self) -> dict[str, Part]:
        """The same by ageing bucket."""
        found: defaultdict[str, Part] = defaultdict(Part)
        for number, part in sorted(self.classes.items()):
            days = CLASSES[number] if number < len(CLASSES) else CLASSES[-1] + 1
            found[bucket(days)].add(part.loans, part.principal)
        return found


@dataclass(frozen=True, slots=True)
class LateLoan:
    """A loan in arrears, for who has to call: `overdue` is what should have been paid before the day."""

    code: str
    project: str
    borrower: str
    phone: str
    days: int
    bucket: str
    overdue: Money
    principal: Money
    status: LoanStatus


def days_past_due(on: date) -> ColumnElement[int]:
    """Days past due of a loan on a day not before its figures: `arrears.Clock.days` in SQL."""
    day = literal(on, Date())
    paused = Smaller(
        DaysBetween(Loan.paused_from, day), DaysBetween(Loan.paused_from, Loan.paused_until)
    )
    still = case((Loan.paused_from.is_(None), 0), else_=Larger(paused + 1, 0))
    counted = Larger(DaysBetween(Loan.overdue_from, day) - still, 0)
    return case((Loan.overdue_from.is_(None), 0), else_=counted)


def portfolios(
    db: Session, *, organisation_id: uuid.UUID, on: date, project_id: uuid.UUID | None = None
) -> list[Portfolio]:
    """What each project of an organisation has out at the end of a day, by days past due."""
    wanted = [Loan.organisation_id == organisation_id]
    if project_id is not None:
        wanted.append(Loan.project_id == project_id)
    found: dict[tuple[uuid.UUID, str], Portfolio] = {}
    names = {id: name for id, name in db.execute(select(Project.id, Project.name))}  # noqa: C416, a Row is no pair
    for key, counted in (*_stored(db, wanted, on), *_past(db, wanted, on)):
        made = found.setdefault(key, Portfolio(names[key[0]], key[1]))
        made.classes[counted.number].add(counted.loans, counted.principal)
        if counted.is_restructured:
            made.restructured.add(counted.loans, counted.principal)
    return sorted(found.values(), key=lambda each: (each.project, each.currency))


def late_loans(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    on: date,
    skip: int,
    limit: int | None,
    project_id: uuid.UUID | None = None,
) -> list[LateLoan]:
    """The loans in arrears on a day not before their figures, the latest first."""
    days = days_past_due(on).label("days")
    wanted = [Loan.organisation_id == organisation_id, Loan.status.in_(OWED), days > 0]
    if project_id is not None:
        wanted.append(Loan.project_id == project_id)
    query = select(Loan, Project.name, User, days, _overdue(on)).join(
        Project, Project.id == Loan.project_id
    )
    found = db.execute(
        query.join(User, User.id == Loan.user_id)
        .where(*wanted).order_by(days.desc(), Loan.code).offset(skip).limit(limit)
    )  # fmt: skip
    return [
        LateLoan(
            loan.code, project, f"{user.given_name} {user.family_name}", user.phone, late, bucket(late),
            loan.money(int(overdue)), loan.money(loan.principal_outstanding), loan.status,
        )
        for loan, project, user, late, overdue in found
    ]  # fmt: skip


def _overdue(on: date) -> ColumnElement[int]:
    """What a loan should have paid before the day, from its instalments."""
    one = Instalment
    owed = one.principal + one.interest + one.fee + one.penalty
    paid = one.principal_paid + one.interest_paid + one.fee_paid + one.penalty_paid
    query = select(func.coalesce(func.sum(owed - paid), 0))
    return query.where(one.loan_id == Loan.id, one.due_on < on).correlate(Loan).scalar_subquery()


class _Counted(NamedTuple):
    """So many loans of one class."""

    number: int
    is_restructured: bool
    loans: int
    principal: int


_Found = Iterator[tuple[tuple[uuid.UUID, str], _Counted]]


def _stored(db: Session, wanted: list[ColumnElement[bool]], on: date) -> _Found:
    """Projects and classes by the stored figures, in one query."""
    days = days_past_due(on)
    number = case(
        *((days <= most, index) for index, most in enumerate(CLASSES)), else_=len(CLASSES)
    )
    moved = Loan.restructured_on.is_not(None).label("moved")
    keys = (Loan.project_id, Loan.currency, number.label("class"), moved)
    query = select(*keys, func.count(), func.sum(Loan.principal_outstanding))
    current = (*wanted, Loan.status.in_(OWED), Loan.as_of <= on)
    for project, currency, index, is_moved, loans, principal in db.execute(
        query.where(*current).group_by(*keys)
    ):
        yield (project, currency), _Counted(index, bool(is_moved), loans, int(principal))


def _past(db: Session, wanted: list[ColumnElement[bool]], on: date) -> _Found:
    """Loan by loan, those whose figures are of a later day."""
    lived = (
        Loan.as_of > on, Loan.disbursed_on <= on, or_(Loan.closed_on.is_(None), Loan.closed_on > on)
    )  # fmt: skip
    last = uuid.UUID(int=0)
    while True:
        query = select(Loan).where(*wanted, *lived, Loan.id > last).order_by(Loan.id)
        loans = list(db.scalars(query.limit(LEDGER_CHUNK_ROWS)))
        if not loans:
            return
        for loan, state in zip(loans, states_of(db, loans, lambda _: on).values(), strict=True):
            if state.status in OWED:
                key = (loan.project_id, loan.currency)
                moved = state.restructured_on is not None
                yield key, _Counted(_class(state.days_late), moved, 1, state.principal_outstanding)
        last = loans[-1].id
        db.expunge_all()


def _class(days: int) -> int:
    return next((index for index, most in enumerate(CLASSES) if days <= most), len(CLASSES))


def _sum(parts: Iterable[Part]) -> Part:
    total = Part()
    for part in parts:
        total.add(part.loans, part.principal)
    return total
