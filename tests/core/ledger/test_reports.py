"""Whatever was posted, the reports add up to it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from core import ledger
from core.db import read_one_moment
from core.ledger import CHART, Account
from core.money import Money
from tests.core.ledger.make import kes, move

LOAN, OTHER = uuid.uuid4(), uuid.uuid4()
HOUR = timedelta(hours=1)
Move = tuple[int, str, int, list[Account], uuid.UUID | None]
moves = st.tuples(
    st.integers(0, 48),  # hours from the beginning
    st.sampled_from(["KES", "UGX"]),
    st.integers(1, 10**12),
    st.permutations(list(Account)).map(lambda accounts: accounts[:2]),
    st.sampled_from([LOAN, OTHER, None]),
)


def test_every_account_of_the_chart_has_a_number_of_its_own_in_the_range_of_its_kind() -> None:
    first_digit = {"asset": "1", "liability": "2", "equity": "3", "income": "4", "expense": "5"}

    assert set(CHART) == set(Account)
    assert len({entry.number for entry in CHART.values()}) == len(CHART)
    assert all(str(entry.number)[0] == first_digit[entry.kind] for entry in CHART.values())
    assert all(ledger.by_number(entry.number) is account for account, entry in CHART.items())
    assert ledger.by_number(1) is None


def test_amounts_are_written_with_all_their_decimals() -> None:
    money = [Money("KES", 150_050), Money("KES", -5), Money("UGX", 1_500), Money("KES", 10**15)]

    assert [ledger.digits(one) for one in money] == ["1500.50", "-0.05", "1500", "10000000000000.00"]  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(moves, max_size=12), st.integers(0, 49), st.integers(0, 49))
def test_reports_add_up_to_what_was_posted(
    db: Session, now: datetime, posted: list[Move], since: int, until: int
) -> None:
    sums: dict[tuple[Account, str], int] = defaultdict(int)
    for hours, currency, minor, (into, out_of), subject in posted:
        at, money = now + hours * HOUR, Money(currency, minor)
        move(db, at, money, into=into, out_of=out_of, subject=subject)
        if hours < until:
            sums[into, currency] += minor
            sums[out_of, currency] -= minor

    rows = ledger.trial_balance(db, until=now + until * HOUR)

    assert {
        (row.account, row.debit.currency): (row.debit - row.credit).minor for row in rows
    } == sums
    for currency in ("KES", "UGX"):
        mine = [row for row in rows if row.debit.currency == currency]
        assert sum(row.debit.minor for row in mine) == sum(row.credit.minor for row in mine)
    for account, currency in sums:
        check_account(db, account, currency, now + min(since, until) * HOUR, now + until * HOUR)
    check_subject(db, LOAN)
    db.rollback()


def check_account(
    db: Session, account: Account, currency: str, since: datetime, until: datetime
) -> None:
    """Opening and lines lead to the closing balance, page by page as in one piece."""
    whole = ledger.account_ledger(db, account, currency, since=since, until=until, limit=None)
    lines = list(whole.lines)
    running = whole.opening
    for line in lines:
        running = running + line.posting.money
        assert line.balance == running
        assert since <= line.posting.at < until
    assert running == whole.closing
    pages = [
        ledger.account_ledger(
            db, account, currency, since=since, until=until, skip=2 * page, limit=2
        )
        for page in range(len(lines) // 2 + 1)
    ]
    assert [line for page in pages for line in page.lines] == lines


def check_subject(db: Session, subject: uuid.UUID) -> None:
    """The last line of each account holds its balance."""
    last: dict[tuple[Account, str], Money] = {}
    for line in ledger.subject_ledger(db, subject, limit=None):
        assert line.posting.subject_id == subject
        last[line.posting.account, line.balance.currency] = line.balance
    for (account, currency), money in last.items():
        assert ledger.balance(db, account, currency, subject) == money


def test_a_balance_before_anything_was_posted_is_nothing(db: Session, now: datetime) -> None:
    found = ledger.account_ledger(db, Account.CASH_MPESA, "KES", since=now)

    assert ledger.trial_balance(db) == []
    assert list(ledger.journal(db)) == []
    assert (found.opening, list(found.lines), found.closing) == (kes(0), [], kes(0))


def test_a_list_is_no_longer_than_asked(db: Session, now: datetime) -> None:
    for number in range(60):
        move(db, now + number * HOUR, kes(1), subject=LOAN)

    first = list(ledger.account_ledger(db, Account.CASH_MPESA, "KES").lines)

    assert len(first) == 50
    assert len(list(ledger.subject_ledger(db, LOAN, skip=50))) == 10


def test_the_accountants_page_holds_the_chart() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text()

    told = [f"| {entry.number} | {entry.name} | `{account}` |" for account, entry in CHART.items()]
    assert [row for row in told if row not in page] == []


def test_a_report_sees_one_moment_and_makes_no_writer_wait(
    sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions.begin() as writer:
        move(writer, now, kes(1))

    with sessions() as reader:
        read_one_moment(reader)
        before = ledger.trial_balance(reader)
        with sessions.begin() as writer:
            move(writer, now, kes(5))
        after = ledger.trial_balance(reader)

    assert before == after
    with sessions.begin() as writer:  # the connection that read can write again
        move(writer, now, kes(1))
        assert ledger.balance(writer, Account.LOAN_PORTFOLIO, "KES") == kes(7)
