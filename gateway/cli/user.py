"""`growr user`: invite people, list, block and unblock them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, TextIO

import click

from config.limits import LIST_ROWS
from core import clock, lending, onboarding, people, sscr
from core.credentials import status
from core.errors import Refusal
from core.onboarding import wallets
from core.people import Role, User, UserState
from gateway.cli.common import as_json, of_organisation, tell, tell_rows
from gateway.cli.tenant import Tenant, within

STATES = [state.value for state in UserState]
ROLES = [role.value for role in Role]


@click.command()
@of_organisation
@click.option("--phone", required=True)
@click.option("--name", required=True, help="Given and family name.")
@click.option("--role", type=click.Choice(ROLES), default="borrower", show_default=True)
@click.option("--language", default="en", show_default=True, help="en or sw")
@click.option(
    "--facts",
    type=click.File(),
    help='What the organisation confirms, JSON by credential type: {"kyc": {...}, "community_membership": {...}}.',
)
@click.option(
    "--by", help="Phone of the member of staff who invites, and is told if the text fails."
)
@as_json
def invite(
    *,
    organisation: str | None,
    by: str | None,
    phone: str,
    name: str,
    role: str,
    language: str,
    facts: TextIO | None,
    as_json: bool,
) -> None:
    """Invite a person by SMS with a one-time code; again for a fresh code."""
    given, _, family = name.partition(" ")
    known = _facts(facts)
    with within(organisation) as here:
        here.by = here.person(by).id if by else None
        before = _name_before(here, phone)
        invited = onboarding.invite(
            here.db, keyring=here.node.keyring, organisation_id=here.id, role=Role(role),
            phone=phone, language=language, given_name=given, by=here.by,
            family_name=family, facts=known, service_code=here.node.settings.service_code, now=here.now,
        )  # fmt: skip
        told = _told(invited)
        if before not in (None, told["name"]):
            told["invited_before_as"] = before
    tell(told, as_json=as_json)


def _name_before(here: Tenant, phone: str) -> str | None:
    """Under which name she was invited already, where this organisation did."""
    try:
        return str(_told(here.person(phone))["name"])
    except Refusal:  # it is a new number
        return None


@click.command("list")
@of_organisation
@click.option("--role", type=click.Choice(ROLES), help="Else all.")
@click.option("--state", type=click.Choice(STATES), help="Else all.")
@as_json
def list_users(
    organisation: str | None, role: str | None, state: str | None, as_json: bool
) -> None:
    """List the people of an organisation, the newest first."""
    with within(organisation) as here:
        found = people.members(
            here.db, organisation_id=here.id, role=Role(role) if role else None,
            state=UserState(state) if state else None, limit=LIST_ROWS,
        )  # fmt: skip
        rows = [_told(one) for one in found]
    tell_rows(rows, empty="nobody yet", as_json=as_json)


@click.command("invitations")
@of_organisation
@click.option("--failed", is_flag=True, help="Only those whose text did not arrive.")
@as_json
def list_invitations(organisation: str | None, failed: bool, as_json: bool) -> None:
    """List who was invited and has not come, and what became of the text with the code."""
    with within(organisation) as here:
        found = onboarding.invitations(
            here.db, organisation_id=here.id, limit=LIST_ROWS, now=here.now, failed=failed
        )
        rows = [
            {
                "phone": one.user.phone, "name": f"{one.user.given_name} {one.user.family_name}".strip(),
                "role": one.user.role, "invited_on": one.invited_at.date(), "until": one.expires_at.date(),
                "code": "no longer valid" if one.code_is_void else "valid", "text": one.text,
                "failed": one.has_failed, "reason": one.failure,
            }
            for one in found
        ]  # fmt: skip
    tell_rows(rows, empty="nobody waits", as_json=as_json)


@click.command("texts")
@of_organisation
@click.argument("phone", required=False)
@click.option(
    "--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How far back."
)
@as_json
def list_lost_texts(organisation: str | None, phone: str | None, days: int, as_json: bool) -> None:
    """List texts that did not arrive, the newest first: what people were not told, and why; one person's, if named."""
    with within(organisation) as here:
        found = onboarding.undelivered(
            here.db, organisation_id=here.id, since=here.now - timedelta(days=days), limit=LIST_ROWS,
            phone=here.person(phone).phone if phone else None,
        )  # fmt: skip
        rows = [
            {
                "phone": user.phone, "name": f"{user.given_name} {user.family_name}".strip(), "text": lost.template,
                "on": clock.local_day(lost.created_at, here.organisation.timezone), "became": lost.state,
                "reason": lost.failure or "",
            }
            for user, lost in found
        ]  # fmt: skip
    tell_rows(rows, empty="every text arrived, as far as the network says", as_json=as_json)


@click.command()
@of_organisation
@click.option("--phone", required=True)
@as_json
def withdraw(organisation: str | None, phone: str, as_json: bool) -> None:
    """Take an invitation back that was a mistake: its code is void, and the number is free again."""
    with within(organisation) as here:
        user_id = here.person(phone).id
        number = onboarding.withdraw(here.db, organisation_id=here.id, user_id=user_id)
    tell({"phone": number, "withdrawn": True}, as_json=as_json)


@click.command()
@of_organisation
@click.option("--phone", required=True)
@as_json
def block(organisation: str | None, phone: str, as_json: bool) -> None:
    """Shut a person out; she is told politely when she dials."""
    with within(organisation) as here:
        user_id = here.person(phone).id
        told = _told(people.block(here.db, organisation_id=here.id, user_id=user_id))
    tell(told, as_json=as_json)


@click.command()
@of_organisation
@click.option("--phone", required=True)
@as_json
def unblock(organisation: str | None, phone: str, as_json: bool) -> None:
    """Let a blocked person in again."""
    with within(organisation) as here:
        db, user_id = here.db, here.person(phone).id
        registered = bool(sscr.record_of(db, user_id) or wallets.left(db, user_id))
        found = people.unblock(db, organisation_id=here.id, user_id=user_id, registered=registered)
        told = _told(found)
    tell(told, as_json=as_json)


@click.command()
@of_organisation
@click.option("--phone", required=True)
@click.option(
    "--facts", type=click.File(), required=True, help="As for invite: JSON by credential type."
)
@as_json
def confirm(organisation: str | None, phone: str, facts: TextIO, as_json: bool) -> None:
    """Correct what the organisation confirms; what she holds of it is issued again, and the old one revoked."""
    known = _facts(facts)
    with within(organisation) as here:
        found = here.person(phone)
        again = onboarding.confirm(
            here.db, keyring=here.node.keyring, issuer=here.node.issuer, organisation_id=here.id,
            user_id=found.id, facts=known, now=here.now,
        )  # fmt: skip
        told = {"phone": found.phone, "issued_again": ", ".join(again)}
    tell(told, as_json=as_json)


@click.command("credentials")
@of_organisation
@click.argument("phone")
@as_json
def list_credentials(organisation: str | None, phone: str, as_json: bool) -> None:
    """List what this node has issued to a person, whether it holds, and who changed that and why."""
    with within(organisation) as here:
        rows = [
            {
                "type": one.type, "issued_on": one.issued_at.date(), "until": one.expires_at.date(),
                "status": one.value, "about": one.reference,
                "changes": "; ".join(
                    f"{change.at:%Y-%m-%d} {change.value} by {change.by}: {change.reason}"
                    for change in status.changes(here.db, one.credential_id)
                ) if one.credential_id else "",
            }
            for one in status.issued(here.db, here.person(phone).id)
        ]  # fmt: skip
    tell_rows(rows, empty="nothing was issued to her", as_json=as_json)


@click.command("credit-summary")
@of_organisation
@click.argument("phone")
@as_json
def credit_summary(organisation: str | None, phone: str, as_json: bool) -> None:
    """Put a fresh summary of all her loans into her record; she gets a text."""
    with within(organisation) as here:
        found = here.person(phone)
        lending.credit_summary.ask(here.db, user_id=found.id, issuer=here.node.issuer, now=here.now)
        told = {"phone": found.phone, "issued": "credit_summary"}
    tell(told, as_json=as_json)


def _told(user: User) -> dict[str, Any]:
    return {
        "user": user.id, "phone": user.phone, "name": f"{user.given_name} {user.family_name}".strip(),
        "role": user.role, "state": user.state, "language": user.language,
    }  # fmt: skip


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
