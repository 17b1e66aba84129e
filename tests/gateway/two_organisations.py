"""Two lenders on one node, each with people, loans, money in doubt and a complaint; neither may see the other."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import Engine, select
from sqlalchemy.orm import sessionmaker

from config.settings import Settings
from core import clock, keys, lending, people
from core.db import Base, Session, connect
from core.lending import About, groups
from core.payments import Payment, PaymentKind, PaymentState, postings
from core.payments.contradictions import cannot_undo
from core.people import Role, User, UserState
from gateway.cli import main
from tests.core.lending import village as places
from tests.core.lending.neighbours import COMMUNITY
from tests.core.lending.village import Village, kes


@dataclass
class Lender:
    """One of the two, and everything that a command could name of it."""

    name: str
    id: uuid.UUID
    given_name: str
    village: Village
    names: dict[str, str]

    @property
    def secrets(self) -> list[str]:
        """What no output for the other may hold."""
        return [self.given_name, *self.names.values()]


@dataclass
class Node:
    """A node with its command line."""

    engine: Engine
    sessions: sessionmaker[Session]
    environment: dict[str, str]
    ours: Lender
    theirs: Lender

    def run(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, list(words), env=self.environment, input=typed)

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table."""
        with self.engine.connect() as connection:
            return {
                table.name: sorted(map(str, connection.execute(select(table))))
                for table in Base.metadata.sorted_tables
            }


def build(home: Path, database_url: str, redis_url: str) -> Node:
    settings = Settings(home=home, database_url=database_url, redis_url=redis_url)
    keyring, engine = keys.create(settings.keys), connect(database_url)
    sessions = sessionmaker(
        engine, expire_on_commit=False, info={"book_key": keyring.signing_key("books")}
    )
    with sessions.begin() as db:
        ours = _lender(db, "Nakuru Farmers", "Amina", 10)
        theirs = _lender(db, "Kisumu Fishers", "Zawadi", 50)
    environment = {
        "GROWR_HOME": str(home), "GROWR_DATABASE_URL": database_url, "GROWR_REDIS_URL": redis_url,
    }  # fmt: skip
    return Node(engine, sessions, environment, ours, theirs)


def _lender(db: Session, name: str, given_name: str, number: int) -> Lender:
    coop = people.create_organisation(
        db, name=name, country="KE", currency="KES", timezone="Africa/Nairobi",
        support_phone=f"+2547000000{number:02}",
    )  # fmt: skip
    db.info["paybill"] = "174379"
    borrower, agent = (
        _user(db, coop.id, given_name, role, number + place)
        for place, role in enumerate((Role.BORROWER, Role.AGENT))
    )
    project = _project(db, coop.id, f"{name} seeds", {})
    village = Village(db, project, borrower, clock.now())
    community = _project(db, coop.id, f"{name} groups", COMMUNITY)
    group = groups.create_group(
        db, organisation_id=coop.id, project_id=community.id, name=f"{given_name} and others", now=clock.now()
    )  # fmt: skip
    held = _in_suspense(village)
    loan = village.borrow()
    ticket = lending.complaints.complain(
        db, user_id=borrower.id, about=About.COST, words=f"{given_name} paid too much",
        idempotency_key=name, now=clock.now(),
    ).ticket  # fmt: skip
    lending.hardship.ask_for_time(db, loan_id=loan.id, user_id=borrower.id, now=clock.now())
    return Lender(name, coop.id, given_name, village, {
        "loan": loan.code, "phone": borrower.phone, "agent": agent.phone, "project": str(project.id),
        "project_name": project.name, "group": str(group.id), "payment": str(held.id), "ticket": ticket,
        "loan_id": str(loan.id), "user_id": str(borrower.id),
    })  # fmt: skip


def _project(db: Session, organisation_id: uuid.UUID, name: str, changed: dict[str, Any]) -> Any:
    today = clock.now().date()
    data = places.project_json(
        name=name, start_date=str(today - timedelta(days=30)), end_date=str(today + timedelta(days=365)), **changed
    )  # fmt: skip
    made = lending.create_project(db, organisation_id=organisation_id, data=data, now=clock.now())
    return lending.activate(
        db, organisation_id=organisation_id, project_id=made.id, now=clock.now()
    )


def _user(
    db: Session, organisation_id: uuid.UUID, given_name: str, role: Role, number: int
) -> User:
    user = User(
        organisation_id=organisation_id, role=role, state=UserState.ACTIVE, phone=f"+2547120000{number:02}",
        language="en", given_name=given_name, family_name="Otieno",
    )  # fmt: skip
    db.add(user)
    db.flush()
    return user


def _in_suspense(village: Village) -> Payment:
    """A repayment that was taken back after its surplus had gone to her: a person must decide."""
    loan = village.borrow()
    paid = village.pay(loan, kes(1_300))
    village.settle(village.payment(loan, PaymentKind.REFUND))
    paid.state = PaymentState.REVERSED
    postings.reversal(village.db, paid, village.now)
    cannot_undo(village.db, paid, code="credit_already_returned", now=village.now)
    return paid
