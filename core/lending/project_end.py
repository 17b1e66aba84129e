"""The end of a project: what there is goes to those it is owed to, best rank first, and never more than there is.

Closing decides and writes down who bears which loss. The money itself goes its own way after that: deposits become
credit and travel to each member's phone, one loan per transaction; cash-back is asked for again; funds and yield stay
owed until the originator registers a bank transfer (core.lending.funds).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select

from core import books, clock, ledger, people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, Line, credit, debit
from core.lending import account, closing, community, funds, projects
from core.lending.models import Loan, Project, ProjectStatus
from core.lending.notices import support, tell
from core.lending.state import EventKind
from core.lending.waterfall import Claim, Rank, Waterfall, waterfall
from core.messaging import Template
from core.money import Money
from core.payments import Payment, PaymentKind
from core.payments.rules import UNDER_WAY
from core.queue import Job, enqueue
from core.refusal_codes import RefusalCode

FUNDS, YIELD, FIRST_LOSS = "funds", "yield", "first loss"
ACCOUNTS = {
    FUNDS: Account.INVESTOR_FUNDS,
    YIELD: Account.INVESTOR_YIELD_PAYABLE,
    FIRST_LOSS: Account.FIRST_LOSS,
}
_MONEY = {
    Account.CASH_MPESA, Account.CASH_LIGHTNING, Account.CASH_AGENTS, Account.CASH_BANK,
    Account.PAYMENTS_IN_TRANSIT,
}  # fmt: skip
_OTHERS = {Account.BORROWER_CREDIT, Account.SERVICE_FEES_PAYABLE, Account.TAXES_PAYABLE}


@dataclass(frozen=True, slots=True)
class Plan:
    """What closing a project does: who gets what, and the yield that is posted before."""

    project: Project
    earned: Money  # yield not posted yet
    split: Waterfall

    def money(self, minor: int) -> Money:
        """An amount in the currency of the project."""
        return Money(self.project.currency, minor)


def plan(db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, now: datetime) -> Plan:
    """What closing would do now; nothing is written. Refuses what `close` refuses."""
    project = projects.find(db, organisation_id=organisation_id, project_id=project_id)
    _check(db, project)
    return _plan(db, project, _today(db, project, now))


def close(db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, now: datetime) -> Plan:
    """End a project for good and share what there is.

    Refuses project_unknown, project_closed and project_has_open_loans.
    """
    return _close(db, projects.lock_own(db, organisation_id, project_id), now)


def _close(db: Session, project: Project, now: datetime) -> Plan:
    _check(db, project)
    today = _today(db, project, now)
    rewarded = [account.lock(db, loan_id) for loan_id in _cash_back(db, project)]
    made = _plan(db, project, today)
    project.status, project.closed_on = ProjectStatus.CLOSED, today
    db.flush()
    _post_yield(db, made, now)
    _post_losses(db, made, now)
    for loan in rewarded:
        _settle_cash_back(db, made, loan, now)
    _note(db, made, now)
    _tell_cuts(db, made, now)
    enqueue(db, Job.LOAN_GROUP)  # deposits go back from there
    return made


def close_next(db: Session, *, now: datetime) -> bool:
    """Close one project that has expired and whose loans have all ended; False if there is none."""
    running = exists().where(Loan.project_id == Project.id, Loan.status.in_(projects.OPEN))
    query = select(Project).where(
        Project.status.in_((ProjectStatus.ACTIVATED, ProjectStatus.DEACTIVATED)), ~running
    )
    for project in db.scalars(query.order_by(Project.end_date, Project.id)):
        if project.end_date < _today(db, project, now):
            _close(db, projects.lock(db, project.id), now)
            return True
    return False


def _check(db: Session, project: Project) -> None:
    if project.status is ProjectStatus.CLOSED:
        raise Refusal(RefusalCode.PROJECT_CLOSED)
    running = select(Loan.id).where(Loan.project_id == project.id, Loan.status.in_(projects.OPEN))
    if db.scalar(running.limit(1)) is not None:
        raise Refusal(RefusalCode.PROJECT_HAS_OPEN_LOANS)


def _cash_back(db: Session, project: Project) -> dict[uuid.UUID, int]:
    """What is owed of it by loan; what is on its way to a phone has left the project already."""
    sent = select(Payment.loan_id).where(
        Payment.kind == PaymentKind.CASH_BACK, Payment.state.in_(UNDER_WAY)
    )
    query = select(Loan.id, Loan.cash_back_owed).where(
        Loan.project_id == project.id, Loan.cash_back_owed > 0, Loan.id.not_in(sent)
    )
    return {loan_id: int(owed) for loan_id, owed in db.execute(query.order_by(Loan.id))}


def _plan(db: Session, project: Project, on: date) -> Plan:
    earned = funds.yield_due(db, project, on)
    return Plan(
        project, earned, waterfall(available(db, project), [*claims(db, project, earned.minor)])
    )


def available(db: Session, project: Project) -> int:
    """The project's own money: all that came in for it less all that went out, without what is somebody else's.

    Whatever moved a cash account for the project or one of its loans stands on another account with their name.
    """
    mine = select(Loan.id).where(Loan.project_id == project.id)
    subjects = mine.union_all(select(Project.id).where(Project.id == project.id))
    others = [one for one in Account if one not in _MONEY | _OTHERS]
    own = -ledger.net(db, others, project.currency, select(subjects.subquery())).minor
    promised = select(func.coalesce(func.sum(Loan.cash_back_owed), 0)).where(
        Loan.project_id == project.id
    )
    return own - (int(db.scalar(promised) or 0) - sum(_cash_back(db, project).values()))


def claims(db: Session, project: Project, earned: int = 0) -> Iterator[Claim]:
    """What is owed by a project, `earned` with it: yield that is not posted yet, in minor units."""
    balance = {key: funds.balance(db, project, held).minor for key, held in ACCOUNTS.items()}
    yield Claim(Rank.SENIOR, FUNDS, balance[FUNDS])
    yield Claim(Rank.SENIOR, YIELD, balance[YIELD] + earned)
    for loan_id, deposit in community.held(
        db, project.currency, Loan.project_id == project.id
    ).items():
        yield Claim(Rank.DEPOSIT, loan_id, deposit)
    for loan_id, cash_back in _cash_back(db, project).items():
        yield Claim(Rank.CASH_BACK, loan_id, cash_back)
    yield Claim(Rank.JUNIOR, FIRST_LOSS, balance[FIRST_LOSS])


def _post_yield(db: Session, made: Plan, now: datetime) -> None:
    if made.earned:
        project_id = made.project.id
        lines = [
            debit(Account.INVESTOR_YIELD_EXPENSE, made.earned, project_id),
            credit(Account.INVESTOR_YIELD_PAYABLE, made.earned, project_id),
        ]
        ledger.post(db, kind="project.yield", reference=str(project_id), lines=lines, now=now)


def _post_losses(db: Session, made: Plan, now: datetime) -> None:
    """What a claim does not get is no longer owed. Cash-back is a figure of its loan and follows there."""
    project_id = made.project.id
    lines: list[Line] = []
    for one in made.split.allocations:
        lost = made.money(one.lost)
        if lost and one.claim.rank is Rank.DEPOSIT:
            assert isinstance(one.claim.key, uuid.UUID)
            lines.append(debit(Account.RISK_DEPOSITS, lost, one.claim.key))
        elif lost and one.claim.rank is not Rank.CASH_BACK:
            lines.append(debit(ACCOUNTS[str(one.claim.key)], lost, project_id))
    borne = made.money(sum(line.money.minor for line in lines))
    if borne:
        lines.append(credit(Account.LOSSES_BORNE, borne, project_id))
        ledger.post(db, kind="project.closing", reference=str(project_id), lines=lines, now=now)


def _settle_cash_back(db: Session, made: Plan, loan: Loan, now: datetime) -> None:
    """What there is for it is asked for again; what there is not is no longer owed."""
    (mine,) = (one for one in made.split.of(Rank.CASH_BACK) if one.claim.key == loan.id)
    if mine.lost:
        on, lost = account.today(db, loan, now), loan.money(mine.lost)
        account.record(db, loan, EventKind.CASH_BACK_LOST, on, amount=lost.minor)
        lines = [credit(Account.LOSSES_BORNE, lost, made.project.id)]
        account.book(
            db, loan, kind="loan.cash_back_lost", reference=str(loan.id), on=on, now=now, lines=lines
        )  # fmt: skip
        tell(
            db, loan, Template.CASH_BACK_CUT, str(loan.id), now, lost=lost, support=support(db, loan)
        )  # fmt: skip
    closing.return_owed(db, organisation_id=loan.organisation_id, loan_id=loan.id, now=now)


def _note(db: Session, made: Plan, now: datetime) -> None:
    """The project book tells everybody who follows it how the project ended, by rank and of nobody."""
    project, split = made.project, made.split
    paid = {rank.name.lower(): sum(one.amount for one in split.of(rank)) for rank in Rank}
    lost = {rank.name.lower(): sum(one.lost for one in split.of(rank)) for rank in Rank}
    body = {
        "project": str(project.id), "status": str(project.status), "currency": project.currency,
        "available": split.available, "paid": paid, "lost": lost, "rest": split.rest,
    }  # fmt: skip
    books.append(
        db, Book.PROJECT, kind="project.closed", entity_id=project.id,
        event_id=f"project.closed:{project.id}", body=body, now=now,
    )  # fmt: skip


def _tell_cuts(db: Session, made: Plan, now: datetime) -> None:
    """Who does not get her whole deposit back is told by how much, before anything else reaches her."""
    for one in made.split.of(Rank.DEPOSIT):
        if one.lost:
            loan = db.get_one(Loan, one.claim.key)
            tell(
                db, loan, Template.DEPOSIT_CUT, str(loan.id), now, lost=loan.money(one.lost),
                amount=loan.money(one.amount), support=support(db, loan),
            )  # fmt: skip


def _today(db: Session, project: Project, now: datetime) -> date:
    return clock.local_day(now, people.organisation(db, project.organisation_id).timezone)
