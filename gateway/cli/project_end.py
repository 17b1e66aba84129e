"""`growr project fund`, `close` and `pay-back`: the money of those who fund a project, from first to last."""

from __future__ import annotations

from decimal import Decimal

import click

from core import money
from core.lending import funds, project_end
from core.lending.funding_models import FundingClass
from core.lending.project_end import Plan
from core.lending.waterfall import Rank
from gateway.cli.common import as_json, of_organisation, tell
from gateway.cli.project import of_project
from gateway.cli.tenant import within

of_class = click.option(
    "--class",
    "funding_class",
    type=click.Choice([one.value for one in FundingClass]),
    required=True,
    help="senior: paid back first, with yield. junior: the originator's first loss.",
)
reference_option = click.option("--reference", required=True, help="Number of the bank transfer.")


@click.command()
@of_organisation
@of_project
@click.option("--amount", required=True, help="In whole units of the project's currency.")
@of_class
@reference_option
@click.option("--source", type=int, help="Line of the project's funding, from 1, if several fit.")
@click.option(
    "--rate",
    type=float,
    default=0.0,
    help="Yearly yield in percent, if the project lists no funding.",
)
@click.option("--into", type=click.Choice([*funds.INTO]), default="bank", show_default=True)
@as_json
def fund(
    *,
    organisation: str | None,
    project: str,
    amount: str,
    funding_class: str,
    reference: str,
    source: int | None,
    rate: float,
    into: str,
    as_json: bool,
) -> None:
    """Register money that came in for a project; the same reference again is the same money."""
    with within(organisation) as here:
        found = here.project(project)
        made = funds.fund(
            here.db, organisation_id=here.id, project_id=found.id, funding_class=FundingClass(funding_class),
            reference=reference, amount=money.parse(found.currency, amount), source=source,
            rate=Decimal(str(rate)), into=into, now=here.now,
        )  # fmt: skip
        facts = {
            "funding": made.id, "class": made.funding_class, "amount": money.Money(found.currency, made.amount),
            "rate": made.interest_rate, "reference": made.reference,
        }  # fmt: skip
    tell(facts, as_json=as_json)


@click.command()
@of_organisation
@of_project
@click.option("--dry-run", is_flag=True, help="Show who would get what, and close nothing.")
@as_json
def close(organisation: str | None, project: str, dry_run: bool, as_json: bool) -> None:
    """End it for good and share what there is; refused while a loan is open."""
    with within(organisation) as here:
        verb, project_id = (
            project_end.plan if dry_run else project_end.close,
            here.project(project).id,
        )
        facts = _facts(verb(here.db, organisation_id=here.id, project_id=project_id, now=here.now))
    tell(facts, as_json=as_json)


@click.command("pay-back")
@of_organisation
@of_project
@click.option("--amount", required=True, help="In whole units of the project's currency.")
@of_class
@reference_option
@as_json
def pay_back(
    *,
    organisation: str | None,
    project: str,
    amount: str,
    funding_class: str,
    reference: str,
    as_json: bool,
) -> None:
    """Register a bank transfer to those who funded a closed project, yield first."""
    with within(organisation) as here:
        found = here.project(project)
        left = funds.pay_back(
            here.db, organisation_id=here.id, project_id=found.id, funding_class=FundingClass(funding_class),
            reference=reference, amount=money.parse(found.currency, amount), now=here.now,
        )  # fmt: skip
        told = {"project": found.id, "class": funding_class, "still_owed": left}
    tell(told, as_json=as_json)


def _facts(made: Plan) -> dict[str, object]:
    """The waterfall, rank by rank: what is claimed, what is paid, what is lost."""
    facts: dict[str, object] = {
        "project": made.project.id,
        "name": made.project.name,
        "status": made.project.status,
        "available": made.money(made.split.available),
    }
    for rank in Rank:
        claims = made.split.of(rank)
        name = rank.name.lower()
        facts[f"{name}_claims"] = made.money(sum(one.claim.amount for one in claims))
        facts[f"{name}_paid"] = made.money(sum(one.amount for one in claims))
        facts[f"{name}_lost"] = made.money(sum(one.lost for one in claims))
    return {**facts, "left_to_originator": made.money(made.split.rest)}
