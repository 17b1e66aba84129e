"""`growr group`: groups of a community project, whose members stand in for each other."""

from __future__ import annotations

import uuid

import click

from core import people
from core.db import Session
from core.lending import community, groups
from core.lending.group_models import Group, Member
from core.lending.models import Loan, Project
from core.money import Money
from gateway.cli.common import as_json, of_organisation, tell, tell_rows
from gateway.cli.tenant import Tenant, within


@click.command()
@of_organisation
@click.argument("project")
@click.argument("name")
@as_json
def create(organisation: str | None, project: str, name: str, as_json: bool) -> None:
    """Create a group called NAME in PROJECT (its name or id)."""
    with within(organisation) as here:
        project_id = here.project(project).id
        made = groups.create_group(
            here.db, organisation_id=here.id, project_id=project_id, name=name, now=here.now
        )
        told = {"group": made.id, "name": made.name}
    tell(told, as_json=as_json)


@click.command()
@of_organisation
@click.argument("group_id", type=click.UUID)
@click.argument("phone")
@as_json
def add(organisation: str | None, group_id: uuid.UUID, phone: str, as_json: bool) -> None:
    """Put the borrower with this PHONE into a group; she is liable once she has agreed on it."""
    with within(organisation) as here:
        found, person = _group(here, group_id), here.person(phone)
        made = groups.add_member(
            here.db, organisation_id=here.id, group_id=found.id, user_id=person.id, now=here.now
        )
        facts = _member(here.db, found, made)
    tell(facts, as_json=as_json)


@click.command()
@of_organisation
@click.argument("group_id", type=click.UUID)
@click.argument("phone")
@as_json
def remove(organisation: str | None, group_id: uuid.UUID, phone: str, as_json: bool) -> None:
    """Let a member go; refused while a loan of the group runs."""
    with within(organisation) as here:
        found, person = _group(here, group_id), here.person(phone)
        groups.remove_member(
            here.db, organisation_id=here.id, group_id=found.id, user_id=person.id, now=here.now
        )
        told = {"group": found.id, "phone": person.phone, "left": True}
    tell(told, as_json=as_json)


@click.command("list")
@of_organisation
@click.argument("project")
@as_json
def list_groups(organisation: str | None, project: str, as_json: bool) -> None:
    """List the groups of PROJECT (its name or id), with how many agreed and what their deposits hold."""
    with within(organisation) as here:
        found = here.project(project)
        rows = [_facts(here.db, found, one) for one in groups.groups(here.db, found.id)]
    tell_rows(rows, empty="no group yet", as_json=as_json)


@click.command()
@of_organisation
@click.argument("group_id", type=click.UUID)
@as_json
def members(organisation: str | None, group_id: uuid.UUID, as_json: bool) -> None:
    """List the members of a group, whether each agreed, and what her deposits hold."""
    with within(organisation) as here:
        found = _group(here, group_id)
        rows = [_member(here.db, found, one) for one in groups.members(here.db, group_id)]
    tell_rows(rows, empty="no member yet", as_json=as_json)


def _group(here: Tenant, group_id: uuid.UUID) -> Group:
    return groups.find(here.db, organisation_id=here.id, group_id=group_id)


def _facts(db: Session, project: Project, one: Group) -> dict[str, object]:
    members = groups.members(db, one.id)
    held = community.held(db, project.currency, Loan.group_id == one.id)
    return {
        "group": one.id,
        "name": one.name,
        "members": len(members),
        "agreed": sum(member.is_liable for member in members),
        "deposits": Money(project.currency, sum(held.values())),
    }


def _member(db: Session, one: Group, member: Member) -> dict[str, object]:
    currency = db.get_one(Project, one.project_id).currency
    hers = (Loan.group_id == one.id, Loan.user_id == member.user_id)
    held = community.held(db, currency, *hers)
    return {
        "phone": people.get(db, member.user_id).phone,
        "agreed": member.agreed_at is not None,
        "deposits": Money(currency, sum(held.values())),
    }
