"""The tables of lending. A loan's figures are stored for lists and sums; the truth is the fold over its events."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import REASON_CHARACTERS
from core.db import Base, Day, Row
from core.lending.details import from_json
from core.lending.state import Event, EventKind, InstalmentState, LoanStatus
from core.lending.terms import RepaymentModel, Terms
from core.money import Money


class ProjectStatus(StrEnum):
    """Only an ACTIVATED project makes offers."""

    DRAFT = "draft"
    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    CLOSED = "closed"


class Project(Row):
    """What an originator lends, to whom and on which terms; amounts in minor units, rates in percent."""

    __tablename__ = "lending_project"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    status: Mapped[ProjectStatus] = mapped_column(default=ProjectStatus.DRAFT, index=True)
    name: Mapped[str] = mapped_column(String(60))
    description: Mapped[str] = mapped_column(Text)
    is_public: Mapped[bool]
    start_date: Mapped[Day]
    end_date: Mapped[Day]
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int]  # what it hopes to lend in all
    limit: Mapped[int]  # what may be lent at one time; it may only grow
    eligibility_criteria: Mapped[list[Any] | dict[str, Any]] = mapped_column(
        JSON
    )  # or a DCQL query
    loan_type: Mapped[str] = mapped_column(String(40))
    loan_min_amount: Mapped[int]
    loan_max_amount: Mapped[int]
    loan_min_duration: Mapped[int]
    loan_max_duration: Mapped[int]
    loan_durations: Mapped[list[Any]]  # the choices shown, months (fixed) or days (ad-hoc)
    interest_rate: Mapped[Decimal]
    disbursement_fee: Mapped[Decimal]
    cash_back_rate: Mapped[Decimal]
    grace_period: Mapped[int]
    default_after_days: Mapped[int]
    repayment_model: Mapped[RepaymentModel]
    options: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # more terms, as Terms.to_json has them
    payment_rails: Mapped[list[Any]]
    max_open_loans: Mapped[int]
    trusted_issuers: Mapped[list[Any]]
    verifier_did: Mapped[str] = mapped_column(String(200))
    approval_reference: Mapped[str] = mapped_column(String(80))
    affordability: Mapped[Decimal | None]  # percent of her income a loan may ask for in a month
    pause_days: Mapped[int] = mapped_column(default=0, server_default="0")  # between two loans
    community_model: Mapped[dict[str, Any] | None]  # size of a group; None: no groups
    risk_deposit_rate: Mapped[Decimal] = mapped_column(default=Decimal(0))
    ladder: Mapped[list[Any] | None]  # steps: repaid_on_time, most
    funding: Mapped[list[Any] | None]  # sources: class, amount, interest_rate
    closed_on: Mapped[Day | None]
    settled_on: Mapped[Day | None]  # closed, and every deposit has gone back

    def terms(self, amount: Money, duration: int) -> Terms:
        """The terms of one loan of this project: a copy, whatever becomes of the project."""
        agreed = {
            "currency": self.currency, "principal": amount.minor, "model": self.repayment_model,
            "duration": duration, "interest_rate": self.interest_rate, "disbursement_fee": self.disbursement_fee,
            "cash_back_rate": self.cash_back_rate, "grace_period": self.grace_period,
            "default_after_days": self.default_after_days, "risk_deposit_rate": self.risk_deposit_rate,
        }  # fmt: skip
        return Terms.from_json({**agreed, **self.options})

    @property
    def rail(self) -> str:
        """The rail that money of this project travels on."""
        return str(self.payment_rails[0])


class Loan(Row):
    """One loan: what was agreed (never changed), and its figures as of a day (always equal to the fold)."""

    __tablename__ = "lending_loan"
    __table_args__ = (
        Index("ix_lending_loan_user", "user_id", "status"),
        Index(
            "ix_lending_loan_group",
            "group_id",
            "status",
            "closed_on",
            postgresql_where=text("group_id IS NOT NULL"),
            sqlite_where=text("group_id IS NOT NULL"),
        ),
        Index(
            "ix_lending_loan_set_aside",
            "set_aside_on",
            postgresql_where=text("set_aside_on IS NOT NULL"),
            sqlite_where=text("set_aside_on IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": 50}},  # room for tomorrow's figures beside today's
    )

    code: Mapped[str] = mapped_column(String(12), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_project.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    user_did: Mapped[str] = mapped_column(String(200))
    rail: Mapped[str] = mapped_column(String(20))
    group_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("lending_group.id"))

    agreed: Mapped[dict[str, Any]]  # the terms
    currency: Mapped[str] = mapped_column(String(3))
    contract_amount: Mapped[int]
    interest_amount: Mapped[int]
    commitment_amount: Mapped[int]
    accepted_text: Mapped[str] = mapped_column(Text)
    accepted_language: Mapped[str] = mapped_column(String(2))
    accepted_at: Mapped[datetime]
    accepted_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of text, language and terms

    eligibility: Mapped[str | None] = mapped_column(
        Text
    )  # the signed statement that she may borrow

    status: Mapped[LoanStatus] = mapped_column(default=LoanStatus.DRAFT)
    events: Mapped[int] = mapped_column(default=0)  # how many there are: the number of the next
    as_of: Mapped[Day]  # the day of the figures below
    disbursed_on: Mapped[Day | None]
    next_due_on: Mapped[Day | None]  # of the oldest instalment not fully paid
    closed_on: Mapped[Day | None]
    restructured_on: Mapped[Day | None]  # put on new rows: shown beside the portfolio at risk
    on_time: Mapped[bool] = mapped_column(
        default=True
    )  # no instalment later than its days of grace
    compensated_on: Mapped[Day | None]  # when the deposits of its group were asked to stand in
    disbursed: Mapped[int] = mapped_column(default=0, server_default="0")
    undrawn: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # agreed, and to be paid out
    principal_outstanding: Mapped[int] = mapped_column(default=0)
    principal_written_off: Mapped[int] = mapped_column(default=0)
    charged_back: Mapped[int] = mapped_column(default=0)
    interest_earned: Mapped[int] = mapped_column(default=0)  # day by day: the income
    interest_billed: Mapped[int] = mapped_column(default=0)  # of this: what has fallen due
    interest_paid: Mapped[int] = mapped_column(default=0)
    interest_waived: Mapped[int] = mapped_column(default=0)
    interest_written_off: Mapped[int] = mapped_column(default=0)
    fee_withheld: Mapped[int] = mapped_column(default=0)  # when the money was paid out
    fees_charged: Mapped[int] = mapped_column(default=0)
    fees_paid: Mapped[int] = mapped_column(default=0)
    fees_waived: Mapped[int] = mapped_column(default=0)
    fees_written_off: Mapped[int] = mapped_column(default=0)
    penalties_charged: Mapped[int] = mapped_column(default=0)
    penalties_paid: Mapped[int] = mapped_column(default=0)
    penalties_waived: Mapped[int] = mapped_column(default=0)
    penalties_written_off: Mapped[int] = mapped_column(default=0)
    recovered: Mapped[int] = mapped_column(default=0)
    rounded: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # let go: no rail carries it
    provision_used: Mapped[int] = mapped_column(default=0)  # of the principal written off
    repaid_amount: Mapped[int] = mapped_column(default=0)
    outstanding: Mapped[int] = mapped_column(default=0)
    credit: Mapped[int] = mapped_column(default=0)
    returning: Mapped[int] = mapped_column(
        "being_returned", default=0
    )  # RETURNING is a word of SQL
    cash_back_owed: Mapped[int] = mapped_column(default=0)
    accrual_begins: Mapped[Day | None]  # the straight line on which interest is earned
    accrual_ends: Mapped[Day | None]
    accrued_at_begin: Mapped[int] = mapped_column(default=0)
    accrued_at_end: Mapped[int] = mapped_column(default=0)
    next_change_on: Mapped[Day | None]  # until the day before, only that line moves
    overdue_from: Mapped[Day | None]  # days past due are counted from here (core.lending.arrears)
    paused_from: Mapped[Day | None]  # a hardship pause that is not over: no day of it counts
    paused_until: Mapped[Day | None]
    defaults_on: Mapped[Day | None]  # if nothing is paid until then

    set_aside_on: Mapped[
        Day | None
    ]  # the day that its day end broke on: it goes on without this loan
    set_aside_why: Mapped[str | None] = mapped_column(String(80))  # the kind of error, and no more

    disbursement_failed_at: Mapped[datetime | None]
    reminded_on: Mapped[Day | None]  # the last day whose reminders were looked at

    @property
    def terms(self) -> Terms:
        return Terms.from_json(self.agreed)

    @property
    def interest_accrued(self) -> int:
        """Earned and not yet billed."""
        return max(0, self.interest_earned - self.interest_billed)

    @property
    def interest_unearned(self) -> int:
        """Billed, because it was paid ahead, and not yet earned."""
        return max(0, self.interest_billed - self.interest_earned)

    @property
    def may_be_cancelled(self) -> bool:
        """Approved, but the money certainly did not reach her."""
        return self.status is LoanStatus.APPROVED and self.disbursement_failed_at is not None

    def money(self, minor: int) -> Money:
        """An amount in the currency of the loan."""
        return Money(self.currency, minor)

    def payable(self, minor: int) -> Money:
        """The same, rounded up to what a rail can pay."""
        step = self.terms.step
        return self.money(-(-minor // step) * step)


class LoanEvent(Row):
    """One event of a loan, written once. `on` is its value date in the zone of the organisation."""

    __tablename__ = "lending_event"
    __table_args__ = (
        UniqueConstraint("loan_id", "number"),
        UniqueConstraint("payment_id", "kind"),
        Index("ix_lending_event_key", "idempotency_key", unique=True),
    )

    loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"))
    number: Mapped[int]
    kind: Mapped[EventKind]
    on: Mapped[Day]
    told_on: Mapped[Day | None]  # when we heard of it: not before its value date
    amount: Mapped[int]
    reverses: Mapped[int | None]
    payment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what only some kinds have
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))  # who did it
    reason: Mapped[str] = mapped_column(String(REASON_CHARACTERS), default="")

    @property
    def event(self) -> Event:
        return Event(
            number=self.number, kind=self.kind, on=self.on, amount=self.amount, reverses=self.reverses,
            **from_json(self.details),
        )  # fmt: skip


class Instalment(Base):
    """One row of a loan's schedule with what is paid of it, stored as of `Loan.as_of`."""

    __tablename__ = "lending_instalment"

    loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    begins_on: Mapped[Day]
    due_on: Mapped[Day] = mapped_column(index=True)
    principal: Mapped[int]
    interest: Mapped[int]
    principal_paid: Mapped[int]
    interest_paid: Mapped[int]
    paid_on: Mapped[Day | None]
    fee: Mapped[int] = mapped_column(default=0)
    penalty: Mapped[int] = mapped_column(default=0)
    fee_paid: Mapped[int] = mapped_column(default=0)
    penalty_paid: Mapped[int] = mapped_column(default=0)

    @staticmethod
    def values(loan_id: uuid.UUID, row: InstalmentState) -> dict[str, Any]:
        """The columns of one row, for many at once."""
        return {"loan_id": loan_id, **{name: getattr(row, name) for name in row.__slots__}}

    @property
    def state(self) -> InstalmentState:
        return InstalmentState(
            number=self.number, begins_on=self.begins_on, due_on=self.due_on, principal=self.principal,
            interest=self.interest, principal_paid=self.principal_paid,
            interest_paid=self.interest_paid, paid_on=self.paid_on, fee=self.fee,
            penalty=self.penalty, fee_paid=self.fee_paid, penalty_paid=self.penalty_paid,
        )  # fmt: skip


class LendingDay(Base):
    """How far the day end has come in one time zone: the day it works on, and the next piece of the table."""

    __tablename__ = "lending_day"

    zone: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[Day]
    position: Mapped[int]  # a page or row number of lending_loan; later, of the due dates
    is_done: Mapped[bool]
    reminded_on: Mapped[Day | None]  # the last day whose reminders were all written
    noticed_on: Mapped[Day | None]  # the last day whose notices of a bureau were all written


class LendingClock(Base):
    """When the day end last looked at the clock, and why it does not believe it now; one row."""

    __tablename__ = "lending_clock"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    seen_at: Mapped[datetime]  # the latest instant that was believed
    apart: Mapped[int | None]  # seconds our clock was ahead of the database's then; None: not known
    doubt: Mapped[str | None] = mapped_column(String(20))
    doubted_at: Mapped[datetime | None]
