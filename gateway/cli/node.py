"""`growr node`: what this node is, and the addresses an operator gives to its providers."""

from __future__ import annotations

import click

from config import start
from core.payments.rail import Registration
from gateway.cli.common import as_json, identity, tell


@click.command()
@as_json
def info(as_json: bool) -> None:
    """Show identity, blueprint and rails."""
    running = identity()
    facts = {
        "did": running.issuer.did,
        "blueprint": running.blueprint.name,
        "roles": ", ".join(sorted(running.blueprint.roles)),
        "rails": ", ".join(running.blueprint.rails),
        "book_key": running.keyring.signing_key("books").verify_key.encode().hex(),
        "peppers": ", ".join(running.custody.service.kids()),
    }
    tell(facts, as_json=as_json)


@click.command()
@as_json
def callbacks(as_json: bool) -> None:
    """Show the secret callback addresses to register with Africa's Talking. Treat them as passwords."""
    running = identity()
    url, ussd, sms = (
        running.settings.url,
        running.keyring.token("ussd"),
        running.keyring.token("sms"),
    )
    facts = {
        "ussd_callback": f"{url}/u/{ussd}",
        "ussd_events": f"{url}/u/{ussd}/end",
        "sms_incoming": f"{url}/s/{sms}/in",
        "sms_delivery_reports": f"{url}/s/{sms}/report",
        "sms_opt_out": f"{url}/s/{sms}/optout",
        "sim_swap": f"{url}/s/{sms}/sim",
    }
    tell(facts, as_json=as_json)
    if not as_json:
        click.echo(
            "\nM-PESA needs none by hand: each payment carries its own, pay-ins are registered by"
        )
        click.echo("`growr node register`.")


@click.command()
@as_json
def register(as_json: bool) -> None:
    """Register the pay-in (C2B) addresses with every rail that wants them; once in production."""
    running = identity()
    if unused := start.read().unused(running.blueprint):
        raise click.ClickException(
            f"blueprint {running.blueprint.name} pays in its own sandbox and does not use {', '.join(unused)}; "
            "set GROWR_BLUEPRINT to another one, or unset them"
        )
    said = {name: rail.register_urls() for name, rail in running.rails.items()}
    facts = {name: _registered(one) for name, one in said.items()}
    tell(facts or {"registered": "no rail here needs it"}, as_json=as_json)
    if not all(said.values()):
        raise click.ClickException("not registered: pay-ins will not be announced to this node")


def _registered(said: Registration) -> str:
    if said.problem:
        return f"not registered: {said.problem}"
    return f"registered; statement not open: {said.statement}" if said.statement else "registered"
