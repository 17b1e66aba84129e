"""The ends of a loan that a person decides, and taking back what a person did by mistake."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from sqlalchemy import select

from core import clock, people
from core.db import Session
from core.errors import Refusal
from core.lending import projects
from core.lending.disbursing import check_none_under_way
from core.lending.models import Loan, LoanEvent
from core.lending.servicing_change import Change, Order, change, is_known, locked, told
from core.lending.state import EventKind, LoanStatus
from core.messaging import Template
from core.refusal_codes import RefusalCode

# what the staff did, and may take back when it was a mistake
BY_STAFF = frozenset(
    {
        EventKind.FEE_CHARGED, EventKind.PENALTY_CHARGED, EventKind.WAIVED, EventKind.RESCHEDULED,
        EventKind.INTEREST_PAUSED, EventKind.ARREARS_PAUSED, EventKind.RATE_CHANGED, EventKind.WRITTEN_OFF,
        EventKind.CLOSED, EventKind.REST_CANCELLED,
    }
)  # fmt: skip
# what was given to her and told to her: it stands, but for a mistake seen on the same day
GIVEN = frozenset(
    {
        EventKind.WAIVED, EventKind.RESCHEDULED, EventKind.INTEREST_PAUSED, EventKind.ARREARS_PAUSED,
        EventKind.RATE_CHANGED, EventKind.CLOSED,
    }
)  # fmt: skip


def write_off(db: Session, **order: Unpack[Order]) -> Change:
    """Give up hope, not the claim: the loan leaves the books, money that still comes is a recovery.

    Refuses loan_not_in_default, payout_under_way and what `change` refuses. The project's provision bears it first.
    """
    theirs = people.own(
        db.get(Loan, order["loan_id"]), order["organisation_id"], RefusalCode.LOAN_UNKNOWN
    )
    projects.lock(db, theirs.project_id)  # its loans share one provision
    loan = locked(db, order)
    if loan.status is not LoanStatus.DEFAULTED and not is_known(db, order):
        raise Refusal(RefusalCode.LOAN_NOT_IN_DEFAULT, status=loan.status)
    check_none_under_way(db, loan)
    return told(db, change(db, order, EventKind.WRITTEN_OFF), Template.WRITTEN_OFF, order)


def close_residue(db: Session, **order: Unpack[Order]) -> Change:
    """Let a rest go that is too small to ask for, and close the loan. Refuses residue_too_large(most)."""
    return change(db, order, EventKind.CLOSED)


def reverse(db: Session, *, number: int, **order: Unpack[Order]) -> Change:
    """Take back what the staff did by mistake, as if it had not been; payments are taken back by their provider alone.

    Refuses event_unknown, event_not_reversible, and given_to_her: what made the loan easier stands after its day.
    """
    loan = locked(db, order)
    if not is_known(db, order):
        _check_reversible(db, loan, number, order["now"])
    done = change(db, order, EventKind.REVERSED, reverses=number)
    return told(db, done, Template.CORRECTED, order, outstanding=done.outstanding)


def _check_reversible(db: Session, loan: Loan, number: int, now: datetime) -> None:
    mine = LoanEvent.loan_id == loan.id
    found = db.scalar(select(LoanEvent).where(mine, LoanEvent.number == number))
    undone = select(LoanEvent.id).where(mine, LoanEvent.reverses == number)
    if found is None or db.scalar(undone) is not None:
        raise Refusal(RefusalCode.EVENT_UNKNOWN, number=number)
    if found.kind not in BY_STAFF:
        raise Refusal(RefusalCode.EVENT_NOT_REVERSIBLE, kind=found.kind)
    zone = people.organisation(db, loan.organisation_id).timezone
    is_today = clock.local_day(found.created_at, zone) == clock.local_day(now, zone)
    if found.kind in GIVEN and not is_today:
        raise Refusal(RefusalCode.GIVEN_TO_HER, kind=found.kind)
