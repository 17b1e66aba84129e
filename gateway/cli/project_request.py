"""`growr project request`: at an originator's desk, ask the wallet of whoever stands there whether she could borrow."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import click

from core.db import Session
from core.errors import Refusal
from core.lending import PresentationRequest, Project, asking
from core.lending.asking import Outcome
from core.node import Node
from core.refusal_codes import RefusalCode
from core.words import LANGUAGES
from gateway import qr
from gateway.cli.common import as_json, of_organisation, tell
from gateway.cli.tenant import within

LOOK_SECONDS = 0.5  # between two looks whether her wallet has answered
DRAWN: dict[str, Callable[[str], str]] = {"svg": qr.svg, "text": qr.terminal, "uri": str}


@click.command()
@of_organisation
@click.argument("project")
@click.option("--svg", "kind", flag_value="svg", help="A drawing, for paper.")
@click.option(
    "--text", "kind", flag_value="text", default="text", help="In characters (the default)."
)
@click.option("--uri", "kind", flag_value="uri", help="The bare address that the code holds.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", help="Of the page.")
@click.option("--wait", is_flag=True, help="Stay until the wallet has answered.")
@click.option("--show", "shown", type=click.UUID, help="What was answered to a request of before.")
@as_json
def request(
    *,
    organisation: str | None,
    project: str,
    kind: str,
    language: str,
    wait: bool,
    shown: uuid.UUID | None,
    as_json: bool,
) -> None:
    """Ask a wallet whether its owner meets the conditions of PROJECT (name or id); ends with 0 only if she does."""
    with within(organisation) as here:
        found, node = here.project(project), here.node
        asked = _of(here.db, found, shown) if shown else None
        if asked is None:
            asked = asking.ask_at_desk(
                here.db,
                organisation_id=here.id,
                project_id=found.id,
                language=language,
                now=here.now,
            )
    if shown is None:
        _print(node, asked, kind, as_json=as_json)
    if shown or wait:
        _answer(node, asked.id, wait=wait, as_json=as_json)


def _print(node: Node, asked: PresentationRequest, kind: str, *, as_json: bool) -> None:
    """The code alone on standard output, so that it may go into a file; the rest beside it."""
    link = asking.link(node.keyring, asked, node.issuer)
    page = asking.address(node.keyring, asked, node.issuer)
    if as_json:
        tell({"request": asked.id, "uri": link, "page": page}, as_json=True)
        return
    click.echo(DRAWN[kind](link))
    click.echo(
        f"request {asked.id}, for {asking.MINUTES} minutes; the same on a page: {page}", err=True
    )


def _answer(node: Node, request_id: uuid.UUID, *, wait: bool, as_json: bool) -> None:
    facts = _facts(node, request_id)
    while wait and facts["answer"] is Outcome.WAITING:
        time.sleep(LOOK_SECONDS)
        facts = _facts(node, request_id)
    tell(facts, as_json=as_json)
    if facts["answer"] is not Outcome.MEETS:
        click.get_current_context().exit(1)


def _facts(node: Node, request_id: uuid.UUID) -> dict[str, Any]:
    with node.sessions() as db:
        asked = db.get_one(PresentationRequest, request_id)
        outcome = asking.outcome(asked, node.clock())
    facts: dict[str, Any] = {"request": asked.id, "answer": outcome}
    if asked.problem:
        facts["problem"] = asked.problem
    if asked.statement:
        facts["statement"] = asked.statement
    return facts


def _of(db: Session, project: Project, request_id: uuid.UUID) -> PresentationRequest:
    """A request of a desk for this project; of a borrower's loan nobody is told here."""
    found = db.get(PresentationRequest, request_id)
    if found is None or found.project_id != project.id or found.user_id is not None:
        raise Refusal(RefusalCode.REQUEST_UNKNOWN, request=request_id)
    return found
