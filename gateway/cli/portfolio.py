"""`growr portfolio`: what is at risk, how old it is, who is late, what a credit bureau may hear (docs/portfolio.md)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, datetime

import click

from config.limits import LIST_ROWS, PAR_DAYS
from core import clock, lending, people
from core.db import read_one_moment
from core.errors import Refusal
from core.ledger import digits
from core.lending import bureau as bureaus
from core.lending import portfolio as reports
from core.lending.portfolio import Part, Portfolio
from core.money import Money
from core.people import Organisation
from gateway.cli.common import as_json, of_organisation, tell, the_organisation, this_node
from gateway.cli.sheets import Form, Row, form_options, show

_AT_RISK = [name for days in PAR_DAYS for name in (f"par{days}", f"par{days}_percent")]
PAR = ("project", "currency", "loans", "gross", *_AT_RISK)
AGEING = ("project", "currency", "bucket", "loans", "principal")
LATE = (
    "loan", "project", "borrower", "phone", "days", "bucket", "currency", "overdue", "principal", "status",
)  # fmt: skip
BUREAU = (
    "loan", "borrower", "phone", "listing", "status", "currency", "amount", "outstanding", "days_past_due",
    "disbursed_on", "closed_on", "noticed_on", "correction",
)  # fmt: skip

on_day = click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="At the end of this day; else of today."
)
of_project = click.option("--project", "project_id", type=click.UUID, help="Only this project.")


@click.command()
@on_day
@of_project
@of_organisation
@form_options
def par(
    on: datetime | None, project_id: uuid.UUID | None, organisation: str | None, form: Form | None
) -> None:
    """Portfolio at risk: principal of loans late at all, and later than 30, 60, 90 days, over all that is out."""
    found = _portfolios(organisation, on, project_id)
    show(PAR, (_par_row(one) for one in (*found, *_totals(found))), form or Form.TABLE)


@click.command()
@on_day
@of_project
@of_organisation
@form_options
def ageing(
    on: datetime | None, project_id: uuid.UUID | None, organisation: str | None, form: Form | None
) -> None:
    """Loans and principal by days past due, bucket by bucket."""
    found = _portfolios(organisation, on, project_id)
    rows = (row for one in (*found, *_totals(found)) for row in _ageing_rows(one))
    show(AGEING, rows, form or Form.TABLE)


@click.command()
@of_project
@click.option(
    "--limit", type=click.IntRange(1), help=f"Rows on a page; a table shows {LIST_ROWS}, else all."
)
@click.option("--page", type=click.IntRange(1), default=1, help="Which page.")
@of_organisation
@form_options
def arrears(
    project_id: uuid.UUID | None, limit: int | None, page: int, organisation: str | None,
    form: Form | None,
) -> None:  # fmt: skip
    """The loans in arrears today, the latest first: whom to call."""
    rows = limit or (None if form else LIST_ROWS)
    node = this_node()
    with node.sessions() as db:
        read_one_moment(db)
        owner = the_organisation(db, organisation)
        found = reports.late_loans(
            db, organisation_id=owner.id, on=clock.local_day(node.clock(), owner.timezone),
            skip=(page - 1) * (rows or 0), limit=rows, project_id=project_id,
        )  # fmt: skip
    show(LATE, (_late_row(one) for one in found), form or Form.TABLE)


@click.command()
@on_day
@of_organisation
@form_options
def bureau(on: datetime | None, organisation: str | None, form: Form | None) -> None:
    """What a credit bureau may hear of each loan on a day, not before today: CSV unless --json."""
    node = this_node()
    with node.sessions() as db:
        read_one_moment(db)
        owner = the_organisation(db, organisation)
        day = _day(owner, on, node.clock())
        if day < clock.local_day(node.clock(), owner.timezone):
            raise Refusal("day_is_past", on=day)
        found = bureaus.reports(db, organisation_id=owner.id, on=day)
        show(BUREAU, (_bureau_row(one) for one in found), form or Form.CSV)


@click.command("bureau-consent")
@click.argument("phone")
@click.option("--given/--withdrawn", "is_given", required=True, help="What she said.")
@click.option("--source", required=True, help="Where she said so: contract, agent, call.")
@as_json
def bureau_consent(phone: str, *, is_given: bool, source: str, as_json: bool) -> None:
    """Record that a borrower agrees that a credit bureau hears of her loans, or no longer does."""
    node = this_node()
    with node.sessions.begin() as db:
        user = people.by_phone(db, phone)
        if user is None:
            raise Refusal("user_unknown", phone=phone)
        bureaus.record_consent(
            db, user_id=user.id, is_given=is_given, source=source, now=node.clock()
        )
    tell({"phone": phone, "consent": "given" if is_given else "withdrawn"}, as_json=as_json)


@click.command("bureau-correct")
@click.argument("code")
@click.option("--reason", required=True, help="What was wrong, in a sentence.")
@as_json
def bureau_correct(code: str, reason: str, as_json: bool) -> None:
    """Record that what was reported of a loan was wrong; today's report says so."""
    node = this_node()
    with node.sessions.begin() as db:
        loan = lending.loan_for_reference(db, code)
        if loan is None:
            raise Refusal("loan_unknown", loan=code)
        made = bureaus.correct(db, loan_id=loan.id, reason=reason, now=node.clock())
    tell({"loan": code, "corrected_on": made.on, "reason": made.reason}, as_json=as_json)


def _portfolios(
    organisation: str | None, on: datetime | None, project_id: uuid.UUID | None
) -> list[Portfolio]:
    node = this_node()
    with node.sessions() as db:
        read_one_moment(db)
        owner = the_organisation(db, organisation)
        day = _day(owner, on, node.clock())
        return reports.portfolios(db, organisation_id=owner.id, on=day, project_id=project_id)


def _day(owner: Organisation, on: datetime | None, now: datetime) -> date:
    return on.date() if on else clock.local_day(now, owner.timezone)


def _totals(found: Iterable[Portfolio]) -> Iterator[Portfolio]:
    """The projects of a currency together, where there is more than one."""
    by_currency: dict[str, list[Portfolio]] = {}
    for one in found:
        by_currency.setdefault(one.currency, []).append(one)
    for currency, mine in sorted(by_currency.items()):
        total = Portfolio("Total", currency)
        for one in mine:
            for number, part in one.classes.items():
                total.classes[number].add(part.loans, part.principal)
        if len(mine) > 1:
            yield total


def _par_row(one: Portfolio) -> Row:
    row: dict[str, object] = {
        "project": one.project,
        "currency": one.currency,
        "loans": one.gross.loans,
    }
    row["gross"] = _money(one, one.gross)
    for days in PAR_DAYS:
        row[f"par{days}"] = _money(one, one.late(days))
        row[f"par{days}_percent"] = str(one.par(days))
    return row


def _ageing_rows(one: Portfolio) -> Iterator[Row]:
    for bucket, part in one.buckets().items():
        yield {
            "project": one.project, "currency": one.currency, "bucket": bucket, "loans": part.loans,
            "principal": _money(one, part),
        }  # fmt: skip


def _late_row(one: reports.LateLoan) -> Row:
    return {
        "loan": one.code, "project": one.project, "borrower": one.borrower, "phone": one.phone,
        "days": one.days, "bucket": one.bucket, "currency": one.overdue.currency,
        "overdue": digits(one.overdue), "principal": digits(one.principal), "status": one.status,
    }  # fmt: skip


def _bureau_row(one: bureaus.Report) -> Row:
    return {
        "loan": one.code, "borrower": one.borrower, "phone": one.phone, "listing": one.listing,
        "status": one.status, "currency": one.amount.currency, "amount": digits(one.amount),
        "outstanding": digits(one.outstanding), "days_past_due": one.days,
        "disbursed_on": one.disbursed_on, "closed_on": one.closed_on, "noticed_on": one.noticed_on,
        "correction": one.correction,
    }  # fmt: skip


def _money(one: Portfolio, part: Part) -> str:
    return digits(Money(one.currency, part.principal))
