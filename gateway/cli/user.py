"""`growr user`: invite, block and unblock people."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click

from core import lending, onboarding, people, sscr
from core.db import Session
from core.errors import Refusal
from core.onboarding import wallets
from core.people import Role, User
from gateway.cli.common import as_json, of_organisation, tell, the_organisation, this_node


@click.command()
@of_organisation
@click.option("--phone", required=True)
@click.option("--name", required=True, help="Given and family name.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="borrower",
    show_default=True,
)
@click.option("--language", default="en", show_default=True, help="en or sw")
@click.option(
    "--facts",
    type=click.File(),
    help='What the organisation confirms, JSON by credential type: {"kyc": {...}, "community_membership": {...}}.',
)
@as_json
def invite(
    *,
    organisation: str | None,
    phone: str,
    name: str,
    role: str,
    language: str,
    facts: TextIO | None,
    as_json: bool,
) -> None:
    """Invite a person by SMS with a one-time code; again for a fresh code."""
    node = this_node()
    given, _, family = name.partition(" ")
    with node.sessions.begin() as db:
        inviting = the_organisation(db, organisation)
        invited = onboarding.invite(
            db, keyring=node.keyring, organisation_id=inviting.id, role=Role(role),
            phone=people.normalise(phone, inviting.country), language=language, given_name=given, family_name=family,
            facts=_facts(facts), service_code=node.settings.service_code, now=node.clock(),
        )  # fmt: skip
    tell({"user": invited.id, "phone": invited.phone, "state": invited.state}, as_json=as_json)


@click.command()
@click.option("--phone", required=True)
@as_json
def block(phone: str, as_json: bool) -> None:
    """Shut a person out; she is told politely when she dials."""
    with this_node().sessions.begin() as db:
        blocked = people.block(db, user_id=_user(db, phone).id)
    tell({"phone": blocked.phone, "state": blocked.state}, as_json=as_json)


@click.command()
@click.option("--phone", required=True)
@as_json
def unblock(phone: str, as_json: bool) -> None:
    """Let a blocked person in again."""
    with this_node().sessions.begin() as db:
        found = _user(db, phone)
        registered = bool(sscr.record_of(db, found.id) or wallets.left(db, found.id))
        people.unblock(db, user_id=found.id, registered=registered)
    tell({"phone": found.phone, "state": found.state}, as_json=as_json)


@click.command()
@click.option("--phone", required=True)
@click.option(
    "--facts", type=click.File(), required=True, help="As for invite: JSON by credential type."
)
@as_json
def confirm(phone: str, facts: TextIO, as_json: bool) -> None:
    """Correct what the organisation confirms; what she holds of it is issued again, and the old one revoked."""
    node = this_node()
    with node.sessions.begin() as db:
        found = _user(db, phone)
        again = onboarding.confirm(
            db, keyring=node.keyring, issuer=node.issuer, user_id=found.id, facts=_facts(facts), now=node.clock()
        )  # fmt: skip
    tell({"phone": found.phone, "issued_again": ", ".join(again)}, as_json=as_json)


@click.command("credit-summary")
@click.argument("phone")
@as_json
def credit_summary(phone: str, as_json: bool) -> None:
    """Put a fresh summary of all her loans into her record; she gets a text."""
    node = this_node()
    with node.sessions.begin() as db:
        found = _user(db, phone)
        lending.credit_summary.ask(db, user_id=found.id, issuer=node.issuer, now=node.clock())
    tell({"phone": found.phone, "issued": "credit_summary"}, as_json=as_json)


def _user(db: Session, phone: str) -> User:
    found = people.by_phone(db, people.normalise(phone))
    if found is None:
        raise Refusal("user_unknown", phone=phone)
    return found


def _facts(source: TextIO | None) -> dict[str, dict[str, Any]]:
    if source is None:
        return {}
    try:
        facts = json.load(source)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"--facts is no JSON: {error}") from None
    if not isinstance(facts, dict) or not all(
        isinstance(claims, dict) for claims in facts.values()
    ):
        raise click.BadParameter("--facts must be one JSON object of objects, by credential type")
    return facts
