"""The rows of the ledger's reports, in the words and digits of an accountant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from core.ledger import CHART, AccountLedger, JournalLine, LedgerLine, TrialRow, digits
from core.money import Money
from gateway.cli.sheets import Row

TRIAL = ("number", "account", "currency", "debit", "credit")
ACCOUNT = ("at", "kind", "reference", "subject", "debit", "credit", "balance")
SUBJECT = ("at", "kind", "reference", "account", "currency", "debit", "credit", "balance")
JOURNAL = (
    "entry", "at", "kind", "reference", "reverses", "number", "account", "subject", "currency", "amount",
)  # fmt: skip


def trial_row(row: TrialRow) -> Row:
    """One account of the trial balance."""
    entry, total = CHART[row.account], row.debit - row.credit
    return {"number": entry.number, "account": entry.name, "currency": total.currency, **_sides(total)}  # fmt: skip


def totals(rows: Iterable[TrialRow]) -> Iterator[Row]:
    """The sums of both sides, a row for each currency."""
    sums: defaultdict[str, list[TrialRow]] = defaultdict(list)
    for row in rows:
        sums[row.debit.currency].append(row)
    for currency, mine in sorted(sums.items()):
        debit = Money(currency, sum(row.debit.minor for row in mine))
        credit = Money(currency, sum(row.credit.minor for row in mine))
        yield {"account": "Total", "currency": currency, "debit": digits(debit), "credit": digits(credit)}  # fmt: skip


def with_ends(found: AccountLedger, zone: str) -> Iterator[Row]:
    """The lines of an account between what it held before and after."""
    yield {"kind": "opening", "balance": digits(found.opening)}
    yield from (ledger_row(line, zone) for line in found.lines)
    yield {"kind": "closing", "balance": digits(found.closing)}


def ledger_row(line: LedgerLine, zone: str) -> Row:
    """One posting with the balance after it."""
    posting = line.posting
    return {
        "at": _local(posting.at, zone),
        "kind": posting.kind,
        "reference": posting.reference,
        "subject": posting.subject_id,
        "account": CHART[posting.account].name,
        "currency": posting.money.currency,
        "balance": digits(line.balance),
        **_sides(posting.money),
    }


def journal_row(line: JournalLine, zone: str) -> Row:
    """One posting as the journal's export holds it."""
    return {
        "entry": line.entry_id,
        "at": _local(line.at, zone),
        "kind": line.kind,
        "reference": line.reference,
        "reverses": line.reverses_id,
        "number": CHART[line.account].number,
        "account": CHART[line.account].name,
        "subject": line.subject_id,
        "currency": line.money.currency,
        "amount": digits(line.money),
    }


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="seconds")


def _sides(money: Money) -> Row:
    return {"debit": digits(money)} if money.minor > 0 else {"credit": digits(-money)}
