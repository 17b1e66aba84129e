"""`growr issuer`: whose credentials this node believes, and who may send some for its people."""

from __future__ import annotations

import click

from core.credentials import CredentialType, trust
from core.credentials.models import KnownIssuer
from gateway.cli.common import as_json, tell, tell_rows, this_node


@click.command()
@click.argument("did")
@click.option("--name", required=True, help="What people read beside its credentials.")
@click.option(
    "--may-issue",
    "types",
    multiple=True,
    type=click.Choice([type.value for type in CredentialType]),
    help="A type it may send for your people; none means: only believed.",
)
@click.option(
    "--host", "hosts", multiple=True, help="Where its status lists are, beside its own host."
)
@as_json
def add(did: str, name: str, types: tuple[str, ...], hosts: tuple[str, ...], as_json: bool) -> None:
    """Believe the credentials of DID (did:web, did:key, did:jwk); again to change it."""
    node = this_node()
    with node.sessions.begin() as db:
        made = trust.add(
            db, did=did, name=name, types=[CredentialType(one) for one in types], hosts=hosts, now=node.clock()
        )  # fmt: skip
        facts = _facts(made)
    tell(facts, as_json=as_json)


@click.command("list")
@as_json
def list_issuers(as_json: bool) -> None:
    """List them, with what went wrong when their keys were last looked for."""
    with this_node().sessions() as db:
        rows = [_facts(one) for one in trust.listed(db)]
    tell_rows(rows, empty="none: this node believes only itself", as_json=as_json)


@click.command()
@click.argument("did")
@as_json
def remove(did: str, as_json: bool) -> None:
    """Believe the credentials of DID no longer."""
    with this_node().sessions.begin() as db:
        trust.remove(db, did=did)
    tell({"removed": did}, as_json=as_json)


def _facts(known: KnownIssuer) -> dict[str, object]:
    return {
        "did": known.did,
        "name": known.name,
        "keys": len(known.keys),
        "hosts": ", ".join(known.hosts),
        "may_issue": ", ".join(known.types),
        "problem": known.problem,
    }
