"""`growr credential`: issue a credential, show it, take it back, and judge anybody's (docs/credentials.md)."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import StrEnum
from typing import Any

import click

from config import start
from config.limits import CREDENTIAL_DAYS, CREDENTIAL_DAYS_MOST
from core import clock, credentials
from core.credentials import CredentialType, Format, Trust, Verified, schemas
from core.credentials.issuer import Algorithm
from core.errors import Refusal
from core.keys.jose import Jwk, PrivateKey
from gateway.cli import credential_desk as desk
from gateway.cli import credential_status
from gateway.cli.common import as_json, identity
from gateway.cli.credential_files import JSON, PRIVATE_KEY, PUBLIC_KEY, TEXT, TRUST

audience = click.option("--aud", "audience", help="The verifier, as it names itself.")
nonce = click.option("--nonce", help="The word the verifier asked under, good for one answer.")


def one_of(names: type[StrEnum]) -> click.Choice[str]:
    """The values of an enumeration, as they are typed."""
    return click.Choice([name.value for name in names])


@click.command()
@click.option("--type", "type_", type=one_of(CredentialType), required=True)
@click.option("--claims", type=JSON, required=True, help="What you confirm, as a JSON object.")
@click.option("--holder", type=PUBLIC_KEY, required=True, help="The holder's key, a JWK.")
@click.option("--format", "format_", type=one_of(Format), default="sd-jwt", show_default=True)
@click.option("--alg", type=click.Choice(["EdDSA", "ES256"]), default="EdDSA", help="Our key.")
@click.option("--days", type=click.IntRange(1, CREDENTIAL_DAYS_MOST), default=CREDENTIAL_DAYS)
@click.option("--corrects", type=TEXT, help="A credential of ours that this one replaces.")
def issue(
    *, type_: str, claims: dict[str, Any], holder: Jwk, format_: str, alg: Algorithm, days: int,
    corrects: str | None,
) -> None:  # fmt: skip
    """Sign claims for the holder of a key, in the name of this node."""
    now, type = clock.now(), CredentialType(type_)
    facts = {
        "type": type, "holder_jwk": holder, "format": Format(format_), "now": now,
        "claims": desk.claims_of(type, claims, on=now.date()), "expires_at": now + timedelta(days=days),
    }  # fmt: skip
    click.echo(desk.issue(facts, alg, corrects))


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
    shown = credentials.present(
        file, paths=paths or [[None]], key=key, audience=audience, nonce=nonce, now=clock.now()
    )
    click.echo(shown)


@click.command()
@click.argument("file", type=TEXT)
@click.option("--reason", default="taken back by the issuer", help="Why; it is kept.")
@click.option("--suspend", "verb", flag_value="suspend", help="For a while only.")
@click.option("--reinstate", "verb", flag_value="reinstate", help="Let a suspended one hold again.")
@as_json
def revoke(file: str, reason: str, verb: str | None, as_json: bool) -> None:
    """Take a credential of ours back; whoever looks it up from now on is told."""
    desk.change(file, verb or "revoke", reason, as_json=as_json)


@click.command("schemas")
@click.argument("type_", metavar="[TYPE]", required=False, type=one_of(CredentialType))
def show_schemas(type_: str | None) -> None:
    """The JSON Schemas of our types, or of one."""
    url = start.read().url
    if type_:
        click.echo(json.dumps(schemas.schema(CredentialType(type_), url)))
        return
    click.echo(json.dumps({type: schemas.schema(type, url) for type in CredentialType}))


@click.command()
def keys() -> None:
    """Our issuer keys, in the form that --trust takes."""
    node = identity()
    trusted = credentials.trusted_keys(node.keyring, node.settings.url)
    click.echo(json.dumps({issuer: {"keys": keys} for issuer, keys in trusted.items()}))


@click.command("new-holder")
def new_holder() -> None:
    """A fresh private key for whoever holds no wallet yet: a JWK of Ed25519."""
    click.echo(json.dumps(desk.fresh_key()))


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
    """Judge anybody's credential: 0 valid, 1 refused. With --aud and --nonce its holder must present it."""
    if bool(audience) != bool(nonce):
        raise click.UsageError("--aud and --nonce go together")
    try:
        found = credentials.verify(
            file, trust=trust, type=None, audience=audience, nonce=nonce, now=clock.now(),
            require_binding=audience is not None,
            status=credential_status.reader(lists, trust, fetch=fetch, otherwise=desk.look_up),
        )  # fmt: skip
    except Refusal as refusal:
        _say_refused(refusal, as_json=as_json)
        click.get_current_context().exit(1)
    _say_valid(found, as_json=as_json)


def _say_valid(found: Verified, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"valid": True, "reason": None, "claims": found.claims}))
        return
    click.echo(f"valid: signed by {found.issuer}")
    click.echo(json.dumps(found.claims, indent=2, ensure_ascii=False))


def _say_refused(refusal: Refusal, *, as_json: bool) -> None:
    reason, detail = refusal.facts["reason"], refusal.facts.get("detail")
    if as_json:
        click.echo(json.dumps({"valid": False, "reason": reason, "claims": None}))
        return
    more = f" ({detail.replace('_', ' ')})" if detail else ""
    click.echo(f"refused: {reason}{more}", err=True)
