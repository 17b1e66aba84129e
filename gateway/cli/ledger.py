"""`growr ledger`: what an accountant asks the books, and the journal for a program that checks it (docs/ledger.md)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Select

from config.limits import LIST_ROWS
from core import ledger as books
from core import lending
from core.db import Session, read_one_moment
from core.errors import Refusal
from core.ledger import Account
from core.lending import owned
from core.money import CURRENCIES
from core.refusal_codes import RefusalCode
from gateway.cli.common import of_organisation, this_node
from gateway.cli.ledger_sheets import (
    ACCOUNT,
    JOURNAL,
    SUBJECT,
    TRIAL,
    journal_row,
    ledger_row,
    totals,
    trial_row,
    with_ends,
)  # fmt: skip
from gateway.cli.sheets import Form, form_options, show
from gateway.cli.tenant import of_node, the_calendar, the_owner

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose books are read, and on which calendar; without an owner those of the whole node."""

    owner: uuid.UUID | None
    zone: str
    currency: str
    subjects: Select[Any] | None


def _scope(db: Session, organisation: str | None, *, of_node: bool) -> Scope:
    """The books of one organisation; of the node on the calendar of the organisation named, or of the first."""
    owner = the_owner(db, organisation, of_node=of_node)
    calendar = the_calendar(db, organisation, of_node=of_node)
    about = None if owner is None else owned.subjects(owner)
    return Scope(owner, calendar.timezone, calendar.currency, about)


def _page_options(command: Command) -> Command:
    say = f"Rows on a page; a table shows {LIST_ROWS}, CSV and JSON everything."
    command = click.option("--page", type=click.IntRange(1), default=1, help="Which page.")(command)
    return click.option("--limit", type=click.IntRange(1), help=say)(command)


@click.command("trial-balance")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="At the end of this day; else now.")
@of_organisation
@of_node
@form_options
def trial_balance(
    on: datetime | None, organisation: str | None, of_node: bool, form: Form | None
) -> None:
    """Every account with its balance; debits and credits of a currency are equal."""
    with this_node().sessions() as db:
        read_one_moment(db)
        scope = _scope(db, organisation, of_node=of_node)
        rows = books.trial_balance(db, until=_end(scope, on), subjects=scope.subjects)
    sheet = [trial_row(row) for row in rows]
    if not form:
        sheet += totals(rows)
    show(TRIAL, sheet, form or Form.TABLE)


@click.command()
@click.argument("name")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day, included.")
@click.option("--currency", help="Else the currency of the organisation.")
@_page_options
@of_organisation
@of_node
@form_options
def account(
    name: str,
    *,
    since: datetime | None,
    until: datetime | None,
    currency: str | None,
    limit: int | None,
    page: int,
    organisation: str | None,
    of_node: bool,
    form: Form | None,
) -> None:
    """The general ledger of an account, by its number or name, with what it held before and after."""
    which, rows = _account(name), limit or (None if form else LIST_ROWS)
    with this_node().sessions() as db:
        read_one_moment(db)
        scope = _scope(db, organisation, of_node=of_node)
        _check(currency or scope.currency)
        found = books.account_ledger(
            db, which, currency or scope.currency, since=_midnight(scope.zone, since),
            until=_end(scope, until), skip=(page - 1) * (rows or 0), limit=rows, subjects=scope.subjects,
        )  # fmt: skip
        show(ACCOUNT, with_ends(found, scope.zone), form or Form.TABLE)


@click.command()
@click.argument("name")
@_page_options
@of_organisation
@of_node
@form_options
def subject(
    *, name: str, limit: int | None, page: int, organisation: str | None, of_node: bool, form: Form | None
) -> None:  # fmt: skip
    """What the books hold of one loan (its code) or payment (its id), each line with the balance of its account."""
    rows = limit or (None if form else LIST_ROWS)
    with this_node().sessions() as db:
        read_one_moment(db)
        scope = _scope(db, organisation, of_node=of_node)
        lines = books.subject_ledger(
            db, _subject(db, scope, name), skip=(page - 1) * (rows or 0), limit=rows
        )
        show(SUBJECT, (ledger_row(one, scope.zone) for one in lines), form or Form.TABLE)


@click.command()
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day; else all.")
@of_organisation
@of_node
@form_options
def export(
    until: datetime | None, organisation: str | None, of_node: bool, form: Form | None
) -> None:
    """Print the whole journal in beancount's format, which bean-check accepts; or as CSV or JSON."""
    with this_node().sessions() as db:
        read_one_moment(db)
        scope = _scope(db, organisation, of_node=of_node)
        end, about = _end(scope, until), scope.subjects
        if form:
            lines = (
                journal_row(one, scope.zone) for one in books.journal(db, until=end, subjects=about)
            )
            show(JOURNAL, lines, form)
        else:
            for text in books.export(db, zone=scope.zone, until=end, subjects=about):
                click.echo(text)


def _account(name: str) -> Account:
    found = books.by_number(int(name)) if name.isdecimal() else None
    if found is None and name not in list(Account):
        raise Refusal(RefusalCode.ACCOUNT_UNKNOWN, account=name)
    return found or Account(name)


def _check(currency: str) -> None:
    if currency not in CURRENCIES:
        raise Refusal(RefusalCode.CURRENCY_UNKNOWN, currency=currency)


def _subject(db: Session, scope: Scope, name: str) -> uuid.UUID:
    loan = lending.loan_for_reference(db, name)
    try:
        found = loan.id if loan else uuid.UUID(name)
    except ValueError:
        found = None
    if found is None or not owned.is_subject(db, scope.owner, found):
        raise Refusal(RefusalCode.LOAN_UNKNOWN, loan=name)
    return found


def _midnight(zone: str, day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=ZoneInfo(zone)) if day else None


def _end(scope: Scope, day: datetime | None) -> datetime | None:
    """The midnight that ends a day."""
    return _midnight(scope.zone, day + timedelta(days=1)) if day else None
