"""She cannot pay now: she says so from her phone, somebody decides, and she is told. Asking costs nothing."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from config.limits import HARDSHIP_DAYS, LIST_ROWS
from core.db import Session
from core.errors import Refusal
from core.lending import account
from core.lending.care import HardshipRequest, HardshipState
from core.lending.models import Loan
from core.lending.notices import lender, support, tell
from core.lending.state import LoanStatus
from core.messaging import Template
from core.refusal_codes import RefusalCode

OWED = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


def ask_for_time(db: Session, *, loan_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> HardshipRequest:  # fmt: skip
    """Write down that she cannot pay now; while a request is open, asking again changes nothing.

    Refuses loan_not_open.
    """
    loan = account.lock(db, loan_id)
    if loan.user_id != user_id or loan.status not in OWED:
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)
    if (known := open_request(db, loan.id)) is not None:
        return known
    due_on = account.today(db, loan, now) + timedelta(days=HARDSHIP_DAYS)
    made = HardshipRequest(loan_id=loan.id, state=HardshipState.OPEN, due_on=due_on, created_at=now)
    db.add(made)
    db.flush()
    tell(
        db, loan, Template.HARDSHIP_ASKED, str(made.id), now,
        due=due_on, support=support(db, loan), organisation=lender(db, loan),
    )  # fmt: skip
    return made


def granted(db: Session, loan: Loan, *, until: date, now: datetime) -> None:
    """A pause was given: her request, if there is one, is answered, and she is told in either case."""
    _decide(db, loan, HardshipState.GRANTED, now)
    key = f"{loan.id}:{until.isoformat()}"
    tell(db, loan, Template.HARDSHIP_GRANTED, key, now, until=until)


def decline(db: Session, *, organisation_id: uuid.UUID, loan_id: uuid.UUID, now: datetime) -> Loan:
    """No more time can be given; she is told how to reach a person. Refuses loan_unknown, hardship_not_asked."""
    loan = account.lock_own(db, organisation_id, loan_id)
    decided = _decide(db, loan, HardshipState.DECLINED, now)
    if decided is None:
        raise Refusal(RefusalCode.HARDSHIP_NOT_ASKED, loan=loan.code)
    tell(db, loan, Template.HARDSHIP_DECLINED, str(decided.id), now, support=support(db, loan))
    return loan


def open_request(db: Session, loan_id: uuid.UUID) -> HardshipRequest | None:
    """Her request that waits for an answer."""
    return db.scalar(
        select(HardshipRequest).where(
            HardshipRequest.loan_id == loan_id, HardshipRequest.state == HardshipState.OPEN
        )
    )


def waiting(db: Session, *, organisation_id: uuid.UUID) -> list[dict[str, Any]]:
    """The requests to an organisation that wait, the most urgent first."""
    query = (
        select(HardshipRequest, Loan)
        .join(Loan, Loan.id == HardshipRequest.loan_id)
        .where(Loan.organisation_id == organisation_id, HardshipRequest.state == HardshipState.OPEN)
        .order_by(HardshipRequest.due_on, HardshipRequest.created_at)
    )
    return [
        {
            "loan": loan.code,
            "asked": request.created_at.date(),
            "answer_by": request.due_on,
            "outstanding": loan.money(loan.outstanding),
            "next_due_on": loan.next_due_on,
        }
        for request, loan in db.execute(query.limit(LIST_ROWS))
    ]


def _decide(db: Session, loan: Loan, state: HardshipState, now: datetime) -> HardshipRequest | None:
    found = open_request(db, loan.id)
    if found is not None:
        found.state, found.decided_at = state, now
        db.flush()
    return found
