"""How the desk orders a change of a loan: which loan, why, who; done in one transaction, and told how it stands."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from core import lending
from core.lending import Loan
from core.lending.servicing_change import Change, Order
from core.money import Money
from gateway.cli.common import as_json, of_organisation, tell
from gateway.cli.tenant import Tenant, within

Command = Callable[..., Any]
Verb = Callable[..., Change]


def order_options(command: Command) -> Command:
    """What every change is asked with: which loan, why, who, and a key under which it is done once."""
    command = of_organisation(as_json(command))
    command = click.option("--key", help="Told twice under one key, it is done once.")(command)
    command = click.option("--by", help="Phone of the member of staff; else the operator.")(command)
    command = click.option("--reason", required=True, help="Why; kept with the loan.")(command)
    return click.argument("code")(command)


def carry_out(
    verb: Verb, given: Callable[[Loan, date], dict[str, Any]], order: dict[str, Any]
) -> None:
    """Look up the loan, do it in one transaction, and say where the loan stands now."""
    is_json = bool(order.pop("as_json"))
    with within(order.pop("organisation")) as here:
        loan = here.loan(order.pop("code"))
        today = lending.today(here.db, loan.id, now=here.now)
        done = verb(here.db, **given(loan, today), **_order(here, loan, order))
        facts = _facts(done)
    tell(facts, as_json=is_json)


def _order(here: Tenant, loan: Loan, given: dict[str, Any]) -> Order:
    user = here.person(given["by"]) if given["by"] else None
    return Order(
        organisation_id=here.id, loan_id=loan.id, idempotency_key=given["key"] or f"desk:{uuid.uuid4().hex}",
        by=user.id if user else None, reason=given["reason"], now=here.now,
    )  # fmt: skip


def _facts(done: Change) -> dict[str, object]:
    loan, after = done.loan, done.after
    return {
        "loan": loan.code,
        "event": done.event.number,
        "status": loan.status,
        **({"amount": loan.money(done.event.amount)} if done.event.amount else {}),
        "outstanding": done.outstanding,
        "payoff": Money(loan.currency, after.payoff),
        "next_due_on": after.unpaid[0].due_on if after.unpaid else None,
    }
