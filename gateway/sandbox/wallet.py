"""Play money in whole shillings: accounts whose entries always come in pairs, so nothing is ever made or lost."""

from __future__ import annotations

import sqlite3
from typing import Any

from gateway.sandbox import numbers
from gateway.sandbox.settings import SandboxSettings

WORLD = "world"  # the other side of every opening balance
ENTRIES_SHOWN = 100


class InsufficientFunds(Exception):
    """The account holds less than that."""


def open_account(db: sqlite3.Connection, account: str, opening: int) -> None:
    """Make the account with its opening balance, unless it is there."""
    made = db.execute("INSERT OR IGNORE INTO account VALUES (?, 0)", (account,)).rowcount
    if made and opening:
        transfer(db, source=WORLD, target=account, amount=opening, kind="opening", note="Opening")


def open_shortcodes(db: sqlite3.Connection, settings: SandboxSettings) -> None:
    """The world, the pay bill, and the payout short code with its float."""
    open_account(db, WORLD, 0)
    open_account(db, settings.mpesa_short_code, 0)
    open_account(db, settings.mpesa_payout_short_code, settings.payout_float)


def transfer(
    db: sqlite3.Connection,
    *,
    source: str,
    target: str,
    amount: int,
    kind: str,
    note: str,
    receipt: str = "",
) -> None:
    """Move whole shillings from one account to another. Raises InsufficientFunds."""
    assert amount > 0, "money moves forward"
    if source != WORLD and balance(db, source) < amount:
        raise InsufficientFunds(source)
    at = numbers.iso()
    for account, other, change in ((source, target, -amount), (target, source, amount)):
        db.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (change, account))
        after = balance(db, account)
        db.execute(
            "INSERT INTO entry (account, other, amount, balance, kind, receipt, note, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (account, other, change, after, kind, receipt, note, at),
        )


def balance(db: sqlite3.Connection, account: str) -> int:
    row = db.execute("SELECT balance FROM account WHERE id = ?", (account,)).fetchone()
    assert row is not None, "the account is open"
    return int(row["balance"])


def statement(db: sqlite3.Connection, account: str) -> dict[str, Any]:
    """Balance and the latest entries, newest first."""
    rows = db.execute(
        "SELECT at, amount, balance, kind, other, receipt, note FROM entry"
        " WHERE account = ? ORDER BY id DESC LIMIT ?",
        (account, ENTRIES_SHOWN),
    )
    return {"currency": "KES", "balance": balance(db, account), "entries": [dict(r) for r in rows]}


def is_open(db: sqlite3.Connection, account: str) -> bool:
    return db.execute("SELECT 1 FROM account WHERE id = ?", (account,)).fetchone() is not None


def totals(db: sqlite3.Connection) -> dict[str, Any]:
    """Every balance, and the two sums that must be zero."""
    balances = {r["id"]: r["balance"] for r in db.execute("SELECT id, balance FROM account")}
    entries = db.execute(
        "SELECT count(*) AS n, coalesce(sum(amount), 0) AS total FROM entry"
    ).fetchone()
    return {
        "accounts": balances,
        "sum": sum(balances.values()),
        "entries": entries["n"],
        "entries_sum": entries["total"],
    }
