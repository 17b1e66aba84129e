"""The journal in beancount's plain text, so that a program that is not ours can check it.

Every balance is asserted at the end as the database sums it: the checker adds up the entries itself and compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby

from core.clock import local_day
from core.db import Session
from core.ledger.chart import CHART, Account, Kind
from core.ledger.reports import JournalLine, Subjects, TrialRow, digits, journal, trial_balance

_ROOTS = {
    Kind.ASSET: "Assets",
    Kind.LIABILITY: "Liabilities",
    Kind.EQUITY: "Equity",
    Kind.INCOME: "Income",
    Kind.EXPENSE: "Expenses",
}


def account_name(account: Account) -> str:
    """An account as beancount spells it, e.g. Assets:1010-Cash-at-M-PESA."""
    entry = CHART[account]
    plain = re.sub(r"[^A-Za-z0-9]+", "-", entry.name).strip("-")
    return f"{_ROOTS[entry.kind]}:{entry.number}-{plain}"


def export(
    db: Session, *, zone: str, until: datetime | None = None, subjects: Subjects | None = None
) -> Iterator[str]:
    """The journal before `until`, line by line; days are those of `zone`."""
    balances = trial_balance(db, until=until, subjects=subjects)
    currencies = sorted({row.debit.currency for row in balances})
    yield 'option "title" "Journal of a Growr node"'
    yield from (f'option "operating_currency" "{currency}"' for currency in currencies)
    told = journal(db, until=until, subjects=subjects)
    day = None
    for _, lines in groupby(told, key=lambda line: line.entry_id):
        postings = list(lines)
        if day is None:
            yield from _opened(balances, local_day(postings[0].at, zone))
        day = local_day(postings[0].at, zone)
        yield from _transaction(postings, day)
    if day is not None:
        yield from _asserted(balances, day + timedelta(days=1))


def _opened(balances: Iterable[TrialRow], day: date) -> Iterator[str]:
    yield ""
    for account, rows in groupby(balances, key=lambda row: row.account):
        yield f"{day} open {account_name(account)} {','.join(row.debit.currency for row in rows)}"
        yield f"  number: {CHART[account].number}"
        yield f"  name: {_quoted(CHART[account].name)}"


def _transaction(postings: list[JournalLine], day: date) -> Iterator[str]:
    entry = postings[0]
    yield ""
    yield f"{day} * {_quoted(entry.kind)}"
    yield f"  kind: {_quoted(entry.kind)}"
    yield f"  reference: {_quoted(entry.reference)}"
    yield f'  entry: "{entry.entry_id}"'
    yield f'  booked: "{entry.at.isoformat()}"'
    if entry.reverses_id is not None:
        yield f'  reverses: "{entry.reverses_id}"'
    for line in postings:
        yield f"  {account_name(line.account)}  {digits(line.money)} {line.money.currency}"
        if line.subject_id is not None:
            yield f'    subject: "{line.subject_id}"'


def _asserted(balances: Iterable[TrialRow], day: date) -> Iterator[str]:
    yield ""
    for row in balances:
        total = row.debit - row.credit
        yield f"{day} balance {account_name(row.account)}  {digits(total)} {total.currency}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
