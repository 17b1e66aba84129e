"""`growr node rotate-pepper` and `rotate-keys`: new secrets for old, without anybody noticing."""

from __future__ import annotations

import click

from core import keys, sscr
from core.errors import Refusal
from core.refusal_codes import RefusalCode
from gateway.cli.common import as_json, identity, tell, this_node

LABELS = ("issuer", "books", "verifier")


@click.command("rotate-pepper")
@click.option(
    "--destroy", metavar="KID", help="Destroy an old pepper that no record needs any more."
)
@click.option(
    "--force", is_flag=True, help="Destroy it though records need it: they are lost for ever."
)
@as_json
def rotate_pepper(destroy: str | None, force: bool, as_json: bool) -> None:
    """Make a new pepper; each record follows when its owner opens it next. Then destroy the old one."""
    running = this_node()
    service = running.custody.service
    with running.sessions() as db:
        left = sscr.wraps_by_pepper(db)
    if destroy is None:
        service.rotate()
    elif left.get(destroy) and not force:
        raise Refusal(RefusalCode.PEPPER_IN_USE, kid=destroy, records=left[destroy])
    else:
        service.destroy(destroy)
    kids = service.kids()
    facts = {"today": kids[-1], **{f"records_under_{kid}": left.get(kid, 0) for kid in kids}}
    tell(facts, as_json=as_json)


@click.command("rotate-keys")
@click.argument("label", type=click.Choice(LABELS))
@as_json
def rotate_keys(label: str, as_json: bool) -> None:
    """Make the issuer's, the verifier's or the books' keys new; the old ones stay in the DID document.

    A node that runs publishes them at once, and signs with them after its next start.
    """
    keyring = keys.rotate(identity().settings.keys, label)
    facts = {"rotated": label, "generation": keyring.generations[label]}
    tell({**facts, "next": "restart the node, so that it signs with the new key"}, as_json=as_json)
