"""`growr loan`: look at one loan, or compute the schedule of any terms."""

from __future__ import annotations

import json
from typing import TextIO

import click

from core import lending
from core.errors import Refusal
from core.lending import schedules
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


@loan.command()
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@click.option("--cost", is_flag=True, help="Add what it costs in all, and the yearly rates.")
def schedule(file: TextIO, cost: bool) -> None:
    """Compute schedules: one JSON object of terms a line, from FILE or standard input; a line of rows for each.

    A line that cannot be a loan is answered by {"error": ...} in its place, and the exit status is 1 at the end.
    """
    refused = False
    for line in file:
        if line.strip():
            found = schedules.answer(line, cost=cost)
            refused |= "error" in found
            click.echo(json.dumps(found))
    if refused:
        raise click.exceptions.Exit(1)
