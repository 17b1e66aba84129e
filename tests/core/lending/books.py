"""What must hold of a whole book of loans: stored figures are the fold's, and the ledger's sums are theirs."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import func, select

from core import lending
from core.db import Session
from core.ledger import Account, Posting
from core.lending import Loan, LoanStatus, account, day_figures, exposure, movements
from core.lending.arrears import arrears, rules
from core.lending.models import Instalment
from core.lending.portfolio import days_past_due

OWED = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


def check_book(db: Session) -> None:
    """Every loan, every account."""
    db.expire_all()
    loans = list(db.scalars(select(Loan)))
    for loan in loans:
        check_figures(db, loan)
    check_ledger(db, loans)
    check_exposure(db, loans)


def check_exposure(db: Session, loans: Iterable[Loan]) -> None:
    """What each project has out by the notes of the database is what its loans say."""
    out = defaultdict[uuid.UUID, int](int)
    for loan in loans:
        if loan.status is LoanStatus.APPROVED:
            out[loan.project_id] += loan.contract_amount
        if loan.status in OWED:
            out[loan.project_id] += loan.principal_outstanding + loan.undrawn
    for project_id in {loan.project_id for loan in loans}:
        assert exposure.lent(db, project_id) == out[project_id]


def check_figures(db: Session, loan: Loan) -> None:
    """Every stored column of a loan and of its instalments is what the fold gives for the day of the figures."""
    state = account.state(db, loan, loan.as_of)
    terms = loan.terms
    wanted = {**movements.figures(state), **day_figures.figures(terms, state)}
    stored = {name: getattr(loan, name) for name in wanted}
    wrong = {name: (stored[name], value) for name, value in wanted.items() if stored[name] != value}
    assert not wrong, (loan.code, loan.as_of, wrong)
    query = select(Instalment).where(Instalment.loan_id == loan.id).order_by(Instalment.number)
    assert tuple(row.state for row in db.scalars(query)) == state.rows, loan.code


def check_days(db: Session, later: int) -> None:
    """The days past due that SQL counts on a later day from the figures of today are those of the fold of that day.

    Not those of a loan with an event told ahead for a day between: from that day the day end has new figures for it.
    """
    for loan in db.scalars(select(Loan).where(Loan.status.in_(OWED))):
        on = loan.as_of + timedelta(days=later)
        if any(loan.as_of < event.on <= on for event in account.events(db, loan.id)):
            continue
        counted = db.scalar(select(days_past_due(on)).where(Loan.id == loan.id))
        state = account.state(db, loan, on)
        found = arrears(state.rows, state.pauses, on, rules(loan.terms))
        said = lending.standing(db, loan.id, on=on).days_late  # the phone and the desk
        assert {counted, state.days_late, said} == {found.days}, (loan.code, on)


def check_done(db: Session, day: date) -> None:
    """Nobody was left behind."""
    query = select(Loan.code).where(Loan.status.in_(OWED), Loan.as_of < day)
    assert not db.scalars(query).all()


def check_ledger(db: Session, loans: Iterable[Loan]) -> None:
    """Receivables by loan, what is not yet due by project, income by project."""
    billed, accrued, unearned = (defaultdict[uuid.UUID, int](int) for _ in range(3))
    income = 0
    for loan in loans:
        gone = loan.interest_paid + loan.interest_waived + loan.interest_written_off
        billed[loan.id] += loan.interest_billed - gone
        accrued[loan.project_id] += loan.interest_accrued
        unearned[loan.project_id] -= loan.interest_unearned
        income -= loan.interest_earned
    assert _sums(db, Account.INTEREST_RECEIVABLE) == _some(billed)
    assert _sums(db, Account.INTEREST_ACCRUED) == _some(accrued)
    assert _sums(db, Account.INTEREST_UNEARNED) == _some(unearned)
    assert sum(_sums(db, Account.INTEREST_INCOME).values()) == income
    assert db.scalar(select(func.sum(Posting.amount))) in (0, None)


def _sums(db: Session, account: Account) -> dict[uuid.UUID | None, int]:
    query = select(Posting.subject_id, func.sum(Posting.amount)).where(Posting.account == account)
    return {key: int(n) for key, n in db.execute(query.group_by(Posting.subject_id)) if n}


def _some(sums: dict[uuid.UUID, int]) -> dict[uuid.UUID, int]:
    return {key: amount for key, amount in sums.items() if amount}
