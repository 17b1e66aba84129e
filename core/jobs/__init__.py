"""Which function answers which job. Each drains its rows, says how many it did, and may run twice or in parallel."""

from __future__ import annotations

from collections.abc import Callable

from core.jobs import handover, issuers, lending, messaging, payments, retention, sources, upkeep
from core.node import Node
from core.queue import Job

JOBS: dict[Job, Callable[[Node], int]] = {
    Job.SMS_SEND: messaging.send,
    Job.SMS_INBOX: messaging.inbox,
    Job.PAYMENT_SUBMIT: payments.submit,
    Job.PAYMENT_INBOX: payments.inbox,
    Job.PAYMENT_ASK: payments.ask,
    Job.PAYMENT_STATEMENT: payments.statement,
    Job.OUTSIDE_REFRESH: issuers.refresh,
    Job.SOURCE_ASK: sources.ask,
    Job.RETENTION: retention.forget,
    Job.SIM_ASK: upkeep.ask_sims,
    Job.SWEEP: upkeep.sweep,
    Job.HANDOVER: handover.run,
    Job.LOAN_DAY: lending.day,
    Job.LOAN_GROUP: lending.group,
}
