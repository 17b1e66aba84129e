"""The tables of lending. A loan's figures are stored for lists and sums; the truth is the fold over its events."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Day, Row
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
    eligibility_criteria: Mapped[list[Any]]
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
    payment_rails: Mapped[list[Any]]
    max_open_loans: Mapped[int]
    trusted_issuers: Mapped[list[Any]]
    verifier_did: Mapped[str] = mapped_column(String(200))
    approval_reference: Mapped[str] = mapped_column(String(80))

    def terms(self, amount: Money, duration: int) -> Terms:
        """The terms of one loan of this project: a copy, whatever becomes of the project."""
        return Terms(
            currency=self.currency, principal=amount.minor, model=self.repayment_model, duration=duration,
            interest_rate=self.interest_rate, disbursement_fee=self.disbursement_fee,
            cash_back_rate=self.cash_back_rate, grace_period=self.grace_period,
            default_after_days=self.default_after_days,
        )  # fmt: skip

    @property
    def rail(self) -> str:
        """The rail that money of this project travels on."""
        return str(self.payment_rails[0])


class Loan(Row):
    """One loan: what was agreed (never changed), and its figures as of a day (always equal to the fold)."""

    __tablename__ = "lending_loan"
    __table_args__ = (
        Index("ix_lending_loan_day", "status", "day_done", "next_due_on"),
        Index("ix_lending_loan_user", "user_id", "status"),
    )

    code: Mapped[str] = mapped_column(String(12), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_project.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    user_did: Mapped[str] = mapped_column(String(200))
    rail: Mapped[str] = mapped_column(String(20))

    agreed: Mapped[dict[str, Any]]  # the terms
    currency: Mapped[str] = mapped_column(String(3))
    contract_amount: Mapped[int]
    interest_amount: Mapped[int]
    commitment_amount: Mapped[int]
    accepted_text: Mapped[str] = mapped_column(Text)
    accepted_language: Mapped[str] = mapped_column(String(2))
    accepted_at: Mapped[datetime]
    accepted_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of text, language and terms

    status: Mapped[LoanStatus] = mapped_column(default=LoanStatus.DRAFT)
    events: Mapped[int] = mapped_column(default=0)  # how many there are: the number of the next
    as_of: Mapped[Day]  # the day of the figures below
    disbursed_on: Mapped[Day | None]
    next_due_on: Mapped[Day | None]  # of the oldest instalment not fully paid
    closed_on: Mapped[Day | None]
    principal_outstanding: Mapped[int] = mapped_column(default=0)
    interest_earned: Mapped[int] = mapped_column(default=0)
    interest_paid: Mapped[int] = mapped_column(default=0)
    repaid_amount: Mapped[int] = mapped_column(default=0)
    outstanding: Mapped[int] = mapped_column(default=0)
    credit: Mapped[int] = mapped_column(default=0)
    returning: Mapped[int] = mapped_column(
        "being_returned", default=0
    )  # RETURNING is a word of SQL
    cash_back_owed: Mapped[int] = mapped_column(default=0)

    disbursement_failed_at: Mapped[datetime | None]
    day_done: Mapped[Day]  # the last day whose arrears were looked at
    reminded_on: Mapped[Day | None]  # the last day whose reminders were looked at

    @property
    def terms(self) -> Terms:
        return Terms.from_json(self.agreed)

    @property
    def may_be_cancelled(self) -> bool:
        """Approved, but the money certainly did not reach her."""
        return self.status is LoanStatus.APPROVED and self.disbursement_failed_at is not None

    def money(self, minor: int) -> Money:
        """An amount in the currency of the loan."""
        return Money(self.currency, minor)


class LoanEvent(Row):
    """One event of a loan, written once. `on` is its value date in the zone of the organisation."""

    __tablename__ = "lending_event"
    __table_args__ = (UniqueConstraint("loan_id", "number"), UniqueConstraint("payment_id", "kind"))

    loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"))
    number: Mapped[int]
    kind: Mapped[EventKind]
    on: Mapped[Day]
    amount: Mapped[int]
    reverses: Mapped[int | None]
    payment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @property
    def event(self) -> Event:
        return Event(self.number, self.kind, self.on, self.amount, self.reverses)


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

    @property
    def state(self) -> InstalmentState:
        return InstalmentState(
            number=self.number, begins_on=self.begins_on, due_on=self.due_on, principal=self.principal,
            interest=self.interest, principal_paid=self.principal_paid,
            interest_paid=self.interest_paid, paid_on=self.paid_on, fee=self.fee,
            penalty=self.penalty, fee_paid=self.fee_paid, penalty_paid=self.penalty_paid,
        )  # fmt: skip
