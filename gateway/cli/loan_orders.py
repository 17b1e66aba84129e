"""How the desk orders a change of a loan: which loan, why, who; done in one transaction, and told how it stands."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from core import lending, people
from core.db import Session
from core.errors import Refusal
from core.lending import Loan
from core.lending.servicing_change import Change, Order
from core.money import Money
from core.node import Node
from gateway.cli.common import as_json, tell, this_node

Command = Callable[..., Any]
Verb = Callable[..., Change]


def order_options(command: Command) -> Command:
    """What every change is asked with: which loan, why, who, and a key under which it is done once."""
    command = as_json(command)
    command = click.option("--key", help="Told twice under one key, it is done once.")(command)
    command = click.option("--by", help="Phone of the member of staff; else the operator.")(command)
    command = click.option("--reason", required=True, help="Why; kept with the loan.")(command)
    return click.argument("code")(command)


def carry_out(
    verb: Verb, given: Callable[[Loan, date], dict[str, Any]], order: dict[str, Any]
) -> None:
    """Look up the loan, do it in one transaction, and say where the loan stands now."""
    node, is_json = this_node(), bool(order.pop("as_json"))
    with node.sessions.begin() as db:
        loan = known_loan(db, order.pop("code"))
        today = lending.today(db, loan.id, now=node.clock())
        done = verb(db, **given(loan, today), **_order(db, node, loan, order))
        facts = _facts(done)
    tell(facts, as_json=is_json)


def known_loan(db: Session, code: str) -> Loan:
    """The loan of this code, however it is typed. Refuses loan_unknown."""
    found = lending.loan_for_reference(db, code)
    if found is None:
        raise Refusal("loan_unknown", loan=code)
    return found


def _order(db: Session, node: Node, loan: Loan, given: dict[str, Any]) -> Order:
    phone = given["by"]
    user = people.by_phone(db, phone) if phone else None
    if phone and user is None:
        raise Refusal("user_unknown", phone=phone)
    return Order(
        loan_id=loan.id, idempotency_key=given["key"] or f"desk:{uuid.uuid4().hex}",
        by=user.id if user else None, reason=given["reason"], now=node.clock(),
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
