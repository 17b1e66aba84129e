"""`growr demo`: a cooperative, an active project, an agent and three invited borrowers, to try the node with."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import select

from core import ledger, lending, onboarding, people
from core.clock import local_day
from core.db import Session
from core.ledger import Account, credit, debit
from core.money import Money
from core.node import Node
from core.people import Organisation, Role
from gateway.cli.common import this_node
from gateway.supervisor import Supervisor

COOPERATIVE = "Mavuno Coop"
PROJECT = "Harvest"
FLOAT = Money("KES", 100_000_000)  # the sandbox gives the payout short code as much
AGENT = {"phone": "+254700111222", "name": "Juma Otieno"}
BORROWERS: list[dict[str, Any]] = [
    {"phone": "+254711000111", "given": "Amina", "family": "Wanjiku", "born": "1990-04-12", "language": "en"},
    {"phone": "+254722000222", "given": "Neema", "family": "Achieng", "born": "1985-09-30", "language": "sw"},
    {"phone": "+254733000333", "given": "Baraka", "family": "Mutua", "born": "1998-01-05", "language": "en"},
]  # fmt: skip


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")
def demo(as_json: bool) -> None:
    """Fill the running node so that there is something to dial. Again, it only tells what is there."""
    node = this_node()
    with node.sessions.begin() as db:
        if db.scalar(select(Organisation.id).where(Organisation.name == COOPERATIVE)) is None:
            seed(db, node)
    facts = {
        "service_code": node.settings.service_code,
        "node_url": node.settings.url,
        "sandbox_url": node.settings.sandbox_url,
        "organisation": COOPERATIVE,
        "project": PROJECT,
        "agent": AGENT,
        "borrowers": [
            {"phone": one["phone"], "name": f"{one['given']} {one['family']}", "language": one["language"]}
            for one in BORROWERS
        ],
    }  # fmt: skip
    click.echo(json.dumps(facts) if as_json else _guide(facts))
    if not Supervisor.is_running(node.settings.home):
        click.echo(
            "No node is running here: the invitations go out once `growr up` runs.", err=True
        )


def seed(db: Session, node: Node) -> None:
    """Write the cooperative and all that belongs to it."""
    now = node.clock()
    coop = people.create_organisation(
        db, name=COOPERATIVE, country="KE", currency="KES", timezone="Africa/Nairobi",
        support_phone="+254700111222",
    )  # fmt: skip
    given, _, family = AGENT["name"].partition(" ")
    _invite(db, node, coop, AGENT["phone"], given, family, role=Role.AGENT)
    for one in BORROWERS:
        _invite(
            db, node, coop, one["phone"], one["given"], one["family"], language=one["language"], facts=facts(one)
        )  # fmt: skip
    project = lending.create_project(db, organisation_id=coop.id, data=project_terms(node), now=now)
    lending.activate(db, organisation_id=coop.id, project_id=project.id, now=now)
    lines = [debit(Account.CASH_MPESA, FLOAT), credit(Account.INVESTOR_FUNDS, FLOAT, project.id)]
    ledger.post(db, kind="funding.opening", reference=str(project.id), lines=lines, now=now)


def facts(borrower: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the cooperative confirms about a borrower."""
    kyc = {
        "given_name": borrower["given"],
        "family_name": borrower["family"],
        "birthdate": borrower["born"],
        "residence": {"country": "KE", "region": "Nakuru"},
    }
    membership = {"group_name": COOPERATIVE, "member_since": "2021-03-01", "standing": "good"}
    return {"kyc": kyc, "community_membership": membership}


def project_terms(node: Node) -> dict[str, Any]:
    """The project as an originator would write it into project.json."""
    today = local_day(node.clock(), "Africa/Nairobi")
    yes = {"values": [True]}
    return {
        "name": PROJECT,
        "description": "Seeds and tools before the long rains, repaid after the harvest.",
        "is_public": True,
        "start_date": today.isoformat(),
        "end_date": (today + timedelta(days=365)).isoformat(),
        "currency": "KES",
        "amount": "500000",
        "limit": "500000",
        "eligibility_criteria": [
            {"type": "kyc", "claims": [{"path": ["age_over", "18"], **yes}]},
            {"type": "community_membership", "claims": [{"path": ["in_good_standing"], **yes}]},
        ],
        "loan_type": "seasonal",
        "loan_min_amount": "1000",
        "loan_max_amount": "20000",
        "loan_min_duration": 1,
        "loan_max_duration": 6,
        "loan_durations": [1, 3, 6],
        "interest_rate": "12",
        "disbursement_fee": "2",
        "cash_back_rate": "1",
        "grace_period": 3,
        "default_after_days": 60,
        "repayment_model": "fixed",
        "payment_rails": ["mpesa"],
        "trusted_issuers": [node.issuer.did],
        "verifier_did": node.issuer.did,
        "approval_reference": "demo board minute 1",
    }


def _invite(
    db: Session,
    node: Node,
    coop: Organisation,
    phone: str,
    given: str,
    family: str,
    **more: Any,
) -> None:
    onboarding.invite(
        db, keyring=node.keyring, organisation_id=coop.id, phone=phone, given_name=given, family_name=family,
        service_code=node.settings.service_code, now=node.clock(), **more,
    )  # fmt: skip


def _guide(facts: dict[str, Any]) -> str:
    people_there = "\n".join(
        f"  {one['phone']}  {one['name']} ({one['language']})" for one in facts["borrowers"]
    )
    first = facts["borrowers"][0]["phone"]
    return (
        f"{facts['organisation']} lends from its project {facts['project']}. Invited borrowers:\n{people_there}\n\n"
        f"Open {facts['sandbox_url']}/?phone={first.removeprefix('+')} and dial {facts['service_code']}.\n"
        "The code is in her messages. Choose a PIN, prove something under My record, then get a loan.\n"
        "Her M-PESA PIN is 1234."
    )
