"""`growr loan`: list loans, and act where money did not arrive."""

from __future__ import annotations

import click

from config.limits import LIST_ROWS
from core import lending, people
from core.lending import LoanStatus
from core.lending.tranches import plan
from gateway.cli.common import as_json, of_organisation, tell, tell_rows
from gateway.cli.tenant import within


@click.command("list")
@of_organisation
@click.option("--status", type=click.Choice([one.value for one in LoanStatus]), help="Else all.")
@as_json
def list_loans(organisation: str | None, status: str | None, as_json: bool) -> None:
    """List the newest loans; `payout_failed` are those to disburse again or to cancel."""
    wanted = LoanStatus(status) if status else None
    with within(organisation) as here:
        found = lending.newest(here.db, organisation_id=here.id, status=wanted, limit=LIST_ROWS)
        rows = [
            {
                "loan": one.code,
                "phone": people.get(here.db, one.user_id).phone,
                "status": one.status,
                "payout_failed": one.may_be_cancelled,
                "outstanding": one.money(one.outstanding),
                "next_due_on": one.next_due_on,
                "credit": one.money(one.credit),
            }
            for one in found
        ]
    tell_rows(rows, empty="no such loan", as_json=as_json)


@click.command("disburse-again")
@of_organisation
@click.argument("code")
@as_json
def disburse_again(organisation: str | None, code: str, as_json: bool) -> None:
    """Send the money once more after it certainly did not arrive."""
    with within(organisation) as here:
        loan_id = here.loan(code).id
        sent = lending.disburse_again(
            here.db, organisation_id=here.id, loan_id=loan_id, now=here.now
        )
        facts = {"loan": sent.code, "status": sent.status, "sending": plan(sent.terms)[0].received}
    tell(facts, as_json=as_json)


@click.command()
@of_organisation
@click.argument("code")
@as_json
def cancel(organisation: str | None, code: str, as_json: bool) -> None:
    """Give up a loan whose money did not reach her."""
    with within(organisation) as here:
        loan_id = here.loan(code).id
        gone = lending.cancel(here.db, organisation_id=here.id, loan_id=loan_id, now=here.now)
        facts = {"loan": gone.code, "status": gone.status}
    tell(facts, as_json=as_json)


@click.command("return-owed")
@of_organisation
@click.argument("code")
@as_json
def return_owed(organisation: str | None, code: str, as_json: bool) -> None:
    """Ask again for what we owe a borrower (surplus, cash-back) and nothing is under way for."""
    with within(organisation) as here:
        loan_id = here.loan(code).id
        asked = lending.return_owed(here.db, organisation_id=here.id, loan_id=loan_id, now=here.now)
        rows = [{"payment": one.id, "kind": one.kind, "amount": one.money} for one in asked]
    tell_rows(rows, empty="nothing to return, or it is under way", as_json=as_json)
