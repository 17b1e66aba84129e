"""`growr project`: create a lending project from a file, approve, activate, enlarge, deactivate and close it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TextIO

import click

from config.limits import LIST_ROWS
from core import lending, money
from core.lending import Project, projects, provisioning
from gateway.cli.common import as_json, of_organisation, tell, tell_rows
from gateway.cli.files import json_object
from gateway.cli.tenant import within


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
    data = json_object(source)
    with within(organisation) as here:
        made = lending.create_project(here.db, organisation_id=here.id, data=data, now=here.now)
        facts = _facts(made)
    tell(facts, as_json=as_json)


of_project = click.argument("project")  # its name or its id


@click.command()
@of_organisation
@of_project
@click.option("--reference", required=True, help="Who approved the product, e.g. CBK/DCP/2026/17.")
@as_json
def approve(organisation: str | None, project: str, reference: str, as_json: bool) -> None:
    """Write down under which reference the product was approved; a draft needs one."""
    with within(organisation) as here:
        done = lending.approve(
            here.db, organisation_id=here.id, project_id=here.project(project).id, reference=reference, now=here.now
        )  # fmt: skip
        facts = {**_facts(done), "approval_reference": done.approval_reference}
    tell(facts, as_json=as_json)


@click.command()
@of_organisation
@of_project
@as_json
def activate(organisation: str | None, project: str, as_json: bool) -> None:
    """Switch lending on."""
    _change(lending.activate, organisation, project, as_json=as_json)


@click.command()
@of_organisation
@of_project
@as_json
def deactivate(organisation: str | None, project: str, as_json: bool) -> None:
    """Make no new loans; running ones go on."""
    _change(lending.deactivate, organisation, project, as_json=as_json)


@click.command("raise-limit")
@of_organisation
@of_project
@click.argument("amount")
@as_json
def raise_limit(organisation: str | None, project: str, amount: str, as_json: bool) -> None:
    """Let it lend up to AMOUNT at one time, in whole units of its currency; less than now is refused."""
    with within(organisation) as here:
        found = here.project(project)
        limit = money.parse(found.currency, amount)
        done = lending.raise_limit(
            here.db, organisation_id=here.id, project_id=found.id, limit=limit, now=here.now
        )
        facts = {**_facts(done), "limit": limit}
    tell(facts, as_json=as_json)


@click.command()
@of_organisation
@of_project
@click.argument("amount")
@click.option("--key", help="Told twice under one key, it is done once.")
@as_json
def provide(
    organisation: str | None, project: str, amount: str, key: str | None, *, as_json: bool
) -> None:
    """Set aside AMOUNT in all, in whole units of its currency, for what it is expected to lose."""
    with within(organisation) as here:
        found = here.project(project)
        kept = money.parse(found.currency, amount)
        grown = provisioning.provide(
            here.db, organisation_id=here.id, project_id=found.id, amount=kept,
            idempotency_key=key or uuid.uuid4().hex, now=here.now,
        )  # fmt: skip
        facts = {"project": found.id, "provision": kept, "grown_by": grown}
    tell(facts, as_json=as_json)


@click.command("list")
@of_organisation
@as_json
def list_projects(organisation: str | None, as_json: bool) -> None:
    """List the projects of an organisation."""
    with within(organisation) as here:
        found = projects.listed(here.db, organisation_id=here.id, limit=LIST_ROWS)
        rows = [_facts(one) for one in found]
    tell_rows(rows, empty="no project yet", as_json=as_json)


def _change(
    verb: Callable[..., Project], organisation: str | None, project: str, *, as_json: bool
) -> None:
    """Carry out a verb of lending that needs nothing but the project and the time."""
    with within(organisation) as here:
        project_id = here.project(project).id
        done = verb(here.db, organisation_id=here.id, project_id=project_id, now=here.now)
        facts = _facts(done)
    tell(facts, as_json=as_json)


def _facts(project: Project) -> dict[str, object]:
    return {"project": project.id, "name": project.name, "status": project.status}
