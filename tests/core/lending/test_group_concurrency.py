"""Two defaults, their payments and their returns at once: the deposits are neither used twice nor lost."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from core import lending
from core.db import Session, sessionmaker
from core.lending import Loan, Project, community
from core.lending.group_models import DepositUse
from core.payments import Payment
from tests.core.lending import neighbours as near
from tests.core.lending import village as places
from tests.core.lending.neighbours import Neighbours
from tests.core.lending.test_concurrency import at_once
from tests.core.lending.village import Village, kes


def test_two_defaults_and_what_is_paid_back_at_once_leave_every_cent_in_its_place(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as db:
        three = Neighbours(db)
        saver = three.c.borrow(kes(10_000), 1)
        near.repay(three.c, saver)
        loans = [three.a.borrow(kes(1_000), 1), three.b.borrow(kes(3_000), 1)]
        due = loans[0].next_due_on
        assert due is not None
        late = three.a.on(due + timedelta(days=31))
        while lending.run_day(db, now=late.now, limit=100):
            pass
        made = [
            places.pay_in(db, loan.id, loan.code, kes(50 + number), late.now).id
            for number, loan in enumerate(loans * 4)
        ]

    def compensate(number: int) -> None:
        with sessions.begin() as db:
            community.compensate(db, loan_id=loans[number % 2].id, now=late.now)

    def settle(number: int) -> None:
        with sessions.begin() as db:
            places.settle(db, db.get_one(Payment, made[number]), late.now)

    def undo(number: int) -> None:
        with sessions.begin() as db:
            payment = db.get_one(Payment, made[number])
            places.postings.reversal(db, payment, late.now)
            lending.payment_reversed(db, payment=payment, now=late.now)

    at_once(compensate, 8)
    at_once(lambda number: settle(number) if number < 8 else compensate(number), 12)
    at_once(lambda number: undo(number) if number < 4 else compensate(number), 8)

    with sessions() as db:
        owed = [community.owed_to_group(db, db.get_one(Loan, loan.id)).minor for loan in loans]
        everybody = [saver.id, *(loan.id for loan in loans)]
        there = community.held(db, "KES", Loan.id.in_(everybody))
        own = select(func.sum(DepositUse.amount)).where(
            DepositUse.loan_id == DepositUse.for_loan_id
        )
        assert sum(there.values()) + sum(owed) + (db.scalar(own) or 0) == 140_000
        assert sum(owed) > 0
        assert all(part >= 0 for part in there.values())
        project = db.get_one(Project, three.project.id)
        Village(db, project, three.a.borrower, late.now).check()
