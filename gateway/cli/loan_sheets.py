"""`growr loan show` and `growr loan statement`: where a loan stands, and how it came there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from core import lending, people
from core.ledger import digits
from core.lending import Loan, StatementLine, projects
from core.lending.servicing_history import Deed, history
from core.lending.state import EventKind
from core.money import Money
from gateway.cli.common import as_json, of_organisation, tell, tell_rows
from gateway.cli.sheets import Form, Row, form_options
from gateway.cli.sheets import show as show_sheet
from gateway.cli.tenant import within

STATEMENT = ("on", "what", "adds", "takes", "balance", "value_on")


@click.command()
@of_organisation
@click.argument("code")
@as_json
def show(organisation: str | None, code: str, *, as_json: bool) -> None:
    """Show where a loan stands and every event of it, with who did it and why."""
    with within(organisation) as here:
        db, found = here.db, here.loan(code)
        on = lending.today(db, found.id, now=here.now)
        standing = lending.standing(db, found.id, on=on)
        deeds = history(db, found.id)
        borrower = people.get(db, found.user_id)
        facts = {
            "loan": found.code,
            "status": found.status,
            "borrower": f"{borrower.given_name} {borrower.family_name}",
            "phone": borrower.phone,
            "project": projects.get(db, found.project_id).name,
            "principal": found.money(found.terms.principal),
            "rate": f"{found.terms.interest_rate.normalize():f}% a year"
            + (", flat" if found.terms.is_flat else ""),
            "disbursed_on": found.disbursed_on,
            "outstanding": standing.outstanding,
            "payoff": standing.payoff,
            "next_due": standing.next_due,
            "next_due_on": standing.next_due_on,
            "days_late": standing.days_late,
            "paid": standing.paid,
            "credit": standing.credit,
            "written_off": _written_off(found),
            "recovered": found.money(found.recovered),
            "restructured": _restructured(deeds),
            "closed_on": found.closed_on,
        }
        events = [_event(deed) for deed in deeds]
    if as_json:
        tell({**facts, "events": events}, as_json=True)
        return
    tell(facts, as_json=False)
    tell_rows(events, empty="nothing happened yet", as_json=False)


@click.command()
@of_organisation
@click.argument("code")
@form_options
def statement(organisation: str | None, code: str, *, form: Form | None) -> None:
    """Print every movement of a loan with what she owes after it; in CSV for a spreadsheet."""
    with within(organisation) as here:
        db, found = here.db, here.loan(code)
        on = lending.today(db, found.id, now=here.now)
        lines = lending.statement(db, found.id, on=on)
        show_sheet(STATEMENT, _running(lines, found.currency), form or Form.TABLE)


def _running(lines: Iterable[StatementLine], currency: str) -> Iterator[Row]:
    balance = Money(currency, 0)
    for line in lines:
        balance += line.effect
        side = {1: "adds", -1: "takes"}.get(line.sign, "")
        yield {
            "on": line.on,
            **({"value_on": line.value_on} if line.value_on else {}),
            "what": line.kind.replace("_", " "),
            "balance": digits(balance),
            **({side: digits(line.money)} if side else {}),
        }


def _written_off(loan: Loan) -> Money:
    """All that was given up of it: principal, interest, fees, penalties."""
    parts = (
        loan.principal_written_off, loan.interest_written_off, loan.fees_written_off, loan.penalties_written_off,
    )  # fmt: skip
    return loan.money(sum(parts))


def _restructured(deeds: Iterable[Deed]) -> str:
    """On which days its dates were changed, but for what was taken back; empty where they never were."""
    told = [*deeds]
    undone = {deed.reverses for deed in told if deed.kind is EventKind.REVERSED}
    days = [
        deed.on.isoformat()
        for deed in told
        if deed.kind is EventKind.RESCHEDULED and deed.number not in undone
    ]
    return ", ".join(days)


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
