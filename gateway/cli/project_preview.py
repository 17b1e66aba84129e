"""`growr project preview` and `show`: what a project asks of a borrower, before and after it is published."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TextIO

import click

from config.limits import USSD_PAGE_SEPTETS
from core.lending import Project, preview, projects, provisioning
from core.lending.offers import Quote
from core.lending.terms import Terms
from core.money import Money
from core.words import LANGUAGES, words
from gateway.cli.common import as_json, of_organisation, tell
from gateway.cli.files import json_object
from gateway.cli.project import of_project
from gateway.cli.sheets import Form
from gateway.cli.sheets import show as show_sheet
from gateway.cli.tenant import within
from menus.page import Page, fit

MONTHS = 12


@click.command("preview")
@of_organisation
@click.option("--file", "source", type=click.File(), required=True, help="project.json, or -.")
@click.option("--amount", help="Of the example, whole units; by default the largest loan.")
@click.option("--duration", type=int, help="As loan_durations counts it; by default the longest.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", help="Of the pages.")
@as_json
def show_preview(
    *, organisation: str | None, source: TextIO, amount: str | None, duration: int | None, language: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Check a project.json and show one loan of it: every payment, its true cost, and the pages she would read.

    Nothing is stored.
    """
    data, said = json_object(source), words(language)
    with within(organisation) as here:
        made = preview.example(
            here.db, organisation_id=here.id, data=data, words=said, on=here.today, amount=amount, duration=duration
        )  # fmt: skip
        here.db.rollback()
    page = Page("\n".join(made.terms), [(1, said.say("I agree"))])
    pages = fit(page, words=said, limit=USSD_PAGE_SEPTETS, back=True, whole=True)
    facts = {"name": made.project.name, **_quoted(made.quote)}
    rows = [{"due_on": on, "due": money} for on, money in made.quote.instalments]
    if as_json:
        tell({**facts, "instalments": rows, "pages": pages}, as_json=True)
        return
    tell(facts, as_json=False)
    show_sheet(("due_on", "due"), rows, Form.TABLE)
    for number, text in enumerate(pages, start=1):
        click.echo(f"--- page {number} of {len(pages)}\n{text}")


@click.command("show")
@of_organisation
@of_project
@as_json
def show_project(organisation: str | None, project: str, as_json: bool) -> None:
    """Show every term of PROJECT (its name or id), what is out, and what it has left to lend."""
    with within(organisation) as here:
        found = here.project(project)
        out = Money(found.currency, projects.lent(here.db, found.id))
        facts = {
            **_described(found),
            "lent": out,
            "left_to_lend": Money(found.currency, found.limit) - out,
            "provision": provisioning.provision(here.db, found),
        }
    tell(facts, as_json=as_json)


def _quoted(quote: Quote) -> dict[str, Any]:
    return {
        "loan": quote.amount, "duration": quote.duration, "received": quote.received, "fee_withheld": quote.fee,
        "deposit_withheld": quote.terms.deposit, "interest": quote.interest, "fees": quote.fees,
        "total_to_pay": quote.total, "cost_in_all": quote.cost, **_rates(quote.terms),
        "yearly_cost_apr": None if quote.apr is None else f"{quote.apr}%", "cash_back_if_on_time": quote.cash_back,
    }  # fmt: skip


def _rates(terms: Terms) -> dict[str, str]:
    """The rate both ways: who thinks in months and who thinks in years read the same."""
    kind = " flat" if terms.is_flat else " of what she still owes"
    monthly = (terms.interest_rate / MONTHS).quantize(Decimal("0.0001")).normalize()
    return {
        "rate_per_year": f"{terms.interest_rate.normalize():f}%{kind}",
        "rate_per_month": f"{monthly:f}%{kind}",
    }


def _described(found: Project) -> dict[str, Any]:
    least, most = (
        Money(found.currency, one) for one in (found.loan_min_amount, found.loan_max_amount)
    )
    terms = found.terms(most, found.loan_max_duration)
    return {
        "project": found.id, "name": found.name, "status": found.status, "public": found.is_public,
        "approval_reference": found.approval_reference, "from": found.start_date, "to": found.end_date,
        "amount": Money(found.currency, found.amount), "limit": Money(found.currency, found.limit),
        "repayment_model": found.repayment_model, "loans_from": least, "loans_to": most,
        "durations": ", ".join(map(str, found.loan_durations)), **_rates(terms),
        "disbursement_fee": f"{found.disbursement_fee.normalize():f}%",
        "cash_back": f"{found.cash_back_rate.normalize():f}%", "risk_deposit": f"{found.risk_deposit_rate:f}%",
        "grace_days": found.grace_period, "default_after_days": found.default_after_days,
        "arrears_grace_days": terms.arrears_grace_days,
        "arrears_tolerance": Money(found.currency, terms.arrears_tolerance),
        "close_below": Money(found.currency, terms.close_below), "cooling_off_days": terms.cooling_off_days,
        "pause_days": found.pause_days, "penalty": terms.to_json().get("penalty"),
        "schedule": terms.schedule, "payoff": terms.payoff, "eligibility": found.eligibility_criteria,
        "rails": ", ".join(found.payment_rails),
    }  # fmt: skip
