"""`growr project`: create a lending project from a file, approve, activate, enlarge, deactivate and close it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import TextIO

import click
from sqlalchemy import select

from config.limits import LIST_ROWS
from core import lending, money
from core.db import Session
from core.errors import Refusal
from core.lending import Project, provisioning
from gateway.cli.common import (
    as_json,
    of_organisation,
    tell,
    tell_rows,
    the_organisation,
    this_node,
)


@click.command()
@of_organisation
@click.option(
    "--file",
    "source",
    type=click.File(),
    required=True,
    help="project.json, or - for standard input.",
)
@as_json
def create(organisation: str | None, source: TextIO, as_json: bool) -> None:
    """Create a project as DRAFT."""
    try:
        data = json.load(source)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"the file is no JSON: {error}") from None
    node = this_node()
    with node.sessions.begin() as db:
        owner = the_organisation(db, organisation)
        made = lending.create_project(db, organisation_id=owner.id, data=data, now=node.clock())
    tell(_facts(made), as_json=as_json)


@click.command()
@click.argument("project_id", type=click.UUID)
@click.option("--reference", required=True, help="Who approved the product, e.g. CBK/DCP/2026/17.")
@as_json
def approve(project_id: uuid.UUID, reference: str, as_json: bool) -> None:
    """Write down under which reference the product was approved; a draft needs one."""
    node = this_node()
    with node.sessions.begin() as db:
        known(db, project_id)
        done = lending.approve(db, project_id=project_id, reference=reference, now=node.clock())
        facts = {**_facts(done), "approval_reference": done.approval_reference}
    tell(facts, as_json=as_json)


@click.command()
@click.argument("project_id", type=click.UUID)
@as_json
def activate(project_id: uuid.UUID, as_json: bool) -> None:
    """Switch lending on."""
    _change(lending.activate, project_id, as_json=as_json)


@click.command()
@click.argument("project_id", type=click.UUID)
@as_json
def deactivate(project_id: uuid.UUID, as_json: bool) -> None:
    """Make no new loans; running ones go on."""
    _change(lending.deactivate, project_id, as_json=as_json)


@click.command("raise-limit")
@click.argument("project_id", type=click.UUID)
@click.argument("amount")
@as_json
def raise_limit(project_id: uuid.UUID, amount: str, as_json: bool) -> None:
    """Let it lend up to AMOUNT at one time, in whole units of its currency; less than now is refused."""
    node = this_node()
    with node.sessions.begin() as db:
        limit = money.parse(known(db, project_id).currency, amount)
        done = lending.raise_limit(db, project_id=project_id, limit=limit, now=node.clock())
        facts = {**_facts(done), "limit": limit}
    tell(facts, as_json=as_json)


@click.command()
@click.argument("project_id", type=click.UUID)
@click.argument("amount")
@click.option("--key", help="Told twice under one key, it is done once.")
@as_json
def provide(project_id: uuid.UUID, amount: str, key: str | None, *, as_json: bool) -> None:
    """Set aside AMOUNT in all, in whole units of its currency, for what it is expected to lose."""
    node = this_node()
    with node.sessions.begin() as db:
        kept = money.parse(known(db, project_id).currency, amount)
        grown = provisioning.provide(
            db, project_id=project_id, amount=kept, idempotency_key=key or uuid.uuid4().hex, now=node.clock()
        )  # fmt: skip
    tell({"project": project_id, "provision": kept, "grown_by": grown}, as_json=as_json)


@click.command("list")
@as_json
def list_projects(as_json: bool) -> None:
    """List the projects of this node."""
    query = select(Project).order_by(Project.created_at).limit(LIST_ROWS)
    with this_node().sessions.begin() as db:
        rows = [_facts(one) for one in db.scalars(query)]
    tell_rows(rows, empty="no project yet", as_json=as_json)


def _change(verb: Callable[..., Project], project_id: uuid.UUID, *, as_json: bool) -> None:
    """Carry out a verb of lending that needs nothing but the project and the time."""
    node = this_node()
    with node.sessions.begin() as db:
        known(db, project_id)
        facts = _facts(verb(db, project_id=project_id, now=node.clock()))
    tell(facts, as_json=as_json)


def known(db: Session, project_id: uuid.UUID) -> Project:
    """The project with this id; a mistyped one is refused."""
    found = db.get(Project, project_id)
    if found is None:
        raise Refusal("project_unknown", project=project_id)
    return found


def _facts(project: Project) -> dict[str, object]:
    return {"project": project.id, "name": project.name, "status": project.status}
