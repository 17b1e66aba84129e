"""`growr loan`: list loans, and act where money did not arrive."""

from __future__ import annotations

import click
from sqlalchemy import select

from config.limits import LIST_ROWS
from core import lending
from core.lending import Loan, LoanStatus
from core.lending.tranches import plan
from gateway.cli.common import as_json, tell, tell_rows, this_node
from gateway.cli.loan_orders import known_loan


@click.command("list")
@click.option("--status", type=click.Choice([one.value for one in LoanStatus]), help="Else all.")
@as_json
def list_loans(status: str | None, as_json: bool) -> None:
    """List the newest loans; `payout_failed` are those to disburse again or to cancel."""
    query = select(Loan).order_by(Loan.created_at.desc(), Loan.code.desc()).limit(LIST_ROWS)
    if status:
        query = query.where(Loan.status == LoanStatus(status))
    with this_node().sessions.begin() as db:
        rows = [
            {
                "loan": one.code,
                "status": one.status,
                "payout_failed": one.may_be_cancelled,
                "outstanding": one.money(one.outstanding),
                "next_due_on": one.next_due_on,
                "credit": one.money(one.credit),
            }
            for one in db.scalars(query)
        ]
    tell_rows(rows, empty="no such loan", as_json=as_json)


@click.command("disburse-again")
@click.argument("code")
@as_json
def disburse_again(code: str, as_json: bool) -> None:
    """Send the money once more after it certainly did not arrive."""
    node = this_node()
    with node.sessions.begin() as db:
        sent = lending.disburse_again(db, loan_id=known_loan(db, code).id, now=node.clock())
        facts = {"loan": sent.code, "status": sent.status, "sending": plan(sent.terms)[0].received}
    tell(facts, as_json=as_json)


@click.command()
@click.argument("code")
@as_json
def cancel(code: str, as_json: bool) -> None:
    """Give up a loan whose money did not reach her."""
    node = this_node()
    with node.sessions.begin() as db:
        gone = lending.cancel(db, loan_id=known_loan(db, code).id, now=node.clock())
        facts = {"loan": gone.code, "status": gone.status}
    tell(facts, as_json=as_json)


@click.command("return-owed")
@click.argument("code")
@as_json
def return_owed(code: str, as_json: bool) -> None:
    """Ask again for what we owe a borrower (surplus, cash-back) and nothing is under way for."""
    node = this_node()
    with node.sessions.begin() as db:
        asked = lending.return_owed(db, loan_id=known_loan(db, code).id, now=node.clock())
        rows = [{"payment": one.id, "kind": one.kind, "amount": one.money} for one in asked]
    tell_rows(rows, empty="nothing to return, or it is under way", as_json=as_json)
