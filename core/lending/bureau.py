"""The credit bureau: who agreed, who was warned, and the rows that may be reported on a day."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, or_, select

from config.limits import (
    BUREAU_AGAIN_DAYS,
    BUREAU_CLOSED_DAYS,
    BUREAU_LEAST,
    BUREAU_NEGATIVE_DAYS,
    BUREAU_NOTICE_DAYS,
    LEDGER_CHUNK_ROWS,
    REASON_CHARACTERS,
)  # fmt: skip
from core import messaging, people
from core.db import Session
from core.errors import Refusal
from core.lending import account
from core.lending.bureau_models import BureauConsent, BureauCorrection, BureauNotice
from core.lending.bureau_rules import Facts, Listing, listed_from, listing, needs_notice
from core.lending.ladder import is_withdrawn
from core.lending.models import Loan
from core.lending.notices import support
from core.lending.portfolio import days_past_due
from core.lending.state import LoanStatus
from core.messaging import Message, Template
from core.money import Money
from core.people import Organisation, User
from core.refusal_codes import RefusalCode

OWED = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


@dataclass(frozen=True, slots=True)
class Report:
    """One line for the bureau: whose loan, what kind of news, how it stands."""

    code: str
    borrower: str
    phone: str
    listing: Listing
    status: LoanStatus
    amount: Money
    outstanding: Money
    days: int
    disbursed_on: date | None
    closed_on: date | None
    noticed_on: date | None
    correction: str


def record_consent(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    user_id: uuid.UUID,
    is_given: bool,
    source: str,
    now: datetime,
) -> BureauConsent:
    """Remember that she agreed that bureaus hear of her loans, or that she no longer does. Refuses user_unknown."""
    people.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    made = BureauConsent(user_id=user_id, is_given=is_given, source=source, at=now)
    db.add(made)
    db.flush()
    return made


def correct(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    loan_id: uuid.UUID,
    reason: str,
    now: datetime,
    by_id: uuid.UUID | None = None,
) -> BureauCorrection:
    """Remember that what was reported was wrong; the bureau hears of it, and bad news needs a new notice.

    Refuses loan_unknown, reason_needed.
    """
    loan = account.lock_own(db, organisation_id, loan_id)
    said = reason.strip()
    if not said or len(said) > REASON_CHARACTERS:
        raise Refusal(RefusalCode.REASON_NEEDED, characters_at_most=REASON_CHARACTERS)
    on = account.today(db, loan, now)
    made = BureauCorrection(loan_id=loan.id, on=on, reason=said, by_id=by_id)
    db.add(made)
    db.flush()
    return made


def give_notices(db: Session, *, zone: str, today: date, now: datetime, limit: int) -> int:
    """Tell a few more of those whom a negative listing may meet, thirty days before; how many were told."""
    late = days_past_due(today) > BUREAU_NEGATIVE_DAYS - BUREAU_NOTICE_DAYS
    there = select(Organisation.id).where(Organisation.timezone == zone)
    query = select(Loan, *_columns(today)).where(
        Loan.status.in_(OWED), Loan.organisation_id.in_(there), late, _consented(),
        Loan.principal_outstanding >= case(BUREAU_LEAST, value=Loan.currency, else_=0),
        func.coalesce(_noticed(), date.min) <= func.coalesce(_corrected(), date.min),
        func.coalesce(_tried(), date.min) <= today - timedelta(days=BUREAU_AGAIN_DAYS),
        func.coalesce(_corrected(), date.min) < today,
    )  # fmt: skip
    locked = query.order_by(Loan.id).limit(limit).with_for_update(of=Loan, skip_locked=True)
    told = 0
    for loan, *values in db.execute(locked):
        if needs_notice(_facts(loan, values)):
            told += _notify(db, loan, today, now)
    return told


def reports(db: Session, *, organisation_id: uuid.UUID, on: date) -> Iterator[Report]:
    """What may be reported on a day, not before the figures of the loans; loan after loan by code."""
    last = ""
    while rows := db.execute(_page(organisation_id, on, last)).all():
        for loan, user, *values in rows:
            facts = _facts(loan, values)
            if not is_withdrawn(loan) and (kind := listing(facts, on)) is not None:
                yield _report(db, loan, user, facts, kind)
        last = rows[-1][0].code


def _page(organisation_id: uuid.UUID, on: date, last: str) -> Select[Any]:
    closed = on - timedelta(days=BUREAU_CLOSED_DAYS)
    query = select(Loan, User, *_columns(on)).join(User, User.id == Loan.user_id)
    return (
        query.where(
            Loan.organisation_id == organisation_id, Loan.code > last,
            or_(Loan.status.in_((*OWED, LoanStatus.WRITTEN_OFF)), Loan.closed_on > closed),
        )
        .order_by(Loan.code)
        .limit(LEDGER_CHUNK_ROWS)
    )  # fmt: skip


def _columns(on: date) -> tuple[Any, ...]:
    return days_past_due(on), _consented(), _noticed(), _noticed(Message.sent_at), _corrected()


def _consented() -> Any:
    newest = select(BureauConsent.is_given).where(BureauConsent.user_id == Loan.user_id)
    newest = newest.order_by(BureauConsent.at.desc(), BureauConsent.created_at.desc()).limit(1)
    return func.coalesce(newest.correlate(Loan).scalar_subquery(), False)


def _noticed(what: Any = BureauNotice.on) -> Any:
    """The last notice given for the arrears she is in now: one that never left, e.g. to a silent number, is none."""
    same = or_(BureauNotice.overdue_from == Loan.overdue_from, Loan.overdue_from.is_(None))
    query = _notices(func.max(what)).where(same, Message.sent_at.is_not(None))
    return query.correlate(Loan).scalar_subquery()


def _tried() -> Any:
    """The last notice that has not left."""
    query = _notices(func.max(BureauNotice.on)).where(Message.sent_at.is_(None))
    return query.correlate(Loan).scalar_subquery()


def _notices(what: Any) -> Select[Any]:
    joined = (
        select(what).select_from(BureauNotice).join(Message, Message.id == BureauNotice.message_id)
    )
    return joined.where(BureauNotice.loan_id == Loan.id)


def _corrected() -> Any:
    query = select(func.max(BureauCorrection.on)).where(BureauCorrection.loan_id == Loan.id)
    return query.correlate(Loan).scalar_subquery()


def _facts(loan: Loan, values: list[Any]) -> Facts:
    days, consented, written_on, sent_at, corrected_on = values
    noticed_on = max(written_on, sent_at.date()) if written_on else None
    owed = loan.principal_outstanding or loan.principal_written_off
    return Facts(
        loan.status, loan.currency, loan.disbursed, owed, days, loan.overdue_from, loan.closed_on,
        bool(consented), noticed_on, corrected_on,
    )  # fmt: skip


def _notify(db: Session, loan: Loan, today: date, now: datetime) -> int:
    user = db.get_one(User, loan.user_id)
    message = messaging.send(
        db, to=user.phone, template=Template.BUREAU_NOTICE, language=user.language, now=now,
        user_id=user.id, event_key=f"{Template.BUREAU_NOTICE}:{loan.id}:{today.isoformat()}",
        facts={"code": loan.code, "day": listed_from(today), "support": support(db, loan)},
    )  # fmt: skip
    if message is None:
        return 0
    assert loan.overdue_from is not None, loan.id
    db.add(
        BureauNotice(
            loan_id=loan.id, message_id=message.id, on=today, listed_from=listed_from(today),
            overdue_from=loan.overdue_from,
        )
    )  # fmt: skip
    db.flush()
    return 1


def _report(db: Session, loan: Loan, user: User, facts: Facts, kind: Listing) -> Report:
    reason = select(BureauCorrection.reason).where(
        BureauCorrection.loan_id == loan.id, BureauCorrection.on == facts.corrected_on
    )
    said = db.scalar(reason.limit(1)) if kind is Listing.CORRECTION else ""
    return Report(
        loan.code, f"{user.given_name} {user.family_name}", user.phone, kind, loan.status,
        loan.money(loan.disbursed), loan.money(facts.outstanding), facts.days,
        loan.disbursed_on, loan.closed_on, facts.noticed_on, said or "",
    )  # fmt: skip
