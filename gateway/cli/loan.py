"""`growr loan`: look at one loan."""

from __future__ import annotations

import click

from core import lending
from core.errors import Refusal
from gateway.cli.common import as_json, tell, this_node


@click.group()
def loan() -> None:
    """Loans."""


@loan.command()
@click.argument("code")
@as_json
def show(code: str, as_json: bool) -> None:
    """Show where a loan stands, by its code."""
    node = this_node()
    with node.sessions.begin() as db:
        found = lending.loan_for_reference(db, code)
        if found is None:
            raise Refusal("loan_unknown", loan=code)
        on = lending.today(db, found.id, now=node.clock())
        standing = lending.standing(db, found.id, on=on)
        facts = {
            "loan": found.code,
            "status": found.status,
            "outstanding": standing.outstanding,
            "next_due": standing.next_due,
            "next_due_on": standing.next_due_on,
            "days_late": standing.days_late,
            "paid": standing.paid,
            "credit": standing.credit,
        }
    tell(facts, as_json=as_json)
