"""Money that comes in for a closed project makes good what its end took, best rank first, as the closing would have.

Whoever lost something is owed it again, out of the losses borne (4500), as far as the project has money nobody has a
claim on. What each has lost is asked of the ledger. What is left when all are whole is the originator's.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from core import books, ledger
from core.books import Book
from core.db import Session
from core.ledger import Account, credit, debit
from core.lending import account, closing, project_end
from core.lending.models import Loan, LoanEvent, Project
from core.lending.notices import tell
from core.lending.state import EventKind
from core.lending.waterfall import Claim, Rank, Waterfall, waterfall
from core.messaging import Template
from core.money import Money

RANKS = {
    Account.INVESTOR_FUNDS: Rank.SENIOR,
    Account.INVESTOR_YIELD_PAYABLE: Rank.SENIOR,
    Account.RISK_DEPOSITS: Rank.DEPOSIT,
    Account.CASH_BACK_PAYABLE: Rank.CASH_BACK,
    Account.FIRST_LOSS: Rank.JUNIOR,
}
TAKEN, GIVEN = "project.closing", "project.recovery"
CASH_BACK_TAKEN, CASH_BACK_GIVEN = "loan.cash_back_lost", "loan.cash_back_restored"
Missing = Mapping[tuple[Account, uuid.UUID], int]


def lock_losers(db: Session, project_id: uuid.UUID) -> dict[uuid.UUID, Loan]:
    """The loans whose cash-back was lost, locked; come before the project, as loans always do."""
    lost = select(LoanEvent.loan_id).where(LoanEvent.kind == EventKind.CASH_BACK_LOST)
    query = select(Loan.id).where(Loan.project_id == project_id, Loan.id.in_(lost))
    return {loan_id: account.lock(db, loan_id) for loan_id in db.scalars(query.order_by(Loan.id))}


def share(db: Session, project: Project, losers: Mapping[uuid.UUID, Loan], now: datetime) -> bool:
    """Give what came in since a locked project closed to those who lost; whether there was anything to give."""
    missing = _missing(db, project)
    claims = [Claim(RANKS[key[0]], key, amount) for key, amount in missing.items()]
    split = waterfall(_unclaimed(db, project), claims)
    if not any(one.amount for one in split.allocations):
        return False
    _post(db, project, split, sum(missing.values()), now)
    for one in split.of(Rank.CASH_BACK):
        assert isinstance(one.claim.key, tuple)
        if one.amount:
            _restore_cash_back(db, losers[one.claim.key[1]], one.amount, now)
    return True


def _missing(db: Session, project: Project) -> Missing:
    """What the end took from each claim and was not made good since."""
    mine = select(Loan.id).where(Loan.project_id == project.id)
    subjects = mine.union_all(select(Project.id).where(Project.id == project.id))
    kinds = (TAKEN, GIVEN, CASH_BACK_TAKEN, CASH_BACK_GIVEN)
    return ledger.by_kinds(db, kinds, RANKS, project.currency, select(subjects.subquery()))


def _unclaimed(db: Session, project: Project) -> int:
    """What the project has, without what is owed to anybody."""
    owed = sum(claim.amount for claim in project_end.claims(db, project))
    return project_end.available(db, project) - owed


def _money(project: Project, minor: int) -> Money:
    return Money(project.currency, minor)


def _post(db: Session, project: Project, split: Waterfall, missing: int, now: datetime) -> None:
    """What was missing falls with every sharing, so it names the entry."""
    lines = []
    for one in split.allocations:
        assert isinstance(one.claim.key, tuple)
        if one.claim.rank is not Rank.CASH_BACK:  # a figure of its loan: it follows there
            lines.append(credit(one.claim.key[0], _money(project, one.amount), one.claim.key[1]))
    given = -sum(line.money.minor for line in lines)
    reference = f"{project.id}:{missing}"
    if given:
        lines.append(debit(Account.LOSSES_BORNE, _money(project, given), project.id))
        ledger.post(db, kind=GIVEN, reference=reference, lines=lines, now=now)
    body = {
        "project": str(project.id), "currency": project.currency,
        "paid": {rank.name.lower(): sum(one.amount for one in split.of(rank)) for rank in Rank},
    }  # fmt: skip
    books.append(
        db, Book.PROJECT, kind="project.recovered", entity_id=project.id,
        event_id=f"project.recovered:{reference}", body=body, now=now,
    )  # fmt: skip


def _restore_cash_back(db: Session, loan: Loan, minor: int, now: datetime) -> None:
    on, amount, key = account.today(db, loan, now), loan.money(minor), f"{loan.id}:{loan.events}"
    account.record(db, loan, EventKind.CASH_BACK_EARNED, on, amount=minor)
    lines = [debit(Account.LOSSES_BORNE, amount, loan.project_id)]
    account.book(db, loan, kind=CASH_BACK_GIVEN, reference=key, on=on, now=now, lines=lines)
    asked = closing.return_owed(db, organisation_id=loan.organisation_id, loan_id=loan.id, now=now)
    if asked:
        tell(db, loan, Template.CASH_BACK, key, now, amount=amount)
