"""`growr credential issue`, `revoke` and `keys`: what this node confirms, and takes back (docs/credentials.md)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import click

from config.limits import CREDENTIAL_DAYS, CREDENTIAL_DAYS_MOST
from core import clock, credentials
from core.credentials import CredentialType, Format
from core.credentials.issuer import Algorithm
from core.keys.jose import Jwk
from gateway.cli import credential_desk as desk
from gateway.cli.common import identity, of_organisation
from gateway.cli.credential_files import JSON, PUBLIC_KEY, TEXT, one_of
from gateway.cli.sheets import as_json

HAIP = "haip"
profile = click.option(
    "--profile", type=click.Choice(["diip", HAIP]), default="diip", show_default=True,
    help="haip: in the name of our https address, with ES256.",
)  # fmt: skip


@click.command()
@click.option("--type", "type_", type=one_of(CredentialType), required=True)
@click.option("--claims", type=JSON, required=True, help="What you confirm, as a JSON object.")
@click.option("--holder", type=PUBLIC_KEY, required=True, help="The holder's key, a JWK.")
@click.option("--format", "format_", type=one_of(Format), default="sd-jwt", show_default=True)
@click.option("--alg", type=click.Choice(["EdDSA", "ES256"]), default="EdDSA", help="Our key.")
@profile
@click.option("--days", type=click.IntRange(1, CREDENTIAL_DAYS_MOST), default=CREDENTIAL_DAYS)
@click.option("--corrects", type=TEXT, help="A credential of ours that this one replaces.")
def issue(
    *, type_: str, claims: dict[str, Any], holder: Jwk, format_: str, alg: Algorithm, profile: str, days: int,
    corrects: str | None,
) -> None:  # fmt: skip
    """Sign claims for the holder of a key, in the name of this node."""
    if profile == HAIP and format_ != Format.SD_JWT:
        raise click.UsageError("--profile haip is for --format sd-jwt")
    now, type = clock.now(), CredentialType(type_)
    facts = {
        "type": type, "holder_jwk": holder, "format": Format(format_), "now": now,
        "claims": credentials.claims.build(type, claims, on=now.date()), "expires_at": now + timedelta(days=days),
    }  # fmt: skip
    click.echo(desk.issue(facts, None if profile == HAIP else alg, corrects))


@click.command()
@of_organisation
@click.argument("file", type=TEXT)
@click.option("--reason", default="taken back by the issuer", help="Why; it is kept.")
@click.option("--suspend", "verb", flag_value="suspend", help="For a while only.")
@click.option("--reinstate", "verb", flag_value="reinstate", help="Let a suspended one hold again.")
@as_json
def revoke(
    organisation: str | None, file: str, reason: str, verb: str | None, as_json: bool
) -> None:
    """Take a credential of ours back; whoever looks it up from now on is told."""
    desk.change(file, verb or "revoke", reason, organisation=organisation, as_json=as_json)


@click.command()
@profile
def keys(profile: str) -> None:
    """Our issuer keys, in the form that --trust takes."""
    node = identity()
    listed = credentials.address_keys if profile == HAIP else credentials.trusted_keys
    trusted = listed(node.keyring, node.settings.url)
    click.echo(json.dumps({issuer: {"keys": keys} for issuer, keys in trusted.items()}))
