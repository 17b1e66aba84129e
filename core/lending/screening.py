"""Before money leaves: whether a name or a phone stands on a list, and what an authority may want to hear about.

A screen is any function of name and phone; the node's own reads a file of names, phones or their SHA-256, one a line.
Who is found is not refused for ever: a person looks, and writes down why she may pass.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select

from config.limits import SUSPICIOUS_DAYS, SUSPICIOUS_TIMES
from core import people
from core.db import Session
from core.errors import Refusal
from core.lending.care import ScreeningHit
from core.lending.models import Loan
from core.payments import Payment, PaymentKind, PaymentState
from core.people import User
from core.refusal_codes import RefusalCode


class Screened(StrEnum):
    """What a screen says."""

    OK = "ok"
    REVIEW = "review"


class Screen(Protocol):
    """Looks a person up; it is asked in a turn, so it must answer at once from what it holds."""

    def __call__(self, name: str, phone: str) -> Screened: ...


NUMBER_DIGITS = 9  # a shorter word of digits is no number to call


def from_file(path: Path | None) -> Screen:
    """The screen of a list: a line is a phone, a name, or the SHA-256 of one in lower case; `#` begins a remark."""
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    listed = frozenset(plain for line in lines if (plain := _listed(line.partition("#")[0])))

    def screen(name: str, phone: str) -> Screened:
        asked = {_plain(name), _plain(phone)}
        asked |= {sha256(one.encode()).hexdigest() for one in asked}
        return Screened.REVIEW if asked & listed else Screened.OK

    return screen


def may_lend(db: Session, *, user_id: uuid.UUID, screen: Screen, now: datetime) -> bool:
    """Whether she may have a loan now; who is found on the list is written down once for a person to look at."""
    hit = _hit(db, user_id)
    if hit is not None:
        return hit.cleared_at is not None
    user = people.get(db, user_id)
    if screen(f"{user.given_name} {user.family_name}", user.phone) is Screened.OK:
        return True
    db.add(ScreeningHit(user_id=user_id, created_at=now))
    db.flush()
    return False


def clear(
    db: Session, *, organisation_id: uuid.UUID, user_id: uuid.UUID, because: str, now: datetime
) -> None:
    """A person has looked, and she may borrow. Refuses user_unknown, not_in_review."""
    people.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    hit = _hit(db, user_id)
    if hit is None or hit.cleared_at is not None:
        raise Refusal(RefusalCode.NOT_IN_REVIEW)
    hit.cleared_at, hit.cleared_because = now, because


def suspicious(
    db: Session, *, organisation_id: uuid.UUID, since: datetime, until: datetime
) -> Iterator[dict[str, Any]]:
    """What happened in a time that an authority may want to hear about: one row each, for a person to judge."""
    for hit, user in db.execute(
        select(ScreeningHit, User)
        .join(User, User.id == ScreeningHit.user_id)
        .where(User.organisation_id == organisation_id)
        .where(ScreeningHit.created_at >= since, ScreeningHit.created_at < until)
        .order_by(ScreeningHit.created_at)
    ):
        yield _row("on_list", hit.created_at, user.phone, detail=hit.cleared_because)
    for payment, loan in db.execute(
        select(Payment, Loan)
        .join(Loan, Loan.id == Payment.loan_id)
        .where(Loan.organisation_id == organisation_id)
        .where(Payment.kind == PaymentKind.REPAYMENT, Payment.state == PaymentState.SETTLED)
        .where(Payment.created_at >= since, Payment.created_at < until)
        .order_by(Payment.created_at)
    ):
        for rule in _rules(payment, loan):
            phone = people.get(db, loan.user_id).phone
            yield _row(rule, payment.created_at, phone, loan=loan.code, amount=payment.money)


def _rules(payment: Payment, loan: Loan) -> Iterator[str]:
    """The names of what is odd about this repayment."""
    soon = timedelta(days=SUSPICIOUS_DAYS)
    if loan.disbursed_on and loan.closed_on and loan.closed_on - loan.disbursed_on <= soon:
        yield "paid_back_at_once"
    if payment.money.minor >= SUSPICIOUS_TIMES * loan.commitment_amount:
        yield "overpaid"


def _row(rule: str, at: datetime, phone: str, **more: object) -> dict[str, Any]:
    return {"rule": rule, "on": at.date(), "phone": phone, **more}


def _hit(db: Session, user_id: uuid.UUID) -> ScreeningHit | None:
    query = select(ScreeningHit).where(ScreeningHit.user_id == user_id)
    return db.scalars(query.order_by(ScreeningHit.created_at.desc()).limit(1)).first()


def _listed(text: str) -> str:
    """A name in small letters, or a number as we write it: 0711000111 on a list is +254711000111."""
    plain = _plain(text)
    digits = plain.replace(" ", "").replace("-", "")
    if digits.removeprefix("+").isdecimal() and len(digits) >= NUMBER_DIGITS:
        try:
            return people.normalise(digits)
        except Refusal:
            return plain
    return plain


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
