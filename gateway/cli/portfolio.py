"""`growr portfolio`: what is at risk, how old it is, who is late, what a credit bureau may hear (docs/portfolio.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import click

from config.limits import LIST_ROWS, PAR_DAYS
from core.errors import Refusal
from core.ledger import digits
from core.lending import bureau as bureaus
from core.lending import portfolio as reports
from core.lending.portfolio import Part, Portfolio
from core.money import Money
from core.refusal_codes import RefusalCode
from gateway.cli.common import as_json, of_organisation, tell
from gateway.cli.sheets import Form, Row, form_options, show
from gateway.cli.tenant import reading, within

_AT_RISK = [name for days in PAR_DAYS for name in (f"par{days}", f"par{days}_percent")]
PAR = ("project", "currency", "loans", "gross", *_AT_RISK, "restructured")
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
of_project = click.option("--project", help="Only this project: its name or id.")


@click.command()
@on_day
@of_project
@of_organisation
@form_options
def par(
    on: datetime | None, project: str | None, organisation: str | None, form: Form | None
) -> None:
    """Portfolio at risk: principal of loans late at all, and later than 30, 60, 90 days, over all that is out.

    Beside it what was put on new rows, late or not: a reschedule makes a loan current, not good.
    """
    found = _portfolios(organisation, on, project)
    show(PAR, (_par_row(one) for one in (*found, *_totals(found))), form or Form.TABLE)


@click.command()
@on_day
@of_project
@of_organisation
@form_options
def ageing(
    on: datetime | None, project: str | None, organisation: str | None, form: Form | None
) -> None:
    """Loans and principal by days past due, bucket by bucket."""
    found = _portfolios(organisation, on, project)
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
    project: str | None, limit: int | None, page: int, organisation: str | None,
    form: Form | None,
) -> None:  # fmt: skip
    """The loans in arrears today, the latest first: whom to call."""
    rows = limit or (None if form else LIST_ROWS)
    with reading(organisation) as here:
        found = reports.late_loans(
            here.db, organisation_id=here.id, on=here.today, skip=(page - 1) * (rows or 0), limit=rows,
            project_id=here.project(project).id if project else None,
        )  # fmt: skip
    show(LATE, (_late_row(one) for one in found), form or Form.TABLE)


@click.command()
@on_day
@of_organisation
@form_options
def bureau(on: datetime | None, organisation: str | None, form: Form | None) -> None:
    """What a credit bureau may hear of each loan on a day, not before today: CSV unless --json."""
    with reading(organisation) as here:
        day = on.date() if on else here.today
        if day < here.today:
            raise Refusal(RefusalCode.DAY_IS_PAST, on=day)
        found = bureaus.reports(here.db, organisation_id=here.id, on=day)
        show(BUREAU, (_bureau_row(one) for one in found), form or Form.CSV)


@click.command("bureau-consent")
@click.argument("phone")
@click.option("--given/--withdrawn", "is_given", required=True, help="What she said.")
@click.option("--source", required=True, help="Where she said so: contract, agent, call.")
@of_organisation
@as_json
def bureau_consent(
    phone: str, *, is_given: bool, source: str, organisation: str | None, as_json: bool
) -> None:
    """Record that a borrower agrees that a credit bureau hears of her loans, or no longer does."""
    with within(organisation) as here:
        user = here.person(phone)
        bureaus.record_consent(
            here.db, organisation_id=here.id, user_id=user.id, is_given=is_given, source=source, now=here.now
        )  # fmt: skip
        number = user.phone
    tell({"phone": number, "consent": "given" if is_given else "withdrawn"}, as_json=as_json)


@click.command("bureau-correct")
@click.argument("code")
@click.option("--reason", required=True, help="What was wrong, in a sentence.")
@of_organisation
@as_json
def bureau_correct(code: str, reason: str, organisation: str | None, as_json: bool) -> None:
    """Record that what was reported of a loan was wrong; today's report says so."""
    with within(organisation) as here:
        loan = here.loan(code)
        made = bureaus.correct(
            here.db, organisation_id=here.id, loan_id=loan.id, reason=reason, now=here.now
        )
        told = {"loan": loan.code, "corrected_on": made.on, "reason": made.reason}
    tell(told, as_json=as_json)


def _portfolios(
    organisation: str | None, on: datetime | None, project: str | None
) -> list[Portfolio]:
    with reading(organisation) as here:
        day, project_id = on.date() if on else here.today, None
        if project is not None:
            project_id = here.project(project).id
        return reports.portfolios(here.db, organisation_id=here.id, on=day, project_id=project_id)


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
            total.restructured.add(one.restructured.loans, one.restructured.principal)
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
    row["restructured"] = _money(one, one.restructured)
    return row


def _ageing_rows(one: Portfolio) -> Iterator[Row]:
    for bucket, part in one.buckets().items():
        yield {
            "project": one.project, "currency": one.currency, "bucket": bucket, "loans": part.loans,
            "principal": _money(one, part),
        }  # fmt: skip
    if one.restructured.loans:
        yield {
            "project": one.project, "currency": one.currency, "bucket": "restructured",
            "loans": one.restructured.loans, "principal": _money(one, one.restructured),
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
