"""How all her loans went, in one credential of yes and no: made from our own books after every loan, and when she asks.

The figures come from the fold of each loan. A lateness counts from the due date, without days of grace, and stands
still in a pause. Loans that ended more than five years ago are not counted (the law of Kenya).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select

from config.limits import CREDIT_HISTORY_DAYS, CREDIT_SUMMARY_DAYS, CREDIT_SUMMARY_LOANS
from core import clock, credentials, messaging, people, sscr
from core.credentials import CredentialType, Issuer
from core.credentials.answers import over
from core.credentials.catalogue import AMOUNTS
from core.db import Session
from core.errors import Refusal
from core.lending import account, arrears
from core.lending.arrears import Rules
from core.lending.ladder import is_withdrawn
from core.lending.models import Loan
from core.lending.state import Event, EventKind, InstalmentState, LoanState, LoanStatus
from core.messaging import Template
from core.money import CURRENCIES, Money
from core.refusal_codes import RefusalCode
from core.words import words

LATE_MONTHS = 24
_GOOD, _BAD = LoanStatus.REPAID, (LoanStatus.DEFAULTED, LoanStatus.WRITTEN_OFF)


@dataclass(frozen=True, slots=True)
class Past:
    """One loan as the summary sees it: agreed days of grace, the state of today, and what happened."""

    grace_period: int
    state: LoanState
    events: Sequence[Event] = ()


def claims_of(db: Session, user_id: uuid.UUID, now: datetime) -> dict[str, Any] | None:
    """What a summary says as of today; None where she never had a loan."""
    lender = people.organisation(db, people.get(db, user_id).organisation_id)
    today = clock.local_day(now, lender.timezone)
    pasts = _pasts(db, user_id, lender.currency, today)
    return {"lender": lender.name, **summary(pasts, lender.currency, today)} if pasts else None


def refresh(db: Session, *, user_id: uuid.UUID, issuer: Issuer, now: datetime) -> bool:
    """Put a summary as of today into her record, and revoke the older one; False where she never had a loan.

    Refuses no_record.
    """
    claims = claims_of(db, user_id, now)
    if claims is None:
        return False
    expires = now + timedelta(days=CREDIT_SUMMARY_DAYS)
    credential = credentials.mint(
        db, issuer=issuer, type=CredentialType.CREDIT_SUMMARY, claims=claims, owner_id=user_id,
        holder_jwk=sscr.holder_jwk(db, user_id), now=now, expires_at=expires,
    )  # fmt: skip
    sscr.deliver(
        db, owner_id=user_id, credential=credential, type=CredentialType.CREDIT_SUMMARY, issuer=claims["lender"],
        issued_at=now, expires_at=expires, now=now,
    )  # fmt: skip
    return True


def ask(db: Session, *, user_id: uuid.UUID, issuer: Issuer, now: datetime) -> None:
    """She asks for a fresh summary, and gets a text when it is there. Refuses no_record, nothing_to_summarise."""
    if not refresh(db, user_id=user_id, issuer=issuer, now=now):
        raise Refusal(RefusalCode.NOTHING_TO_SUMMARISE)
    user = people.get(db, user_id)
    title = words(user.language).say(credentials.TITLES[CredentialType.CREDIT_SUMMARY])
    messaging.send(
        db, to=user.phone, template=Template.CREDENTIAL_ADDED, language=user.language,
        facts={"title": title}, now=now, user_id=user_id,
    )  # fmt: skip


def summary(pasts: Sequence[Past], currency: str, on: date) -> dict[str, Any]:
    """The claims about some loans of one currency as of a day."""
    states = [past.state for past in pasts]
    repaid = [state for state in states if state.status is _GOOD]
    good, due = _punctuality(pasts, on)
    figures: dict[str, Any] = {
        "currency": currency,
        "loans_count": len(states),
        "loans_repaid": len(repaid),
        "total_borrowed": Money(currency, sum(state.disbursed for state in states)),
        "total_repaid": Money(currency, sum(state.paid for state in states)),
        "open_exposure": Money(currency, sum(_owed(state) for state in states)),
        "worst_dpd_24m": max((_worst(past, on) for past in pasts), default=0),
        "on_time_ratio": _ratio(good, due) if due else None,
    }
    largest = Money(currency, max((state.disbursed for state in repaid), default=0))
    claims = credentials.claims.build(
        CredentialType.CREDIT_SUMMARY, {"lender": "-", **figures}, on=on
    )
    del claims["lender"]
    return claims | {
        "largest_repaid_over": over(_whole(largest), AMOUNTS),
        "no_default_24m": not any(_defaulted(past, on) for past in pasts),
    }


def _pasts(db: Session, user_id: uuid.UUID, currency: str, today: date) -> list[Past]:
    """Her loans that were paid out in this currency, but for those that ended too long ago."""
    query = select(Loan).where(
        Loan.user_id == user_id, Loan.currency == currency, Loan.disbursed_on.is_not(None)
    )
    found = db.scalars(query.order_by(Loan.created_at.desc()).limit(CREDIT_SUMMARY_LOANS))
    first = today - timedelta(days=CREDIT_HISTORY_DAYS)
    return [
        Past(loan.terms.grace_period, account.state(db, loan, max(today, loan.as_of)), account.events(db, loan.id))
        for loan in found
        if (loan.closed_on is None or loan.closed_on >= first) and not is_withdrawn(loan)
    ]  # fmt: skip


def _punctuality(pasts: Iterable[Past], on: date) -> tuple[int, int]:
    """How many instalments that fell due by a day were paid within their days of grace, and how many there were."""
    good = due = 0
    for past in pasts:
        for row in past.state.rows:
            if row.due_on > on and row.paid_on is None:
                continue
            good += _days(row, past.state, on) <= past.grace_period
            due += 1
    return good, due


def _worst(past: Past, on: date) -> int:
    since = on - relativedelta(months=LATE_MONTHS)
    rows = (row for row in past.state.rows if (row.paid_on or on) >= since)
    return max((_days(row, past.state, on) for row in rows), default=0)


def _days(row: InstalmentState, state: LoanState, on: date) -> int:
    """For how many days an instalment was late when it was paid, or is late today."""
    unpaid = replace(row, principal_paid=0, interest_paid=0, fee_paid=0, penalty_paid=0)
    return arrears.arrears([unpaid], state.pauses, row.paid_on or on, Rules()).days


def _defaulted(past: Past, on: date) -> bool:
    since = on - relativedelta(months=LATE_MONTHS)
    taken_back = {event.reverses for event in past.events if event.kind is EventKind.REVERSED}
    defaults = (
        event.on
        for event in past.events
        if event.kind in (EventKind.DEFAULTED, EventKind.WRITTEN_OFF)
        and event.number not in taken_back
    )
    return past.state.status in _BAD or any(day >= since for day in defaults)


def _owed(state: LoanState) -> int:
    return state.outstanding if state.status in (LoanStatus.DISBURSED, LoanStatus.DEFAULTED) else 0


def _ratio(part: int, whole: int) -> Decimal:
    """A share with two decimals, never rounded up: 99.9 percent is not all."""
    return (Decimal(part) / whole).quantize(Decimal("0.01"), ROUND_DOWN)


def _whole(money: Money) -> Decimal:
    return Decimal(money.minor).scaleb(-CURRENCIES[money.currency].exponent)
