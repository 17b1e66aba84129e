"""`growr payment`: the payments that rules could not settle, and a person's decision about them."""

from __future__ import annotations

import uuid

import click

from config.limits import LIST_ROWS
from core import lending, payments
from core.errors import Refusal
from core.jobs.payments import desk
from core.lending import day_attention, owned
from core.lending import suspense as placing
from core.money import parse
from core.payments import Payment, set_aside
from core.refusal_codes import RefusalCode
from gateway.cli.common import as_json, of_organisation, tell, tell_rows, this_node
from gateway.cli.payment_advice import advice
from gateway.cli.tenant import of_node, the_owner, within


@click.command()
@of_organisation
@of_node
@as_json
def attention(organisation: str | None, of_node: bool, as_json: bool) -> None:
    """List what waits for a person, the oldest first."""
    with this_node().sessions.begin() as db:
        owner = the_owner(db, organisation, of_node=of_node)
        rows = [
            {
                "payment": waiting.payment_id,
                "since": waiting.created_at,
                "reason": waiting.reason,
                "do": advice(waiting.reason),
                **{name: str(value) for name, value in waiting.facts.items()},
            }
            for waiting in owned.attentions(db, owner=owner, limit=LIST_ROWS)
        ]
        rows += [
            {
                "callback": unread.id,
                "since": unread.set_aside_at,
                "reason": "callback_set_aside",
                "do": advice("callback_set_aside"),
                "topic": unread.topic.value,
                "payment": unread.payment_id or "not known",
            }
            for unread in (set_aside.waiting(db, LIST_ROWS) if owner is None else [])
        ]
        rows += day_attention.rows(db, owner=owner)
    tell_rows(rows, empty="nothing waits for a person", as_json=as_json)


@click.command()
@of_organisation
@of_node
@click.argument("payment_id", type=click.UUID)
@click.option("--paid/--not-paid", required=True, help="What the provider's own portal shows.")
@click.option("--receipt", help="The provider's receipt number, if it was paid.")
@as_json
def decide(
    *, organisation: str | None, of_node: bool, payment_id: uuid.UUID, paid: bool, receipt: str | None, as_json: bool
) -> None:  # fmt: skip
    """Settle an open payment by what you saw in the provider's portal; the loan and the ledger follow."""
    node = this_node()
    with node.sessions.begin() as db:
        owner = the_owner(db, organisation, of_node=of_node)
        found = owned.payment(db, owner=owner, payment_id=payment_id)
        if not found.is_open:
            raise Refusal(RefusalCode.PAYMENT_NOT_OPEN, state=found.state)
    desk(node).decide(payment_id, paid=paid, receipt=receipt)
    with node.sessions.begin() as db:
        state = db.get_one(Payment, payment_id).state
    tell({"payment": payment_id, "state": state}, as_json=as_json)


@click.command()
@of_organisation
@click.argument("receipt")
@click.option("--amount", required=True, help="As the portal shows it, e.g. 1500.")
@click.option("--loan", "code", required=True, help="The account that the payer named.")
@as_json
def find(organisation: str | None, receipt: str, amount: str, code: str, as_json: bool) -> None:
    """Have a pay-in looked for that you saw in the provider's portal; it counts once the provider confirms it."""
    with within(organisation) as here:
        loan, node = here.loan(code), here.node
        rail, money = loan.rail, parse(loan.currency, amount)
    is_new = desk(node).find(rail, receipt.strip().upper(), money, loan.code)
    tell({"receipt": receipt, "asked": is_new}, as_json=as_json)


@click.command()
@of_organisation
@of_node
@click.argument("payment_id", type=click.UUID)
@as_json
def resolve(
    *, organisation: str | None, of_node: bool, payment_id: uuid.UUID, as_json: bool
) -> None:
    """Take a payment, or a callback, off the list of what waits, because you have seen to it; no money moves."""
    node = this_node()
    with node.sessions.begin() as db:
        owner = the_owner(db, organisation, of_node=of_node)
        if owner is not None or not set_aside.dismiss(db, payment_id, now=node.clock()):
            owned.payment(db, owner=owner, payment_id=payment_id)
            if not payments.resolve(db, payment_id, now=node.clock()):
                raise Refusal(RefusalCode.NOTHING_WAITS, payment=payment_id)
    tell({"payment": payment_id, "resolved": True}, as_json=as_json)


@click.command()
@of_organisation
@of_node
@click.argument("callback_id", type=click.UUID)
@as_json
def reread(
    *, organisation: str | None, of_node: bool, callback_id: uuid.UUID, as_json: bool
) -> None:
    """Have a callback that was set aside read again, e.g. after an update of the node; it is nobody's yet."""
    node = this_node()
    with node.sessions.begin() as db:
        if the_owner(db, organisation, of_node=of_node) is not None:
            raise Refusal(RefusalCode.CALLBACK_UNKNOWN, callback=callback_id)
        set_aside.read_again(db, callback_id, now=node.clock())
    tell({"callback": callback_id, "read": "again"}, as_json=as_json)


@click.command()
@of_organisation
@of_node
@as_json
def suspense(organisation: str | None, of_node: bool, as_json: bool) -> None:
    """List the money that no rule could place (account 2900), the oldest first; `clear` places it."""
    with this_node().sessions.begin() as db:
        owner = the_owner(db, organisation, of_node=of_node)
        rows = [
            {
                "id": held.id,
                "since": held.since,
                "amount": held.money,
                "what": "missing" if held.is_missing else "too much",
                "loan": held.loan,
            }
            for held in placing.held(db, owner=owner, limit=LIST_ROWS)
        ]
    tell_rows(rows, empty="nothing is held", as_json=as_json)


@click.command()
@of_organisation
@of_node
@click.argument("held_id", metavar="ID", type=click.UUID)
@click.option(
    "--into",
    type=click.Choice([one.value for one in placing.Into]),
    required=True,
    help=(
        "loan: it is the loan's: credited, or owed. loss: nobody brings it back. "
        "bank, mpesa: it came, or went back, by hand."
    ),
)
@click.option(
    "--loan", "code", help="With --into loan: whose it is, where the payer named no loan."
)
@click.option("--reason", required=True, help="Why; it is kept.")
@as_json
def clear(
    *,
    organisation: str | None,
    of_node: bool,
    held_id: uuid.UUID,
    into: str,
    code: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Say where money in suspense belongs, by the ID that `suspense` lists."""
    node = this_node()
    with node.sessions.begin() as db:
        owner = the_owner(db, organisation, of_node=of_node)
        found = lending.loan_for_reference(db, code) if code else None
        if code and found is None:
            raise Refusal(RefusalCode.LOAN_UNKNOWN, loan=code)
        money = placing.clear(
            db,
            owner=owner,
            subject_id=held_id,
            into=placing.Into(into),
            reason=reason,
            now=node.clock(),
            loan_id=found.id if found else None,
        )
    tell({"id": held_id, "placed": money, "into": into}, as_json=as_json)
