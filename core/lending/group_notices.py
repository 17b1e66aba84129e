"""What the members of a group are told about its deposits: how much of hers, and never for whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import ledger, messaging, people
from core.db import Session
from core.ledger import Account
from core.lending.group_models import Group
from core.lending.models import Loan
from core.lending.notices import support, tell
from core.messaging import Template
from core.money import Money
from core.payments import Payment

Parts = dict[uuid.UUID, int]  # by person, in minor units


def tell_used(
    db: Session, loan: Loan, group: Group, used: Mapping[uuid.UUID, int], now: datetime
) -> None:
    """Her neighbours learn that their deposits helped; she learns that they did, and what it means."""
    parts = _by_person(db, used)
    own = parts.pop(loan.user_id, 0)
    tell(
        db, loan, Template.GROUP_PAID, str(loan.id), now, paid=loan.money(sum(used.values())),
        own=loan.money(own), outstanding=loan.money(loan.outstanding), support=support(db, loan),
    )  # fmt: skip
    for user_id, part in parts.items():
        _tell_member(
            db, user_id, Template.DEPOSIT_USED, str(loan.id), now, group=group.name,
            amount=loan.money(part), left=deposit(db, loan, user_id), support=support(db, loan),
        )  # fmt: skip


def tell_debt_paid(
    db: Session, loan: Loan, payment: Payment, restored: int, owed: int, now: datetime
) -> None:
    """Her receipt for a payment of which a part, or all, went back to her group."""
    tell(
        db, loan, Template.GROUP_DEBT_PAID, str(payment.id), now, amount=payment.money,
        restored=loan.money(restored), owed=loan.money(owed), outstanding=loan.money(loan.outstanding),
        receipt=payment.named,
    )  # fmt: skip


def tell_restored(
    db: Session, loan: Loan, shares: Mapping[uuid.UUID, int], event_key: str, now: datetime
) -> None:
    """Her neighbours learn that their deposits are whole again, or a little more so."""
    if not shares:
        return
    group = db.get_one(Group, loan.group_id)
    for user_id, part in _by_person(db, shares).items():
        _tell_member(
            db, user_id, Template.DEPOSIT_RESTORED, event_key, now, group=group.name,
            amount=loan.money(part), left=deposit(db, loan, user_id),
        )  # fmt: skip


def deposit(db: Session, loan: Loan, user_id: uuid.UUID) -> Money:
    """What all deposits of a person in the group of this loan hold."""
    hers = select(Loan.id).where(Loan.group_id == loan.group_id, Loan.user_id == user_id)
    found = ledger.by_subject(db, Account.RISK_DEPOSITS, loan.currency, hers)
    return loan.money(-sum(money.minor for money in found.values()))


def _by_person(db: Session, shares: Mapping[uuid.UUID, int]) -> Parts:
    owners = select(Loan.id, Loan.user_id).where(Loan.id.in_(shares))
    parts: defaultdict[uuid.UUID, int] = defaultdict(int)
    for loan_id, user_id in db.execute(owners):
        parts[user_id] += shares[loan_id]
    return dict(sorted(parts.items()))


def _tell_member(
    db: Session,
    user_id: uuid.UUID,
    template: Template,
    event_key: str,
    now: datetime,
    **facts: Any,
) -> None:
    user = people.get(db, user_id)
    messaging.send(
        db, to=user.phone, template=template, language=user.language, facts=facts, now=now,
        user_id=user.id, event_key=f"{template}:{event_key}:{user.id}",
    )  # fmt: skip
