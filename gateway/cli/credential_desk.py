"""What `growr credential` does with the node it sits at; judging works without any, so it is opened only if asked.

A node whose database was never made can issue as well, but keeps no list from which to take a credential back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from config import start
from core import clock, credentials, people
from core.credentials import Issuer, StatusAnswer, StatusRef, Verified, status
from core.credentials.issuer import Algorithm
from core.credentials.models import StatusEntry
from core.db import Session
from core.errors import Refusal
from core.node import Node
from core.refusal_codes import RefusalCode
from gateway.cli.common import identity, tell, the_organisation, this_node
from gateway.cli.schema import is_of_today

BY = "the operator"


def issue(facts: Mapping[str, Any], algorithm: Algorithm | None, corrects: str | None) -> str:
    """A credential of this node, after the one it replaces was taken back; without an algorithm in its https name."""
    node = identity()
    issuer = _issuer(node, algorithm)
    if not is_of_today(node.settings.database):
        if corrects:
            raise Refusal(RefusalCode.CREDENTIAL_UNKNOWN)
        click.echo("no database here: this credential can never be taken back", err=True)
        return credentials.issue(issuer=issuer, **facts)
    with node.sessions.begin() as db:
        if corrects:
            _change(db, node, corrects, "revoke", "a corrected one was issued")
        return credentials.mint(db, issuer=issuer, owner_id=None, **facts)


def _issuer(node: Node, algorithm: Algorithm | None) -> Issuer:
    if algorithm is not None:
        return Issuer.of(node.keyring, node.settings.url, algorithm)
    if not node.settings.url.startswith("https://"):
        raise click.UsageError("--profile haip needs an https address: GROWR_PUBLIC_URL")
    return Issuer.at_address(node.keyring, node.settings.url)


def change(text: str, verb: str, reason: str, *, organisation: str | None, as_json: bool) -> None:
    """Revoke, suspend or reinstate a credential of ours; of a person, only the organisation she belongs to."""
    node = this_node()
    with node.sessions.begin() as db:
        _check_owner(db, _entry(db, node, text), organisation)
        entry = _change(db, node, text, verb, reason)
    tell({"credential": entry.credential_id, "status": entry.value.value}, as_json=as_json)


def look_up(ref: StatusRef) -> StatusAnswer:
    """What the node here knows of a status: of its own lists, and of those it fetched before; without one, nothing."""
    settings = start.read()
    if not (settings.keys / "seed").is_file() or not is_of_today(settings.database):
        return StatusAnswer.UNKNOWN
    node = identity()
    with node.sessions() as db:
        return credentials.status_reader(db, issuer=node.issuer, now=clock.now())(ref)


def _change(db: Session, node: Node, text: str, verb: str, reason: str) -> StatusEntry:
    found = _entry(db, node, text)
    assert found.credential_id is not None, "it is of a credential"
    act = {"revoke": status.revoke, "suspend": status.suspend, "reinstate": status.reinstate}[verb]
    return act(db, credential_id=found.credential_id, reason=reason, by=BY, now=clock.now())


def _entry(db: Session, node: Node, text: str) -> StatusEntry:
    refs = _signed_by_us(node, text).status
    found = status.find(db, refs[0], node.settings.url) if refs else None
    if found is None or found.credential_id is None:
        raise Refusal(RefusalCode.CREDENTIAL_UNKNOWN)
    return found


def _check_owner(db: Session, entry: StatusEntry, organisation: str | None) -> None:
    """Whose person she is may take back what she holds; what was issued to a bare key is the operator's."""
    if entry.owner_id is None and organisation is None:
        return
    ours = the_organisation(db, organisation).id
    if entry.owner_id is not None:
        people.own(people.find(db, entry.owner_id), ours, RefusalCode.CREDENTIAL_UNKNOWN)


def _signed_by_us(node: Node, text: str) -> Verified:
    """A credential as we signed it: what somebody else wrote may name the place of a person it is not about."""
    named = (credentials.trusted_keys, credentials.address_keys)
    ours = {
        issuer: keys
        for listed in named
        for issuer, keys in listed(node.keyring, node.settings.url).items()
    }
    try:
        return credentials.verify(
            text, trust=ours, type=None, audience=None,
            nonce=None, now=clock.now(), require_binding=False, status=lambda _: StatusAnswer.VALID,
        )  # fmt: skip
    except Refusal as refusal:
        raise Refusal(RefusalCode.CREDENTIAL_UNKNOWN, reason=refusal.facts["reason"]) from refusal
