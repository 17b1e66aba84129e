"""The ladder of a borrower: whoever repays on time may ask for more next time.

Loans are looked at in the order in which they ended. One repaid on time is a rung up; one repaid late changes nothing;
after one in default she stands one step of the ladder lower; one that was written off brings her back to its foot.
Nothing is ever raised by itself: the ladder only says how much she may ask for.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from core.db import Session
from core.lending.models import Loan, LoanEvent, Project
from core.lending.state import EventKind, LoanStatus
from core.money import Money


class Past(StrEnum):
    """How a loan of hers ended."""

    ON_TIME = "on_time"
    LATE = "late"
    DEFAULTED = "defaulted"  # repaid after all, or by her group
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class Step:
    """After so many loans repaid on time a loan may be so large, in minor units."""

    repaid_on_time: int
    most: int


def allowed(db: Session, project: Project, user_id: uuid.UUID) -> Money:
    """The largest loan of a project that this person may ask for; without a ladder, the project's largest."""
    largest = project.loan_max_amount
    if project.ladder is not None:
        steps = [Step(**step) for step in project.ladder]
        largest = min(largest, most(history(db, project.organisation_id, user_id), steps))
    return Money(project.currency, largest)


def is_above_foot(project: Project, largest: Money) -> bool:
    """Whether a person may ask for more than somebody whom the organisation does not know yet."""
    return project.ladder is not None and largest.minor > Step(**project.ladder[0]).most


def history(db: Session, organisation_id: uuid.UUID, user_id: uuid.UUID) -> list[Past]:
    """How her loans at this organisation ended, the oldest end first; one taken back at once does not count."""
    undone = aliased(LoanEvent)
    taken_back = exists().where(
        undone.loan_id == LoanEvent.loan_id, undone.reverses == LoanEvent.number
    )
    event = select(LoanEvent.id).where(LoanEvent.loan_id == Loan.id, ~taken_back)
    defaulted = exists(event.where(LoanEvent.kind == EventKind.DEFAULTED))
    mine = (Loan.organisation_id == organisation_id, Loan.user_id == user_id)
    query = select(Loan, defaulted).where(*mine, Loan.status.in_(_ENDS))
    found = db.execute(query.order_by(Loan.closed_on, Loan.created_at, Loan.id)).all()
    return [_past(loan, was_late) for loan, was_late in found if not is_withdrawn(loan)]


def is_withdrawn(loan: Loan) -> bool:
    """Whether she gave the loan back within the days in which she may change her mind."""
    days = loan.terms.cooling_off_days
    if not days or loan.disbursed_on is None or loan.closed_on is None:
        return False
    return loan.closed_on <= loan.disbursed_on + timedelta(days=days)


def rungs(past: Iterable[Past], steps: Sequence[Step]) -> int:
    """How many loans repaid on time count for her today."""
    count = 0
    for end in past:
        if end is Past.ON_TIME:
            count += 1
        elif end is Past.DEFAULTED:
            count = _one_step_lower(count, steps)
        elif end is Past.WRITTEN_OFF:
            count = 0
    return count


def most(past: Iterable[Past], steps: Sequence[Step]) -> int:
    """The largest loan she may ask for. The steps rise, and the first is for everybody."""
    count = rungs(past, steps)
    return max(step.most for step in steps if step.repaid_on_time <= count)


_ENDS = (LoanStatus.REPAID, LoanStatus.DEFAULTED, LoanStatus.WRITTEN_OFF)


def _past(loan: Loan, defaulted: bool) -> Past:
    if loan.status is LoanStatus.WRITTEN_OFF:
        return Past.WRITTEN_OFF
    if defaulted:
        return Past.DEFAULTED
    return Past.ON_TIME if loan.on_time else Past.LATE


def _one_step_lower(count: int, steps: Sequence[Step]) -> int:
    reached = [step.repaid_on_time for step in steps if step.repaid_on_time <= count]
    return reached[-2] if len(reached) > 1 else 0
