"""`growr user offer`: the code for her wallet, on paper or on a screen, after she asked for it by phone."""

from __future__ import annotations

import click

from core.onboarding import wallets
from gateway import qr
from gateway.cli.common import this_node
from gateway.cli.custody_desk import person


@click.command()
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
def offer(phone: str, kind: str) -> None:
    """Show the code for the wallet of a person who asked for it by phone; it works with the number she was texted."""
    node = this_node()
    with node.sessions() as db:
        found = wallets.waiting(db, person(db, phone).id, node.clock())
    said = wallets.uri(wallets.address(node.keyring, found, node.issuer))
    drawn = {"svg": qr.svg, "text": qr.terminal}
    click.echo(drawn[kind](said) if kind in drawn else said)
