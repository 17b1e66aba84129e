"""What a person may borrow, and what exactly it would cost her: nothing here writes a row."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from config.limits import LIST_ROWS
from core import clock, credentials, people, sscr
from core.credentials import Criterion
from core.db import Session
from core.errors import Refusal
from core.lending import ladder, projects
from core.lending.affordability import check_affordable, check_pause
from core.lending.durations import Length, length
from core.lending.models import Project, ProjectStatus
from core.lending.schedule import schedule
from core.lending.terms import RepaymentModel, Terms
from core.lending.tranches import plan
from core.lending.true_cost import yearly_cost
from core.money import CURRENCIES, Money
from core.refusal_codes import RefusalCode


@dataclass(frozen=True, slots=True)
class Offer:
    """An active project as a borrower sees it. `durations` are months (fixed), days (ad-hoc) or rows (schedule).

    `number` is its place among all projects of its organisation, old ones included: it never becomes another's.
    """

    number: int
    project_id: uuid.UUID
    name: str
    least: Money
    most: Money
    is_earned: bool  # whether she may ask for so much because of how she repaid before
    model: RepaymentModel
    durations: tuple[int, ...]
    schedule: Mapping[str, Any] | None  # its options, where the model has them

    def length(self, duration: int) -> Length:
        """How long a loan of this duration is: so many days, weeks or months."""
        return length(self.model, self.schedule, duration)


@dataclass(frozen=True, slots=True)
class Quote:
    """The exact terms of a loan before it is accepted; paid out on another day, its dates move with it."""

    terms: Terms
    amount: Money
    received: Money
    fee: Money
    interest: Money
    fees: Money  # those of the instalments
    total: Money
    instalments: tuple[tuple[date, Money], ...]
    apr: Decimal | None  # yearly percent, one decimal; None where nothing can be compared
    cash_back: Money

    @property
    def model(self) -> RepaymentModel:
        return self.terms.model

    @property
    def duration(self) -> int:
        """Months (fixed), days (ad-hoc) or rows (schedule)."""
        return self.terms.duration

    @property
    def length(self) -> Length:
        """How long it is: so many days, weeks or months."""
        return length(self.model, self.terms.schedule, self.duration)

    @property
    def cost(self) -> Money:
        """What the loan costs her in money: all she pays less what she gets; a deposit is not lost yet."""
        return self.total - self.received - self.terms.deposit

    @property
    def parts(self) -> tuple[Money, ...]:
        """What reaches her of each payout; one, where all is paid out at once."""
        return tuple(part.received for part in plan(self.terms))

    @property
    def grace_period(self) -> int:
        """Days after a due date in which a payment still counts as on time. Lateness itself costs nothing."""
        return self.terms.grace_period

    @property
    def default_after_days(self) -> int:
        """Days after a due date from which the loan is in default."""
        return self.terms.default_after_days


def offers(db: Session, *, user_id: uuid.UUID, now: datetime) -> list[Offer]:
    """The projects of her organisation that lend today and have money left."""
    user = people.get(db, user_id)
    today = clock.local_day(now, people.organisation(db, user.organisation_id).timezone)
    query = select(Project).where(
        Project.organisation_id == user.organisation_id,
        Project.status == ProjectStatus.ACTIVATED,
        Project.start_date <= today,
        Project.end_date >= today,
    )
    found = db.scalars(query.order_by(Project.created_at, Project.id).limit(LIST_ROWS))
    numbers = _numbers(db, user.organisation_id)
    made = [_offer(db, project, numbers[project.id], user_id) for project in found]
    return [offer for offer in made if offer.least <= offer.most]


def quote(
    db: Session,
    *,
    project_id: uuid.UUID,
    user_id: uuid.UUID,
    amount: Money,
    duration: int,
    now: datetime,
) -> Quote:
    """What this loan would cost her if it were paid out today.

    Refuses what the project does not offer, loan_pause, income_unknown, not_affordable and nothing_affordable.
    """
    project = projects.get(db, project_id)
    today = check(db, project, user_id=user_id, amount=amount, duration=duration, now=now)
    made = make_quote(project.terms(amount, duration), today)
    check_affordable(db, project, user_id=user_id, amount=amount, dues=made.instalments, now=now)
    return made


def requirements(
    db: Session, project_id: uuid.UUID, user_id: uuid.UUID, *, also: Collection[str] = ()
) -> list[Criterion]:
    """What a borrower must prove: where there is a choice, what she can prove by what her record holds.

    Where it holds too little, `also` are the types she could add to it at once.
    """
    held = {holding.type for holding in sscr.holdings(db, user_id)}
    criteria = projects.get(db, project_id).eligibility_criteria
    found = credentials.dcql.chosen(criteria, held)
    if also and not {one["type"] for one in found} <= held:
        return credentials.dcql.chosen(criteria, held | set(also))
    return found


def check(
    db: Session,
    project: Project,
    *,
    user_id: uuid.UUID,
    amount: Money,
    duration: int,
    now: datetime,
) -> date:
    """Refuse a loan the project does not offer to her; the day it would begin."""
    user = people.get(db, user_id)
    today = clock.local_day(now, people.organisation(db, project.organisation_id).timezone)
    in_time = project.start_date <= today <= project.end_date
    if project.status is not ProjectStatus.ACTIVATED or not in_time:
        raise Refusal(RefusalCode.PROJECT_NOT_OPEN)
    if user.organisation_id != project.organisation_id:
        raise Refusal(RefusalCode.PROJECT_NOT_OPEN)
    _check_amount(*_range(db, project, user_id), amount)
    if duration not in project.loan_durations:
        raise Refusal(RefusalCode.DURATION_NOT_OFFERED, choices=tuple(project.loan_durations))
    check_pause(db, project, user_id=user_id, today=today)
    return today


def make_quote(terms: Terms, today: date) -> Quote:
    """The quote of these terms if the money is paid out today."""
    rows = schedule(terms, today)
    amount, interest, fees = (
        Money(terms.currency, minor)
        for minor in (terms.principal, sum(row.interest for row in rows), sum(row.fee for row in rows))
    )  # fmt: skip
    return Quote(
        terms=terms, amount=amount, received=terms.received, fee=terms.fee, interest=interest, fees=fees,
        total=amount + interest + fees,
        instalments=tuple((row.due_on, Money(terms.currency, row.due)) for row in rows),
        apr=yearly_cost(terms, rows, today), cash_back=terms.cash_back,
    )  # fmt: skip


def _numbers(db: Session, organisation_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """The number of each project ever made for an organisation: projects are closed, never deleted."""
    query = select(Project.id).where(Project.organisation_id == organisation_id)
    made = db.scalars(query.order_by(Project.created_at, Project.id))
    return {project_id: number for number, project_id in enumerate(made, start=1)}


def _offer(db: Session, project: Project, number: int, user_id: uuid.UUID) -> Offer:
    least, most = _range(db, project, user_id)
    return Offer(
        number=number, project_id=project.id, name=project.name, least=least, most=most,
        is_earned=ladder.is_above_foot(project, most), model=project.repayment_model,
        durations=tuple(project.loan_durations), schedule=project.options.get("schedule"),
    )  # fmt: skip


def _range(db: Session, project: Project, user_id: uuid.UUID) -> tuple[Money, Money]:
    """The smallest and the largest loan for her today; where nothing is left, the largest is the smaller."""
    step = CURRENCIES[project.currency].step
    left = max(0, project.limit - projects.lent(db, project.id)) // step * step
    most = min(ladder.allowed(db, project, user_id).minor, left)
    return Money(project.currency, project.loan_min_amount), Money(project.currency, most)


def _check_amount(least: Money, most: Money, amount: Money) -> None:
    if amount.currency != least.currency:
        raise Refusal(RefusalCode.CURRENCY_UNKNOWN, currency=amount.currency)
    if most < least:
        raise Refusal(RefusalCode.PROJECT_LIMIT_REACHED)
    if not least <= amount <= most:
        raise Refusal(RefusalCode.AMOUNT_OUTSIDE_OFFER, least=least, most=most)
    step = CURRENCIES[amount.currency].step
    if amount.minor % step:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE, step=Money(amount.currency, step))
