"""`growr user offer`: the code for her wallet, on paper or on a screen, after she asked for it by phone."""

from __future__ import annotations

import click

from core.onboarding import wallets
from gateway import qr
from gateway.cli.common import of_organisation
from gateway.cli.tenant import reading


@click.command()
@of_organisation
@click.argument("phone")
@click.option("--svg", "kind", flag_value="svg", help="A drawing, for paper.")
@click.option(
    "--text",
    "kind",
    flag_value="text",
    default="text",
    help="In characters, for this screen (the default).",
)
@click.option("--uri", "kind", flag_value="uri", help="The bare address that the code holds.")
def offer(organisation: str | None, phone: str, kind: str) -> None:
    """Show the code for the wallet of a person who asked for it by phone; it works with the number she was texted."""
    with reading(organisation) as here:
        found = wallets.waiting(here.db, here.person(phone).id, here.now)
        said = wallets.uri(wallets.address(here.node.keyring, found, here.node.issuer))
    drawn = {"svg": qr.svg, "text": qr.terminal}
    click.echo(drawn[kind](said) if kind in drawn else said)
