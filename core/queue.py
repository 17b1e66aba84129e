"""The table is the queue: a service names the row, and once it is committed a worker is woken. Nothing more."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker


class Job(StrEnum):
    """Everything this node does in the background; `core.jobs.JOBS` answers each one."""

    SMS_SEND = "sms.send"  # messages waiting to leave
    SMS_INBOX = "sms.inbox"  # messages and delivery reports that came in
    PAYMENT_SUBMIT = "payment.submit"  # payments ready to be sent to their rail
    PAYMENT_INBOX = "payment.inbox"  # callbacks stored and not yet understood
    PAYMENT_ASK = "payment.ask"  # open payments whose turn to be asked about has come
    PAYMENT_STATEMENT = "payment.statement"  # pay-ins that only the provider's statement tells of
    SIM_ASK = "sim.ask"  # SIM cards whose age decides about a new PIN or a move
    SWEEP = "sweep"  # rows that were claimed by a worker which then died
    OUTSIDE_REFRESH = "outside.refresh"  # keys and status lists of other issuers
    SOURCE_ASK = "source.ask"  # what people asked others to confirm
    HANDOVER = "handover"  # records on their way to another node, and from one
    RETENTION = "retention"  # rows about people that are past their term
    LOAN_DAY = "loan.day"  # arrears, reminders and defaults of the day
    LOAN_GROUP = "loan.group"  # deposits that stand in or go back, projects that have ended


class Lane(StrEnum):
    """What may wait for one another: the work of one lane is done by workers of its own."""

    MONEY = "money"  # waits for the mobile-money provider
    TEXTS = "texts"  # waits for the SMS carrier
    OUTSIDE = "outside"  # waits for strangers
    HOUSE = "house"  # waits for nobody but the database


LANES: dict[Lane, tuple[Job, ...]] = {
    Lane.MONEY: (Job.PAYMENT_SUBMIT, Job.PAYMENT_ASK, Job.PAYMENT_STATEMENT),
    Lane.TEXTS: (Job.SMS_SEND,),
    Lane.OUTSIDE: (Job.SOURCE_ASK, Job.HANDOVER, Job.SIM_ASK, Job.OUTSIDE_REFRESH),
    Lane.HOUSE: (
        Job.PAYMENT_INBOX,
        Job.SMS_INBOX,
        Job.SWEEP,
        Job.LOAN_DAY,
        Job.LOAN_GROUP,
        Job.RETENTION,
    ),
}


def enqueue(db: Session, job: Job) -> None:
    """Wake a worker for this kind of row once the transaction is committed, and only then."""
    db.info.setdefault("jobs", set()).add(job)


def connect(sessions: sessionmaker[Session], wake: Callable[[Job], object]) -> None:
    """Call `wake` for every job enqueued in a session of `sessions`, after its commit."""

    @event.listens_for(sessions, "after_commit")
    def _wake(db: Session) -> None:
        if db.in_nested_transaction():  # a savepoint was released, nothing is committed yet
            return
        for job in sorted(db.info.pop("jobs", ())):
            wake(job)

    @event.listens_for(sessions, "after_rollback")
    def _forget(db: Session) -> None:
        if not db.in_nested_transaction():
            db.info.pop("jobs", None)
