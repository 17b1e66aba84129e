"""`growr project`: create a lending project from a file, activate and deactivate it."""

from __future__ import annotations

import json
import uuid
from typing import TextIO

import click
from sqlalchemy import select

from config.limits import LIST_ROWS
from core import lending
from core.lending import Project
from gateway.cli.common import as_json, of_organisation, tell, the_organisation, this_node


@click.group()
def project() -> None:
    """Lending projects; the file format is in docs/projects.md."""


@project.command()
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
    tell({"project": made.id, "name": made.name, "status": made.status}, as_json=as_json)


@project.command()
@click.argument("project_id", type=click.UUID)
@as_json
def activate(project_id: uuid.UUID, as_json: bool) -> None:
    """Switch lending on."""
    node = this_node()
    with node.sessions.begin() as db:
        changed = lending.activate(db, project_id=project_id, now=node.clock())
    tell({"project": changed.id, "status": changed.status}, as_json=as_json)


@project.command()
@click.argument("project_id", type=click.UUID)
@as_json
def deactivate(project_id: uuid.UUID, as_json: bool) -> None:
    """Make no new loans; running ones go on."""
    node = this_node()
    with node.sessions.begin() as db:
        changed = lending.deactivate(db, project_id=project_id, now=node.clock())
    tell({"project": changed.id, "status": changed.status}, as_json=as_json)


@project.command("list")
@as_json
def list_projects(as_json: bool) -> None:
    """List the projects of this node."""
    node = this_node()
    with node.sessions.begin() as db:
        query = select(Project).order_by(Project.created_at).limit(LIST_ROWS)
        found = {str(one.id): f"{one.status} {one.name}" for one in db.scalars(query)}
    tell(found, as_json=as_json)
