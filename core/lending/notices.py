"""The texts a loan sends to its borrower, in her language; each event is told once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core import messaging, people
from core.db import Session
from core.lending.models import Loan
from core.messaging import Template
from core.words import mark, words

REASONS = {
    "cancelled": mark("you declined it"),
    "timeout": mark("no answer in time"),
    "insufficient_funds": mark("not enough money in your M-PESA"),
    "rule_limited": mark("M-PESA takes the same amount only once in 2 minutes"),
    "wrong_pin": mark("wrong M-PESA PIN"),
}
OTHER_REASON = mark("M-PESA did not accept it")


def tell(
    db: Session, loan: Loan, template: Template, event_key: str, now: datetime, **facts: Any
) -> bool:
    """Text the borrower about her loan; False if this was told before or she wants no reminders."""
    user = people.get(db, loan.user_id)
    written = messaging.send(
        db, to=user.phone, template=template, language=user.language, facts={"code": loan.code, **facts},
        now=now, user_id=user.id, event_key=f"{template}:{event_key}",
    )  # fmt: skip
    return written is not None


def reason(db: Session, loan: Loan, failure: str | None) -> str:
    """Why a payment did not go through, in her words."""
    language = people.get(db, loan.user_id).language
    return words(language).say(REASONS.get(failure or "", OTHER_REASON))


def support(db: Session, loan: Loan) -> str:
    """The number that helps with this loan."""
    return people.organisation(db, loan.organisation_id).support_phone


def lender(db: Session, loan: Loan) -> str:
    """Who lends to her."""
    return people.organisation(db, loan.organisation_id).name


def paybill(db: Session) -> str:
    """Where one pays in by herself; the node puts it into every session."""
    return str(db.info.get("paybill", ""))
