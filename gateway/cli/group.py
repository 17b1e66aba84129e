"""`growr group`: groups of a community project, whose members stand in for each other."""

from __future__ import annotations

import uuid

import click

from core import people
from core.db import Session
from core.errors import Refusal
from core.lending import community, groups
from core.lending.group_models import Group, Member
from core.lending.models import Loan, Project
from core.money import Money
from core.people import User
from gateway.cli.common import as_json, tell, tell_rows, this_node
from gateway.cli.project import known as known_project


@click.command()
@click.argument("project_id", type=click.UUID)
@click.argument("name")
@as_json
def create(project_id: uuid.UUID, name: str, as_json: bool) -> None:
    """Create a group called NAME in a project."""
    node = this_node()
    with node.sessions.begin() as db:
        known_project(db, project_id)
        made = groups.create_group(db, project_id=project_id, name=name, now=node.clock())
    tell({"group": made.id, "name": made.name}, as_json=as_json)


@click.command()
@click.argument("group_id", type=click.UUID)
@click.argument("phone")
@as_json
def add(group_id: uuid.UUID, phone: str, as_json: bool) -> None:
    """Put the borrower with this PHONE into a group; she is liable once she has agreed on it."""
    node = this_node()
    with node.sessions.begin() as db:
        found, person = _known(db, group_id), _person(db, phone)
        made = groups.add_member(db, group_id=found.id, user_id=person.id, now=node.clock())
        facts = _member(db, found, made)
    tell(facts, as_json=as_json)


@click.command()
@click.argument("group_id", type=click.UUID)
@click.argument("phone")
@as_json
def remove(group_id: uuid.UUID, phone: str, as_json: bool) -> None:
    """Let a member go; refused while a loan of the group runs."""
    node = this_node()
    with node.sessions.begin() as db:
        found, person = _known(db, group_id), _person(db, phone)
        groups.remove_member(db, group_id=found.id, user_id=person.id, now=node.clock())
    tell({"group": found.id, "phone": person.phone, "left": True}, as_json=as_json)


@click.command("list")
@click.argument("project_id", type=click.UUID)
@as_json
def list_groups(project_id: uuid.UUID, as_json: bool) -> None:
    """List the groups of a project, with how many agreed and what their deposits hold."""
    with this_node().sessions.begin() as db:
        project = known_project(db, project_id)
        rows = [_facts(db, project, one) for one in groups.groups(db, project_id)]
    tell_rows(rows, empty="no group yet", as_json=as_json)


@click.command()
@click.argument("group_id", type=click.UUID)
@as_json
def members(group_id: uuid.UUID, as_json: bool) -> None:
    """List the members of a group, whether each agreed, and what her deposits hold."""
    with this_node().sessions.begin() as db:
        found = _known(db, group_id)
        rows = [_member(db, found, one) for one in groups.members(db, group_id)]
    tell_rows(rows, empty="no member yet", as_json=as_json)


def _known(db: Session, group_id: uuid.UUID) -> Group:
    found = db.get(Group, group_id)
    if found is None:
        raise Refusal("group_unknown", group=group_id)
    return found


def _person(db: Session, phone: str) -> User:
    found = people.by_phone(db, people.normalise(phone))
    if found is None:
        raise Refusal("user_unknown", phone=phone)
    return found


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
