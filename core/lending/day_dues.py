"""An ordinary due date passes: what the fold would say, from the two rows that it is about, without asking the events.

Ordinary is a loan whose interest stands in its rows: not recalculated, no penalty, nothing but payments since it was
paid out, and no interest paid ahead of its time. Any other loan is refolded. A property test holds both together.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, Table, and_, or_, select
from sqlalchemy.orm import aliased

from core import ledger
from core.db import Session, among, update_many
from core.ledger import Account, Line, credit, debit
from core.lending.models import Instalment, Loan, LoanEvent
from core.lending.state import EventKind, LoanStatus
from core.lending.terms import RepaymentModel
from core.money import Money

_PLAIN = (EventKind.APPROVED, EventKind.DISBURSED, EventKind.REPAID)
_MODELS = (RepaymentModel.FIXED, RepaymentModel.SCHEDULE)
_LOAN = cast(Table, Loan.__table__)


def pass_due_dates(
    db: Session, ids: Sequence[uuid.UUID], day: date, *, at: datetime
) -> list[uuid.UUID]:
    """Bring the ordinary ones among these locked loans to the day, and post it; the others are left."""
    found = [row for row in _find(db, ids, day) if _is_ordinary(row.agreed)]
    if found:
        update_many(db, _LOAN, [_figures(row, day) for row in found])
        _post(db, found, day, at)
    done = {row.id for row in found}
    return [each for each in ids if each not in done]


_STORED = (
    "interest_earned", "interest_billed", "accrual_begins", "accrual_ends", "accrued_at_begin",
    "accrued_at_end", "next_change_on", "as_of",
)  # fmt: skip


def _find(db: Session, ids: Sequence[uuid.UUID], day: date) -> Sequence[Row[Any]]:
    """Loans on their line until the day, with the row that is due (exactly one) and the row that follows it."""
    if not ids:
        return []
    due, follows = aliased(Instalment), aliased(Instalment)
    billed = Loan.interest_billed - due.interest_paid + due.interest
    other = select(LoanEvent.id).where(LoanEvent.loan_id == Loan.id, LoanEvent.kind.not_in(_PLAIN))
    # said of each table, or PostgreSQL reads all rows of the book that are due this day, for every piece again
    named = [among(db, column, ids) for column in (Loan.id, due.loan_id, follows.loan_id)]
    query = select(
        Loan.id, Loan.code, Loan.project_id, Loan.currency, Loan.agreed, Loan.on_time, Loan.next_due_on,
        Loan.interest_earned, Loan.interest_billed, billed.label("billed"),
        follows.due_on.label("ends"), follows.interest.label("interest"),
    )  # fmt: skip
    joined = query.join(due, and_(due.loan_id == Loan.id, due.due_on == day)).join(
        follows, and_(follows.loan_id == Loan.id, follows.number == due.number + 1)
    )
    return db.execute(
        joined.where(
            *named, Loan.status == LoanStatus.DISBURSED, Loan.as_of < day,
            Loan.next_change_on == day, Loan.accrual_ends == day,
            billed == Loan.accrued_at_end,  # so no later row has interest paid
            follows.begins_on == day, follows.due_on > day, due.fee == 0, due.penalty == 0,
            or_(Loan.defaults_on.is_(None), Loan.defaults_on > day), ~other.exists(),
        )
    ).all()  # fmt: skip


def _is_ordinary(agreed: dict[str, Any]) -> bool:
    counted = agreed.get("recalculation") is None and agreed.get("penalty") is None
    return counted and agreed["model"] in _MODELS


def _figures(row: Row[Any], day: date) -> dict[str, Any]:
    """The columns that change: all that fell due is billed and earned, and the next line begins."""
    grace = timedelta(days=row.agreed["grace_period"] + 1)
    late_on = row.next_due_on and row.next_due_on + grace
    if late_on and late_on <= day and row.on_time:
        late_on = day + grace  # its rest is too small to be late; the row due today is not
    still = row.on_time and late_on
    values = (
        row.billed, row.billed, day, row.ends, row.billed, row.billed + row.interest,
        min(row.ends, late_on) if still else row.ends, day,
    )  # fmt: skip
    return {"id": row.id, **dict(zip(_STORED, values, strict=True))}


def _post(db: Session, found: Sequence[Row[Any]], day: date, at: datetime) -> None:
    projects: defaultdict[uuid.UUID, list[Row[Any]]] = defaultdict(list)
    for row in found:
        projects[row.project_id].append(row)
    for project_id, rows in projects.items():
        lines = [line for line in _lines(project_id, rows) if line.money]
        if lines:
            reference = f"{project_id}:{day.isoformat()}:{min(row.code for row in rows)}"
            entry = ledger.post(db, kind="loan.due", reference=reference, lines=lines, now=at)
            assert entry is not None, f"{reference}: posted, but the loans had not changed"


def _lines(project_id: uuid.UUID, rows: Sequence[Row[Any]]) -> Iterator[Line]:
    """What was earned and billed of a project, and a line for each loan that owes it now."""
    currency = rows[0].currency
    earned = Money(currency, sum(row.billed - row.interest_earned for row in rows))
    ahead = [
        row.interest_earned - row.interest_billed for row in rows
    ]  # less than none: paid ahead
    yield credit(
        Account.INTEREST_ACCRUED, Money(currency, sum(max(0, n) for n in ahead)), project_id
    )
    yield debit(
        Account.INTEREST_UNEARNED, Money(currency, sum(max(0, -n) for n in ahead)), project_id
    )
    yield credit(Account.INTEREST_INCOME, earned, project_id)
    for row in rows:
        owed = Money(currency, row.billed - row.interest_billed)
        yield debit(Account.INTEREST_RECEIVABLE, owed, row.id)
