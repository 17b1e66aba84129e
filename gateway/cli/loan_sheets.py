"""`growr loan show` and `growr loan statement`: where a loan stands, and how it came there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from core import lending
from core.ledger import digits
from core.lending import StatementLine
from core.lending.servicing_history import Deed, history
from core.money import Money
from gateway.cli.common import as_json, tell, tell_rows, this_node
from gateway.cli.loan_orders import known_loan
from gateway.cli.sheets import Form, Row, form_options
from gateway.cli.sheets import show as show_sheet

STATEMENT = ("on", "what", "adds", "takes", "balance")


@click.command()
@click.argument("code")
@as_json
def show(code: str, *, as_json: bool) -> None:
    """Show where a loan stands and every event of it, with who did it and why."""
    node = this_node()
    with node.sessions.begin() as db:
        found = known_loan(db, code)
        on = lending.today(db, found.id, now=node.clock())
        standing = lending.standing(db, found.id, on=on)
        facts = {
            "loan": found.code,
            "status": found.status,
            "outstanding": standing.outstanding,
            "payoff": standing.payoff,
            "next_due": standing.next_due,
            "next_due_on": standing.next_due_on,
            "days_late": standing.days_late,
            "paid": standing.paid,
            "credit": standing.credit,
        }
        events = [_event(deed) for deed in history(db, found.id)]
    if as_json:
        tell({**facts, "events": events}, as_json=True)
        return
    tell(facts, as_json=False)
    tell_rows(events, empty="nothing happened yet", as_json=False)


@click.command()
@click.argument("code")
@form_options
def statement(code: str, *, form: Form | None) -> None:
    """Print every movement of a loan with what she owes after it; in CSV for a spreadsheet."""
    node = this_node()
    with node.sessions.begin() as db:
        found = known_loan(db, code)
        on = lending.today(db, found.id, now=node.clock())
        lines = lending.statement(db, found.id, on=on)
        show_sheet(STATEMENT, _running(lines, found.currency), form or Form.TABLE)


def _running(lines: Iterable[StatementLine], currency: str) -> Iterator[Row]:
    balance = Money(currency, 0)
    for line in lines:
        balance += line.effect
        side = {1: "adds", -1: "takes"}.get(line.sign, "")
        yield {
            "on": line.on,
            "what": line.kind.replace("_", " "),
            "balance": digits(balance),
            **({side: digits(line.money)} if side else {}),
        }


def _event(deed: Deed) -> Row:
    told = {
        "event": deed.number,
        "on": deed.on,
        "kind": deed.kind,
        "amount": deed.amount if deed.amount else None,
        **deed.details,
        "reverses": deed.reverses,
        "by": deed.by,
        "reason": deed.reason,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}
