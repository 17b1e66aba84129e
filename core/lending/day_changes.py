"""The loans of a piece for which the day is more than a step on a line: refolded together, one query for each thing.

One journal entry a project holds what changed, with the lines of each loan: interest that fell due, fees, penalties.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select

from core import ledger
from core.books import Book
from core.db import Session, among, update_many
from core.ledger import Account, Line
from core.lending import account, movements
from core.lending.models import Instalment, Loan
from core.lending.notices import support, tell
from core.lending.state import EventKind, InstalmentState, LoanState, LoanStatus, fold
from core.messaging import Template
from core.money import Money


def apply(db: Session, ids: Sequence[uuid.UUID], day: date, *, at: datetime, now: datetime) -> None:
    """Bring these locked loans to the day; those that are too long late are in default from then on."""
    if not ids:
        return
    query = select(Loan).where(Loan.id.in_(ids)).order_by(Loan.id)
    loans = list(db.scalars(query.execution_options(populate_existing=True)))
    states = states_of(db, loans, lambda loan: max(day, loan.as_of))
    _post(db, loans, states, day, at)
    _store(db, loans, states)
    for loan in loans:
        if _is_default(loan, states[loan.id]):
            _default(db, loan, states[loan.id], at, now)


def states_of(
    db: Session, loans: Sequence[Loan], day: Callable[[Loan], date]
) -> dict[uuid.UUID, LoanState]:
    """Every loan at the end of a day of its own, refolded from events that are read in one query."""
    events = account.events_of(db, [loan.id for loan in loans])
    return {loan.id: fold(loan.terms, events[loan.id], day(loan)) for loan in loans}


def _post(
    db: Session,
    loans: Iterable[Loan],
    states: Mapping[uuid.UUID, LoanState],
    day: date,
    at: datetime,
) -> None:
    """One entry for each project; a loan is brought to a day once, so its code makes the reference unique."""
    projects: defaultdict[uuid.UUID, list[Loan]] = defaultdict(list)
    for loan in loans:
        projects[loan.project_id].append(loan)
    for project_id, mine in projects.items():
        lines = _together(
            line for loan in mine for line in movements.difference(loan, states[loan.id])
        )
        if lines:
            reference = f"{project_id}:{day.isoformat()}:{min(loan.code for loan in mine)}"
            entry = ledger.post(db, kind="loan.due", reference=reference, lines=lines, now=at)
            assert entry is not None, f"{reference}: posted, but the loans had not changed"


def _together(lines: Iterable[Line]) -> list[Line]:
    """Lines of the same account and subject as one; those of nothing left out."""
    sums: defaultdict[tuple[Account, uuid.UUID | None, str], int] = defaultdict(int)
    for line in lines:
        sums[line.account, line.subject_id, line.money.currency] += line.money.minor
    return [
        Line(account, Money(currency, amount), subject)
        for (account, subject, currency), amount in sums.items()
        if amount
    ]


def _store(db: Session, loans: Sequence[Loan], states: Mapping[uuid.UUID, LoanState]) -> None:
    stored = _stored_rows(db, [loan.id for loan in loans])
    for loan in loans:
        account.show(loan, states[loan.id])
    db.flush()
    gone: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for loan in loans:
        before = {row.number: row for row in stored[loan.id]}
        after = {row.number: row for row in states[loan.id].rows}
        gone += [{"loan": loan.id, "row": number} for number in before.keys() - after.keys()]
        for number, row in after.items():
            if row != before.get(number):
                (changed if number in before else new).append(Instalment.values(loan.id, row))
    if gone:
        db.connection().execute(_DELETE, gone)
    if changed:
        update_many(db, _ROWS, changed)
    if new:
        db.execute(insert(Instalment), new)


_ROWS = cast(Table, Instalment.__table__)
_DELETE = delete(_ROWS).where(
    _ROWS.c.loan_id == bindparam("loan"), _ROWS.c.number == bindparam("row")
)


def _stored_rows(
    db: Session, ids: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, list[InstalmentState]]:
    names = InstalmentState.__slots__
    query = select(Instalment.loan_id, *(getattr(Instalment, name) for name in names))
    found: defaultdict[uuid.UUID, list[InstalmentState]] = defaultdict(list)
    for loan_id, *values in db.execute(
        query.where(among(db, Instalment.loan_id, ids)).order_by(
            Instalment.loan_id, Instalment.number
        )
    ):
        found[loan_id].append(InstalmentState(*values))
    return found


def _is_default(loan: Loan, state: LoanState) -> bool:
    terms = loan.terms
    late = state.days_late > terms.default_after_days
    return late and state.status is LoanStatus.DISBURSED


def _default(db: Session, loan: Loan, state: LoanState, at: datetime, now: datetime) -> None:
    """The time agreed is over. What this stops (penalties, interest) is in the refold."""
    account.record(db, loan, EventKind.DEFAULTED, state.on)
    key = f"{loan.id}:{loan.events}"
    account.book(db, loan, kind="loan.default", reference=key, on=state.on, now=at)
    account.note(
        db, Book.LOAN, loan, "loan.defaulted", key, now, status=loan.status,
        outstanding=state.outstanding, days_late=state.days_late,
    )  # fmt: skip
    tell(
        db, loan, Template.DEFAULTED, key, now,
        outstanding=loan.money(state.outstanding), support=support(db, loan),
    )  # fmt: skip
