"""`growr org`: set up an organisation with its first admin, and list them."""

from __future__ import annotations

import click

from config.limits import LIST_ROWS
from core import onboarding, people
from core.people import Role
from gateway.cli.common import as_json, tell, tell_rows, this_node


@click.command()
@click.option("--name", required=True, help="As borrowers know it, e.g. 'Mavuno Coop'.")
@click.option("--admin-phone", required=True, help="The first admin is invited at this number.")
@click.option("--admin-name", required=True, help="Given and family name of the first admin.")
@click.option("--country", default="KE", show_default=True)
@click.option("--currency", default="KES", show_default=True)
@click.option("--timezone", default="Africa/Nairobi", show_default=True)
@click.option("--support-phone", help="Where borrowers get help; the admin's phone if not given.")
@click.option("--language", default="en", show_default=True, help="en or sw")
@as_json
def create(
    *,
    name: str,
    admin_phone: str,
    admin_name: str,
    country: str,
    currency: str,
    timezone: str,
    support_phone: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Create an organisation and invite its first admin by SMS; with a number we know already nothing is created."""
    node = this_node()
    phone = people.mobile(admin_phone, country)
    given, _, family = admin_name.partition(" ")
    with node.sessions.begin() as db:
        made = people.create_organisation(
            db, name=name, country=country, currency=currency, timezone=timezone,
            support_phone=people.normalise(support_phone or admin_phone, country),
        )  # fmt: skip
        admin = onboarding.invite(
            db, keyring=node.keyring, organisation_id=made.id, role=Role.ADMIN, phone=phone, language=language,
            given_name=given, family_name=family, service_code=node.settings.service_code, now=node.clock(),
        )  # fmt: skip
    tell({"organisation": made.id, "name": made.name, "admin": admin.phone}, as_json=as_json)


@click.command("list")
@as_json
def list_organisations(as_json: bool) -> None:
    """List the organisations of this node: each is one --org."""
    with this_node().sessions() as db:
        rows = [
            {
                "organisation": one.name, "country": one.country, "currency": one.currency,
                "timezone": one.timezone, "support_phone": one.support_phone, "id": one.id,
            }
            for one in people.organisations(db, limit=LIST_ROWS)
        ]  # fmt: skip
    tell_rows(rows, empty="none yet: growr org create", as_json=as_json)
