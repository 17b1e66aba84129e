"""A group of three neighbours in a community project, each with a phone; the rail is played by the village."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from core import lending, payments
from core.db import Session
from core.ledger import Account
from core.lending import Loan, community, deposits, groups
from core.lending.group_models import Group
from core.lending.models import Project
from core.money import Money
from core.payments import PaymentState
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

TEXT = "If a loan of our group is not repaid, my deposit may pay for it."
COMMUNITY: dict[str, Any] = {
    "community_model": {"least_members": 2, "most_members": 4}, "risk_deposit_rate": "10",
}  # fmt: skip


class Neighbours:
    """Three people of one group: `a`, `b` and `c` are the village as each of them sees it."""

    def __init__(self, db: Session, **project: Any) -> None:
        self.db = db
        self.a = places.found(db, **{**COMMUNITY, **project})
        organisation = self.a.project.organisation_id
        self.b = replace(self.a, borrower=places.borrower(db, organisation, 2))
        self.c = replace(self.a, borrower=places.borrower(db, organisation, 3))
        self.group = group(db, self.a.project)
        for one in (self.a, self.b, self.c):
            join(one, self.group)

    @property
    def project(self) -> Project:
        return self.a.project

    def default(self, loan: Loan) -> Village:
        """Let the days pass until the loan is in default, and the job of the day has run; the village then."""
        assert loan.next_due_on is not None
        late = self.a.on(loan.next_due_on + timedelta(days=loan.terms.default_after_days + 1))
        run_days(late)
        return late

    def held(self, loan: Loan) -> int:
        """What the deposit of a loan holds."""
        return community.held(self.db, "KES", Loan.id == loan.id).get(loan.id, 0)


def run_days(village: Village) -> None:
    """What the worker does of a day: arrears and defaults, compensation, returns."""
    while lending.run_day(village.db, now=village.now, limit=100):
        pass
    while community.compensate_next(village.db, now=village.now):
        pass
    while deposits.return_next(village.db, now=village.now):
        pass


def group(db: Session, project: Project, name: str = "Tumaini") -> Group:
    return groups.create_group(
        db,
        organisation_id=project.organisation_id,
        project_id=project.id,
        name=name,
        now=places.NOW,
    )


def join(village: Village, into: Group, *, agrees: bool = True) -> None:
    """Staff add her; she agrees on her phone."""
    groups.add_member(
        village.db,
        organisation_id=village.project.organisation_id,
        group_id=into.id,
        user_id=village.borrower.id,
        now=village.now,
    )
    if agrees:
        agree(village)


def agree(village: Village) -> None:
    groups.agree(
        village.db, project_id=village.project.id, user_id=village.borrower.id, text=TEXT, language="en",
        now=village.now,
    )  # fmt: skip


def repay(village: Village, loan: Loan) -> None:
    """Pay what ends the loan, and let the rail carry what goes back to her."""
    village.pay(loan, village.standing(loan).payoff)
    carry(village, loan)


def carry(village: Village, loan: Loan) -> Money:
    """The rail carries everything that is on its way to her for this loan; how much it was."""
    arrived = kes(0)
    for payment in payments.of_loan(village.db, loan.id, 50):
        if payment.goes_out and payment.state is PaymentState.READY:
            village.settle(payment)
            arrived += payment.money
    return arrived


def balances(village: Village) -> dict[Account, int]:
    return {one: village.balance(one) for one in Account if village.balance(one)}
