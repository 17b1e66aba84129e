"""The books on an accountant's screen, in her spreadsheet, and for a machine."""

from __future__ import annotations

import csv
import io
import subprocess
import uuid
from datetime import datetime
from pathlib import Path

import pytest

from core import node
from core.ledger import Account
from tests.core.ledger.make import kes, move
from tests.core.ledger.test_beancount import bean_check
from tests.gateway.test_cli import Desk

LOAN = uuid.UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")


def day(number: int, hour: int = 12) -> datetime:
    return datetime.fromisoformat(f"2026-11-{number:02d}T{hour:02d}:00:00+03:00")


@pytest.fixture
def desk(tmp_path: Path, redis_url: str) -> Desk:
    """A cooperative that put in 1,000, lent 300 on the 10th, and got 120 back on the 20th."""
    made = Desk(tmp_path / "home", redis_url)
    made.organisation()
    cash, portfolio = Account.CASH_MPESA, Account.LOAN_PORTFOLIO
    here = node.build(made.settings, wake=lambda _: None)
    with here.sessions.begin() as db:
        move(db, day(1), kes(1_000), into=cash, out_of=Account.INVESTOR_FUNDS, reference="fund")
        move(db, day(10), kes(300), into=portfolio, out_of=cash, subject=LOAN, reference="lend")
        move(db, day(20), kes(-120), into=portfolio, out_of=cash, subject=LOAN, reference="repay")
    here.close()
    return made


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def sheet(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_trial_balance_is_a_table_with_both_sides_equal(desk: Desk) -> None:
    shown = table(desk.run("ledger", "trial-balance").stdout)

    assert shown[0] == ["number", "account", "currency", "debit", "credit"]
    assert shown[1] == ["1010", "Cash", "at", "M-PESA", "KES", "820.00"]
    assert shown[2] == ["1200", "Loan", "portfolio,", "principal", "KES", "180.00"]
    assert shown[3] == ["2300", "Funds", "of", "investors", "KES", "1000.00"]
    assert shown[4] == ["Total", "KES", "1000.00", "1000.00"]


def test_the_trial_balance_of_a_day_holds_that_day_and_not_the_next(desk: Desk) -> None:
    def portfolio(on: str) -> list[str]:
        rows = sheet(desk.run("ledger", "trial-balance", "--on", on, "--csv").stdout)
        return [row["debit"] for row in rows if row["number"] == "1200"]

    assert portfolio("2026-11-09") == []
    assert portfolio("2026-11-10") == ["300.00"]
    assert portfolio("2026-11-20") == ["180.00"]


def test_an_account_is_told_between_two_days_with_its_ends(desk: Desk) -> None:
    words = ("ledger", "account", "1010", "--from", "2026-11-02", "--to", "2026-11-19")

    opening, lent, closing = desk.json(*words)

    assert (opening["kind"], opening["balance"]) == ("opening", "1000.00")
    assert lent["at"] == "2026-11-10 12:00:00+03:00"
    assert (lent["reference"], lent["credit"], lent["balance"]) == ("lend", "300.00", "700.00")
    assert (closing["kind"], closing["balance"]) == ("closing", "700.00")


def test_an_account_has_pages(desk: Desk) -> None:
    words = ("ledger", "account", "cash_mpesa", "--limit", "2", "--csv")

    first, second = (sheet(desk.run(*words, "--page", page).stdout) for page in ("1", "2"))

    assert [row["reference"] for row in first] == ["", "fund", "lend", ""]
    assert [(row["reference"], row["balance"]) for row in second[1:-1]] == [("repay", "820.00")]


def test_what_the_books_hold_of_one_loan(desk: Desk) -> None:
    shown = desk.json("ledger", "subject", str(LOAN))

    assert [(row["debit"], row["credit"], row["balance"]) for row in shown] == [
        ("300.00", None, "300.00"),
        (None, "120.00", "180.00"),
    ]


def test_the_journal_goes_to_a_program_that_checks_it(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "journal.beancount"

    path.write_text(desk.run("ledger", "export").stdout)

    assert bean_check(path) == ""
    assert "820.00 KES" in path.read_text()


def test_the_journal_is_a_sheet_that_adds_up(desk: Desk) -> None:
    rows = sheet(desk.run("ledger", "export", "--csv", "--to", "2026-11-19").stdout)

    assert [row["reference"] for row in rows] == ["fund", "fund", "lend", "lend"]
    assert sum(float(row["amount"]) for row in rows) == 0
    assert desk.json("ledger", "export")[4]["reference"] == "repay"


def test_a_node_without_a_posting_has_empty_books(tmp_path: Path, redis_url: str) -> None:
    desk = Desk(tmp_path / "home", redis_url)
    desk.organisation()

    assert desk.json("ledger", "trial-balance") == []
    assert len(desk.json("ledger", "account", "1010")) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("account", "1011"), "account_unknown"),
        (("account", "cash"), "account_unknown"),
        (("account", "1010", "--currency", "XAU"), "currency_unknown"),
        (("account", "1010", "--from", "yesterday"), "does not match the format"),
        (("account", "1010", "--limit", "0"), "--limit"),
        (("subject", "L1042"), "loan_unknown"),
        (("trial-balance", "--org", "Nobody"), "organisation_unknown"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    desk: Desk, words: tuple[str, ...], says: str
) -> None:
    assert says in desk.refused("ledger", *words)


def test_our_code_never_imports_the_checker() -> None:
    root = Path(__file__).parents[2]

    words = ["git", "-C", str(root), "grep", "-lE", r"^\s*(import|from) beancount", "--", "*.py"]
    assert subprocess.run(words, check=False, capture_output=True, text=True).stdout == ""
