"""`growr loan repay` and `take-back`: money that came in cash or by bank, and a mistake about it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import click

from core import lending, money
from core.lending import counter_repayments
from core.lending.counter_repayments import Via
from core.payments import Payment
from gateway.cli.common import as_json, of_organisation, tell
from gateway.cli.loan_desk import day
from gateway.cli.tenant import Tenant, within

via_option = click.option(
    "--via", type=click.Choice([one.value for one in Via]), required=True, help="How it came."
)
reference_option = click.option(
    "--reference", required=True, help="Number of the receipt you gave, or of the transfer."
)
by_option = click.option("--by", help="Phone of the member of staff; else the operator.")


@click.command()
@of_organisation
@click.argument("code")
@click.option("--amount", required=True, help="Whole units of its currency.")
@via_option
@reference_option
@click.option("--on", type=day, help="The day it came; by default today.")
@click.option("--overpaid", is_flag=True, help="More than she owes, and right: the rest goes back.")
@by_option
@as_json
def repay(
    *, organisation: str | None, code: str, amount: str, via: str, reference: str,
    on: date | timedelta | None, overpaid: bool, by: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Record a repayment in cash or by bank; she gets a receipt by text. The same reference again is the same money."""
    with within(organisation) as here:
        loan = here.loan(code)
        today = lending.today(here.db, loan.id, now=here.now)
        done = counter_repayments.record(
            here.db, organisation_id=here.id, loan_id=loan.id, amount=money.parse(loan.currency, amount),
            via=Via(via), reference=reference, by=_by(here, by), overpaid=overpaid, now=here.now,
            on=today + on if isinstance(on, timedelta) else on,
        )  # fmt: skip
        facts = _facts(here, loan.id, done)
    tell(facts, as_json=as_json)


@click.command("take-back")
@of_organisation
@click.argument("code")
@via_option
@reference_option
@click.option("--reason", required=True, help="Why; kept with the loan.")
@by_option
@as_json
def take_back(
    *, organisation: str | None, code: str, via: str, reference: str, reason: str, by: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Take back a repayment that was recorded by mistake; she is told."""
    with within(organisation) as here:
        loan = here.loan(code)
        done = counter_repayments.take_back(
            here.db, organisation_id=here.id, loan_id=loan.id, via=Via(via), reference=reference, reason=reason,
            by=_by(here, by), now=here.now,
        )  # fmt: skip
        facts = _facts(here, loan.id, done)
    tell(facts, as_json=as_json)


def _by(here: Tenant, phone: str | None) -> uuid.UUID | None:
    return here.person(phone).id if phone else None


def _facts(here: Tenant, loan_id: uuid.UUID, done: Payment) -> dict[str, Any]:
    loan = lending.get(here.db, loan_id)
    standing = lending.standing(here.db, loan_id, on=lending.today(here.db, loan_id, now=here.now))
    return {
        "loan": loan.code, "payment": done.id, "amount": done.money, "reference": done.receipt, "state": done.state,
        "status": loan.status, "outstanding": standing.outstanding, "payoff": standing.payoff,
        "next_due": standing.next_due, "next_due_on": standing.next_due_on, "credit": standing.credit,
    }  # fmt: skip
