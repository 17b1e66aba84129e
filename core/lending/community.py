"""Joint liability: what a member's default takes from the deposits of her group, and how it comes back to them.

Her own deposits pay first, then those of the others in proportion, never more than there is. What her neighbours'
deposits paid she owes to them: whatever she pays later restores them before it counts for her loan.
The ledger says what each loan's deposit holds (RISK_DEPOSITS by loan); no figure is stored beside it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select, update

from core import ledger
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, Line, credit, debit
from core.lending import account, group_notices, groups
from core.lending.group_models import DepositUse, Member
from core.lending.models import Loan, Project, ProjectStatus
from core.lending.state import EventKind, LoanState, LoanStatus, PaymentType
from core.lending.waterfall import pro_rata
from core.money import Money
from core.payments import Payment
from core.refusal_codes import RefusalCode

DEPOSITS = Account.RISK_DEPOSITS
LOST = (LoanStatus.DEFAULTED, LoanStatus.WRITTEN_OFF)
Shares = dict[uuid.UUID, int]  # of each loan's deposit, in minor units


@dataclass(frozen=True, slots=True)
class Restored:
    """What of a payment went back to the deposits of the group, and what is still owed to them after it."""

    shares: Shares = field(default_factory=dict)
    owed: int = 0

    @property
    def amount(self) -> int:
        return sum(self.shares.values())

    @property
    def settles(self) -> bool:
        """Whether this payment was the last that the group waited for."""
        return self.amount > 0 and not self.owed

    def lines(self, loan: Loan) -> list[Line]:
        """The ledger's side of it."""
        return [credit(DEPOSITS, loan.money(part), lent) for lent, part in self.shares.items()]


def stand_in(owed: int, own: Mapping[uuid.UUID, int], others: Mapping[uuid.UUID, int]) -> Shares:
    """What each deposit pays of a debt: her own first, the rest by the others in proportion. Pure."""
    first = min(owed, sum(own.values()))
    second = min(owed - first, sum(others.values()))
    parts = [*pro_rata(first, [*own.values()]), *pro_rata(second, [*others.values()])]
    return {loan: part for loan, part in zip([*own, *others], parts, strict=True) if part}


def compensate_next(db: Session, *, now: datetime) -> bool:
    """Let deposits stand in for one loan that is lost; False if none waits. One loan per transaction."""
    waits = (Loan.status.in_(LOST), Loan.compensated_on.is_(None))
    query = select(Loan.id).where(*waits, Loan.group_id.is_not(None)).order_by(Loan.id)
    loan_id = db.scalar(query.limit(1))
    if loan_id is not None:
        compensate(db, loan_id=loan_id, now=now)
    return loan_id is not None


def compensate(db: Session, *, loan_id: uuid.UUID, now: datetime) -> Money:
    """Pay what a loan in default owes today out of the deposits of its group, once; what they paid.

    One that was written off without a default was let go by the lender: only her own deposit answers for it.
    """
    loan = account.lock(db, loan_id)
    if loan.status not in LOST or loan.compensated_on or loan.group_id is None:
        return loan.money(0)
    group = groups.lock(db, loan.group_id)
    on = account.today(db, loan, now)
    own, others = _deposits(db, loan)
    if loan.status is LoanStatus.WRITTEN_OFF:
        others = {}
    used = stand_in(_lost(account.state(db, loan, on)), own, others)
    loan.compensated_on = on
    db.flush()
    if used:
        _book_compensation(db, loan, used, on, now)
        group_notices.tell_used(db, loan, group, used, now)
    return loan.money(sum(used.values()))


def restore(db: Session, loan: Loan, payment: Payment, on: date) -> Restored:
    """Give the deposits of her group what this payment of a locked loan owes them; the rest is for the loan."""
    missing = owed_by_deposit(db, loan)
    whole = sum(missing.values())
    amount = min(payment.amount, whole)
    parts = pro_rata(amount, [*missing.values()])
    shares = {lent: part for lent, part in zip(missing, parts, strict=True) if part}
    _write(db, loan, {lent: -part for lent, part in shares.items()}, on, payment.id)
    if shares:
        wake(db, loan)
    return Restored(shares, whole - amount)


def unrestore(db: Session, loan: Loan, payment_id: uuid.UUID, on: date) -> list[Line]:
    """A repayment was taken back: what it gave to the deposits is owed to them again. Comes before any book entry.

    Refuses credit_already_returned where a deposit has gone on since: that needs a person.
    """
    query = select(DepositUse.loan_id, func.sum(-DepositUse.amount)).where(
        DepositUse.payment_id == payment_id, DepositUse.for_loan_id == loan.id
    )
    shares = {lent: int(part) for lent, part in db.execute(query.group_by(DepositUse.loan_id))}
    if not shares:
        return []
    assert loan.group_id is not None, loan.id
    groups.lock(db, loan.group_id)
    there = held(db, loan.currency, Loan.id.in_(shares))
    if any(there.get(lent, 0) < part for lent, part in shares.items()):
        raise Refusal(RefusalCode.CREDIT_ALREADY_RETURNED)
    _write(db, loan, shares, on, payment_id)
    return [debit(DEPOSITS, loan.money(part), lent) for lent, part in shares.items()]


def owed_by_deposit(db: Session, loan: Loan) -> Shares:
    """What the deposits of others paid for this loan and did not get back, by their loans."""
    if loan.compensated_on is None:
        return {}
    total = func.sum(DepositUse.amount)
    query = select(DepositUse.loan_id, total).join(Loan, Loan.id == DepositUse.loan_id)
    theirs = query.where(DepositUse.for_loan_id == loan.id, Loan.user_id != loan.user_id)
    found = db.execute(theirs.group_by(DepositUse.loan_id).having(total != 0))
    return dict(sorted((lent, int(part)) for lent, part in found))


def restored(db: Session, loan: Loan) -> list[tuple[date, int]]:
    """What payments of hers gave back to the deposits of others, by day; what was taken back is left out."""
    total = func.sum(-DepositUse.amount)
    query = select(func.min(DepositUse.on), total).where(
        DepositUse.for_loan_id == loan.id, DepositUse.payment_id.is_not(None)
    )
    found = db.execute(query.group_by(DepositUse.payment_id).having(total > 0))
    return sorted((on, int(part)) for on, part in found)


def owed_to_group(db: Session, loan: Loan) -> Money:
    """What she owes to the deposits of her neighbours for this loan."""
    return loan.money(sum(owed_by_deposit(db, loan).values()))


def debt_of(db: Session, user_id: uuid.UUID) -> Loan | None:
    """A loan of hers for which her neighbours' deposits still wait; who has one takes no new loan."""
    query = select(Loan).where(Loan.user_id == user_id, Loan.compensated_on.is_not(None))
    return next((loan for loan in db.scalars(query) if owed_by_deposit(db, loan)), None)


def held(db: Session, currency: str, *which: ColumnElement[bool]) -> Shares:
    """What the deposits of these loans hold, in the order of their ids."""
    found = ledger.by_subject(db, DEPOSITS, currency, select(Loan.id).where(*which))
    return {loan: -money.minor for loan, money in sorted(found.items())}


def wake(db: Session, loan: Loan) -> None:
    """Money came in for a project that has closed, or for deposits of it: look at it again."""
    closed = (Project.id == loan.project_id, Project.status == ProjectStatus.CLOSED)
    db.execute(update(Project).where(*closed).values(settled_on=None))


def _lost(state: LoanState) -> int:
    """What ends the loan; of one written off, what was given up and has not come in since."""
    given_up = (
        state.principal_written_off + state.interest_written_off + state.fees_written_off
        + state.penalties_written_off
    )  # fmt: skip
    return state.payoff or given_up - state.recovered


def _deposits(db: Session, loan: Loan) -> tuple[Shares, Shares]:
    """Her own deposits in the group, and those of members who agreed and have not left."""
    liable = select(Member.user_id).where(
        Member.group_id == loan.group_id, Member.agreed_at.is_not(None), Member.left_at.is_(None)
    )
    own = held(db, loan.currency, Loan.group_id == loan.group_id, Loan.user_id == loan.user_id)
    here = (Loan.group_id == loan.group_id, Loan.user_id != loan.user_id)
    return own, held(db, loan.currency, *here, Loan.user_id.in_(liable))


def _book_compensation(db: Session, loan: Loan, used: Shares, on: date, now: datetime) -> None:
    paid = sum(used.values())
    _write(db, loan, used, on, None)
    account.record(
        db, loan, EventKind.REPAID, on, amount=paid, payment_type=PaymentType.COMPENSATION
    )
    lines = [debit(DEPOSITS, loan.money(part), lent) for lent, part in used.items()]
    account.book(
        db, loan, kind="loan.compensation", reference=str(loan.id), on=on, now=now, lines=lines
    )
    account.note(
        db, Book.LOAN, loan, "loan.compensated", str(loan.id), now, status=loan.status, amount=paid
    )


def _write(
    db: Session, loan: Loan, shares: Mapping[uuid.UUID, int], on: date, payment_id: uuid.UUID | None
) -> None:
    rows: Iterable[DepositUse] = (
        DepositUse(loan_id=lent, for_loan_id=loan.id, amount=part, on=on, payment_id=payment_id)
        for lent, part in shares.items()
    )
    db.add_all(rows)
    db.flush()
