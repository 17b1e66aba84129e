"""One organisation at the command line: each command of its desk works within one, and sees no other."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import click
from sqlalchemy import select

from core import clock, lending, people
from core.db import Session, read_one_moment
from core.errors import Refusal
from core.lending import Loan, Project, projects
from core.node import Node
from core.people import Organisation, User
from core.refusal_codes import RefusalCode
from gateway.cli.common import the_organisation, this_node

of_node = click.option(
    "--node", "of_node", is_flag=True, help="Of the whole node, for its operator: also what is nobody's yet."
)  # fmt: skip


@dataclass(slots=True)
class Tenant:
    """One organisation at this command line, in one transaction: whatever is looked up through it is its own."""

    node: Node
    db: Session
    organisation: Organisation
    id: uuid.UUID
    by: uuid.UUID | None = None  # the agent who acts here, if he said who he is

    @property
    def now(self) -> datetime:
        return self.node.clock()

    @property
    def today(self) -> date:
        return clock.local_day(self.now, self.organisation.timezone)

    def loan(self, code: str) -> Loan:
        """Its loan of this code. Refuses loan_unknown."""
        return lending.find(self.db, organisation_id=self.id, code=code)

    def project(self, said: str) -> Project:
        """Its project of this name or id. Refuses project_unknown."""
        return projects.named(self.db, organisation_id=self.id, said=said)

    def person(self, phone: str) -> User:
        """Its member with this number, however it is written. Refuses user_unknown."""
        return people.member(self.db, organisation_id=self.id, phone=phone)


def _tenant(node: Node, db: Session, name: str | None) -> Tenant:
    found = the_organisation(db, name)
    return Tenant(node, db, found, found.id)


@contextmanager
def within(organisation: str | None) -> Iterator[Tenant]:
    """Work for the organisation of this name, or for the only one; a number that is with us already is counted."""
    node = this_node()
    try:
        with node.sessions.begin() as db:
            here = _tenant(node, db, organisation)
            yield here
    except Refusal as refusal:
        if refusal.code == RefusalCode.PHONE_ALREADY_REGISTERED:
            with node.sessions.begin() as db:
                people.note_refused_number(
                    db, organisation_id=here.id, by=here.by, now=node.clock()
                )
        raise


@contextmanager
def reading(organisation: str | None) -> Iterator[Tenant]:
    """The same for a report, however long: everything in it is of one moment, and nobody waits for it."""
    node = this_node()
    with node.sessions() as db:
        read_one_moment(db)
        yield _tenant(node, db, organisation)


def the_owner(db: Session, organisation: str | None, *, of_node: bool) -> uuid.UUID | None:
    """Whose payments and books are meant; None for those of the whole node, which one organisation alone is."""
    if of_node:
        return None
    named = the_organisation(db, organisation).id
    others = select(Organisation.id).where(Organisation.id != named).limit(1)
    return None if db.scalar(others) is None else named


def the_calendar(db: Session, organisation: str | None, *, of_node: bool) -> Organisation:
    """Whose days and currency a report goes by: of the whole node, those of its oldest organisation unless named."""
    if of_node and organisation is None:
        found = db.scalar(
            select(Organisation).order_by(Organisation.created_at, Organisation.id).limit(1)
        )
        if found is not None:
            return found
    return the_organisation(db, organisation)
