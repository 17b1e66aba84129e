"""The money behind a project: put in before it lends, paid back by bank after it has closed.

There is no rail for investors yet: the originator moves the money at its bank and registers it here.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from config.limits import BANK_REFERENCE_CHARACTERS, LOAN_RATE_MOST, PROJECT_MOST
from core import books, clock, ledger, people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, Line, credit, debit
from core.lending import projects
from core.lending.funding_models import Funding, FundingClass
from core.lending.models import Project, ProjectStatus
from core.money import Money, round_to
from core.refusal_codes import RefusalCode

CAPITAL = {
    FundingClass.SENIOR: Account.INVESTOR_FUNDS,
    FundingClass.JUNIOR: Account.FIRST_LOSS,
}
OWED = {  # in the order in which a transfer pays them
    FundingClass.SENIOR: (Account.INVESTOR_YIELD_PAYABLE, Account.INVESTOR_FUNDS),
    FundingClass.JUNIOR: (Account.FIRST_LOSS,),
}
INTO = {"bank": Account.CASH_BANK, "mpesa": Account.CASH_MPESA}


def fund(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    project_id: uuid.UUID,
    funding_class: FundingClass,
    amount: Money,
    reference: str,
    now: datetime,
    rate: Decimal = Decimal(0),
    source: int | None = None,
    into: str = "bank",
) -> Funding:
    """Register money that came in for a project; the same reference again is the same money.

    `source` is the line of the project's funding it belongs to, from 1; its rate is that line's. Refuses
    project_closed, funding_amount, funding_rate, funding_reference, funding_source and funding_above_source(most).
    """
    project = projects.lock_own(db, organisation_id, project_id)
    if (known := _known(db, project_id, reference)) is not None:
        return _the_same(known, funding_class, amount)
    if project.status is ProjectStatus.CLOSED:
        raise Refusal(RefusalCode.PROJECT_CLOSED)
    _check(project, funding_class, amount, reference, rate)
    source = _source(db, project, funding_class, amount, source)
    if source is not None:
        rate = Decimal(_lines(project)[source - 1]["interest_rate"])
    made = Funding(
        id=uuid.uuid4(), project_id=project_id, funding_class=funding_class, source=source, amount=amount.minor,
        interest_rate=rate, on=_today(db, project, now), reference=reference, created_at=now,
    )  # fmt: skip
    db.add(made)
    db.flush()
    lines = [debit(INTO[into], amount), credit(CAPITAL[funding_class], amount, project_id)]
    _book(db, project, "funding.received", made, lines, now)
    return made


def pay_back(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    project_id: uuid.UUID,
    funding_class: FundingClass,
    amount: Money,
    reference: str,
    now: datetime,
) -> Money:
    """Register a bank transfer to those who funded a closed project, yield first; what they are still owed after it.

    The same reference again is the same transfer. Refuses project_not_closed, funding_reference and
    transfer_above_owed(most).
    """
    project = projects.lock_own(db, organisation_id, project_id)
    if project.status is not ProjectStatus.CLOSED:
        raise Refusal(RefusalCode.PROJECT_NOT_CLOSED)
    _check(project, funding_class, amount, reference, Decimal(0))
    key = f"{project.id}:{reference}"
    if ledger.find(db, kind="funding.repaid", reference=key) is None:
        most = owed(db, project, funding_class)
        if most < amount:
            raise Refusal(RefusalCode.TRANSFER_ABOVE_OWED, most=most)
        lines = [*_from_owed(db, project, funding_class, amount), credit(INTO["bank"], amount)]
        ledger.post(db, kind="funding.repaid", reference=key, lines=lines, now=now)
        _note(db, "funding.repaid", key, _body(project, amount, funding_class), now)
    return owed(db, project, funding_class)


def owed(db: Session, project: Project, funding_class: FundingClass) -> Money:
    """What the books owe this class for a project, yield that has been posted included."""
    held = [balance(db, project, account) for account in OWED[funding_class]]
    return sum(held[1:], held[0])


def balance(db: Session, project: Project, account: Account) -> Money:
    """What a project owes on an account of what it owes; never below zero."""
    found = -ledger.balance(db, account, project.currency, project.id)
    return max(found, Money(project.currency, 0))


def yield_due(db: Session, project: Project, on: date) -> Money:
    """What senior funds have earned by a day: amount x rate x days / 365 each, half to even."""
    query = select(Funding).where(Funding.project_id == project.id)
    earned = sum(
        round_to(found.amount * found.interest_rate * (on - found.on).days / 36_500)
        for found in db.scalars(query)
    )
    return Money(project.currency, earned)


def _from_owed(
    db: Session, project: Project, funding_class: FundingClass, amount: Money
) -> list[Line]:
    lines, left = [], amount
    for account in OWED[funding_class]:
        part = min(left, balance(db, project, account))
        lines.append(debit(account, part, project.id))
        left -= part
    return lines


def _check(
    project: Project, funding_class: FundingClass, amount: Money, reference: str, rate: Decimal
) -> None:
    if amount.currency != project.currency or not 0 < amount.minor <= PROJECT_MOST:
        raise Refusal(RefusalCode.FUNDING_AMOUNT)
    if not 1 <= len(reference.strip()) <= BANK_REFERENCE_CHARACTERS:
        raise Refusal(RefusalCode.FUNDING_REFERENCE, characters_at_most=BANK_REFERENCE_CHARACTERS)
    if not 0 <= rate <= LOAN_RATE_MOST or (rate and funding_class is FundingClass.JUNIOR):
        raise Refusal(RefusalCode.FUNDING_RATE)


def _source(
    db: Session, project: Project, funding_class: FundingClass, amount: Money, source: int | None
) -> int | None:
    """The line this money belongs to: the only one of its class, or the one that was named."""
    lines = _lines(project)
    mine = [k for k, line in enumerate(lines, start=1) if line["class"] == funding_class]
    if not lines and source is None:
        return None
    if source is None and len(mine) == 1:
        source = mine[0]
    if source is None or source not in mine:
        raise Refusal(RefusalCode.FUNDING_SOURCE, choices=", ".join(map(str, mine)))
    query = select(func.coalesce(func.sum(Funding.amount), 0)).where(
        Funding.project_id == project.id, Funding.source == source
    )
    left = lines[source - 1]["amount"] - int(db.scalar(query) or 0)
    if amount.minor > left:
        raise Refusal(RefusalCode.FUNDING_ABOVE_SOURCE, most=Money(project.currency, left))
    return source


def _lines(project: Project) -> list[dict[str, Any]]:
    return project.funding or []


def _known(db: Session, project_id: uuid.UUID, reference: str) -> Funding | None:
    query = select(Funding).where(Funding.project_id == project_id, Funding.reference == reference)
    return db.scalar(query)


def _the_same(known: Funding, funding_class: FundingClass, amount: Money) -> Funding:
    if (known.funding_class, known.amount) != (funding_class, amount.minor):
        raise Refusal(RefusalCode.FUNDING_REFERENCE_TAKEN, reference=known.reference)
    return known


def _today(db: Session, project: Project, now: datetime) -> date:
    return clock.local_day(now, people.organisation(db, project.organisation_id).timezone)


def _book(
    db: Session, project: Project, kind: str, made: Funding, lines: list[Line], now: datetime
) -> None:
    entry = ledger.post(db, kind=kind, reference=str(made.id), lines=lines, now=now)
    assert entry is not None, made.id
    amount = Money(project.currency, made.amount)
    _note(db, kind, str(made.id), _body(project, amount, made.funding_class), now)


def _body(project: Project, amount: Money, of: FundingClass) -> dict[str, Any]:
    return {
        "project": str(project.id), "class": str(of), "currency": amount.currency, "amount": amount.minor,
    }  # fmt: skip


def _note(db: Session, kind: str, event_id: str, body: dict[str, Any], now: datetime) -> None:
    books.append(
        db, Book.FUNDING, kind=kind, entity_id=uuid.UUID(body["project"]),
        event_id=f"{kind}:{event_id}", body=body, now=now,
    )  # fmt: skip
