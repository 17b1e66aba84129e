"""`growr loan day`: how far the day end has come, why it waits, and what a person can do about its clock."""

from __future__ import annotations

from datetime import date, datetime

import click

from core.jobs.lending import database_now
from core.lending import day_clock, day_undo, set_aside
from core.node import Node
from gateway.cli.common import as_json, tell, tell_rows, this_node

A_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option(
    "--confirm", type=A_DAY, metavar="DATE", help="You looked at a calendar: it is this day."
)
@click.option(
    "--undo", type=A_DAY, metavar="DATE",
    help="The clock was ahead and is right now: bring loans back to this day, and take back defaults of days to come.",
)  # fmt: skip
@as_json
def day(confirm: datetime | None, undo: datetime | None, *, as_json: bool) -> None:
    """Show whether the day end believes its clock, and let it go on after a long stop or a wrong clock."""
    node = this_node()
    if undo is not None:
        left = bring_back(node, undo.date())
        tell_rows([{"loan": code, "left": "money came in on a day to come"} for code in left],
                  empty=f"every loan is back at {undo.date()}", as_json=as_json)  # fmt: skip
        return
    with node.sessions.begin() as db:
        now, database = node.clock(), database_now(db, node)
        if confirm is not None:
            day_clock.confirm(db, day=confirm.date(), now=now, database=database)
        seen = day_clock.witnesses(db, now=now, database=database)
        aside = set_aside.waiting(db)
    tell(
        {
            "day_end": f"waits: {seen.doubt}" if seen.doubt else "goes on",
            **({"since": seen.since} if seen.since else {}),
            "clock": seen.clock,
            "last_run": seen.last_run or "never",
            **({"database": seen.database} if seen.database else {}),
            "last_payment": seen.last_payment or "none",
            "loans_set_aside": len(aside),  # which: growr payment attention
        },
        as_json=as_json,
    )


def bring_back(node: Node, to: date) -> list[str]:
    """Bring every loan that is ahead back to today, one a transaction; the codes of those that need a person."""
    with node.sessions.begin() as db:
        day_undo.begin(db, day=to, now=node.clock(), database=database_now(db, node))
    left: list[str] = []
    last = None
    while True:
        with node.sessions.begin() as db:
            last = day_undo.next_loan(db, now=node.clock(), after=last)
            if last is None:
                return left
            code = day_undo.bring_back(db, loan_id=last, now=node.clock())
        left += [code] if code else []
