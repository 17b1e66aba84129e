"""`growr credential`: show a credential and judge anybody's (docs/credentials.md); needs no node."""

from __future__ import annotations

import json
from typing import Any

import click

from config import start
from core import clock, credentials
from core.credentials import CredentialType, Trust, schemas, statements, times
from core.errors import Refusal
from core.keys.jose import PrivateKey
from gateway.cli import credential_status
from gateway.cli.credential_files import PRIVATE_KEY, TEXT, TRUST, fresh_key, one_of
from gateway.cli.lazy import later
from gateway.cli.sheets import as_json

audience = click.option("--aud", "audience", help="The verifier, as it names itself.")
fetched, look_up = later("credential_fetch:fetched"), later("credential_desk:look_up")
nonce = click.option("--nonce", help="The word the verifier asked under, good for one answer.")


@click.command()
@click.argument("file", type=TEXT)
@click.option("--key", type=PRIVATE_KEY, required=True, help="Your private key, a JWK.")
@click.option("--show", multiple=True, help="A claim to show: name or name.inner; else all of it.")
@audience
@nonce
def present(
    file: str, key: PrivateKey, show: tuple[str, ...], audience: str | None, nonce: str | None
) -> None:
    """Show a credential of yours to one verifier, once."""
    if not audience or not nonce:
        raise click.UsageError("--aud and --nonce: which verifier asks, and under which word?")
    paths: list[list[str | None]] = [list(name.split(".")) for name in show]
    missing = credentials.missing_claims(file, paths)
    if missing:
        raise click.UsageError(f"--show: this credential has no {', '.join(missing)}")
    shown = credentials.present(
        file, paths=paths or [[None]], key=key, audience=audience, nonce=nonce, now=clock.now()
    )
    click.echo(shown)


@click.command("schemas")
@click.argument("type_", metavar="[TYPE]", required=False, type=one_of(CredentialType))
def show_schemas(type_: str | None) -> None:
    """The JSON Schemas of our types, or of one."""
    url = start.read().url
    if type_:
        click.echo(json.dumps(schemas.schema(CredentialType(type_), url)))
        return
    click.echo(json.dumps({type: schemas.schema(type, url) for type in CredentialType}))


@click.command("new-holder")
def new_holder() -> None:
    """A fresh private key for whoever holds no wallet yet: a JWK of Ed25519."""
    click.echo(json.dumps(fresh_key()))


@click.command()
@click.argument("file", type=TEXT)
@click.option("--trust", type=TRUST, required=True, help="The issuers you believe: JSON.")
@audience
@nonce
@click.option("--status", "lists", type=TEXT, multiple=True, help="A status list you fetched.")
@click.option("--fetch", is_flag=True, help="Fetch status lists from the issuer's own host.")
@as_json
def verify(
    *, file: str, trust: Trust, audience: str | None, nonce: str | None, lists: tuple[str, ...],
    fetch: bool, as_json: bool,
) -> None:  # fmt: skip
    """Judge anybody's credential, or a statement of eligibility: 0 valid, 1 refused.

    With --aud and --nonce the holder of a credential must present it.
    """
    if bool(audience) != bool(nonce):
        raise click.UsageError("--aud and --nonce go together")
    times.set_leeway(start.read().clock_leeway_seconds)
    try:
        if not audience and (words := statements.judged(file, trust=trust, now=clock.now())):
            _say_valid(words["iss"], words, as_json=as_json)
            return
        found = credentials.verify(
            file, trust=trust, type=None, audience=audience, nonce=nonce, now=clock.now(),
            require_binding=audience is not None,
            status=credential_status.reader(
                lists, trust, fetch=fetched if fetch else None, otherwise=look_up
            ),
        )  # fmt: skip
    except Refusal as refusal:
        _say_refused(refusal, as_json=as_json)
        click.get_current_context().exit(1)
    _say_valid(found.issuer, found.claims, as_json=as_json)


def _say_valid(issuer: str, claims: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"valid": True, "reason": None, "claims": claims}))
        return
    click.echo(f"valid: signed by {issuer}")
    click.echo(json.dumps(claims, indent=2, ensure_ascii=False))


def _say_refused(refusal: Refusal, *, as_json: bool) -> None:
    reason, detail = refusal.facts["reason"], refusal.facts.get("detail")
    if as_json:
        click.echo(json.dumps({"valid": False, "reason": reason, "claims": None}))
        return
    more = f" ({detail.replace('_', ' ')})" if detail else ""
    click.echo(f"refused: {reason}{more}", err=True)
