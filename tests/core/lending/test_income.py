"""Interest is income on the days that earn it, whenever she pays it."""

from __future__ import annotations

from datetime import date, timedelta

from core import ledger, lending
from core.ledger import Account
from tests.core.lending.village import Village, kes

DUE = date(2026, 12, 21)


def close(village: Village) -> None:
    while lending.run_day(village.db, now=village.now, limit=100):
        pass


def income(village: Village) -> int:
    return -village.balance(Account.INTEREST_INCOME)


def unearned(village: Village) -> int:
    found = ledger.balance(village.db, Account.INTEREST_UNEARNED, "KES", village.project.id)
    return -found.minor


def test_interest_paid_ahead_is_owed_to_her_until_it_is_earned(village: Village) -> None:
    loan = village.borrow()  # twenty shillings of interest a month
    early = village.at(days=3)
    close(early)

    early.pay(loan, kes(540))  # two instalments, with forty shillings of interest

    assert income(early) == round(2_000 * 3 / 30)
    assert unearned(early) == 4_000 - income(early)
    early.check()


def test_each_day_takes_its_share_and_the_last_one_the_rest(village: Village) -> None:
    loan = village.borrow()
    early = village.at(days=1)
    early.pay(loan, kes(540))
    earned, day = income(early), early
    steps = []

    for _ in range(64):
        day = day.at(days=1)
        close(day)
        steps.append(income(day) - earned)
        earned = income(day)

    assert max(steps) <= 2_000 / 28 + 1
    assert min(steps) >= 2_000 / 31 - 1
    assert unearned(day) == 0
    day.check()


def test_a_loan_paid_off_has_earned_all_of_its_interest(village: Village) -> None:
    loan = village.borrow()
    early = village.at(days=2)
    early.pay(loan, kes(540))

    end = village.on(DUE + timedelta(days=3))
    end.pay(loan, end.standing(loan).payoff)

    village.db.refresh(loan)
    assert (income(end), unearned(end)) == (loan.interest_paid, 0)
    end.check()
