"""Money recovered after a project has ended reaches those who lost by its end, as if it had come before."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from core.books import Book
from core.db import Session
from core.ledger import Account
from core.lending import Loan, LoanStatus, community, funds, servicing_end
from core.messaging import Template
from core.money import Money
from core.payments import Payment, PaymentKind, PaymentState, postings
from tests.core.lending import village as places
from tests.core.lending.desk import order
from tests.core.lending.neighbours import Neighbours, run_days
from tests.core.lending.test_project_end import JUNIOR, SENIOR, close, lose, put
from tests.core.lending.village import Village, kes
from tests.databases import ON_SQLITE

# a loss besides the loan, borne by the first loss, deposits and cash-back, funds; and what comes in later
CASES = [(0, 3_333), (2_000, 15_000), (6_000, 15_000), (30_000, 10), (30_000, 15_000)]
SENIOR_WHOLE = kes(80_000).minor


SOURCES = [
    {"class": "senior", "amount": "80000", "interest_rate": "0"},
    {"class": "junior", "amount": "20000"},
]


@pytest.fixture
def three(db: Session) -> Neighbours:
    made = Neighbours(db, funding=SOURCES, disbursement_fee="0", cash_back_rate="1")
    put(made.a, SENIOR, kes(80_000), "INV-1")
    put(made.a, JUNIOR, kes(20_000), "OWN-1")
    return made


def lost(three: Neighbours) -> tuple[Village, Loan]:
    """A neighbour repaid on time, but her cash-back did not arrive; another's loan is written off."""
    paid = three.b.borrow(kes(6_000), 1)
    three.b.pay(paid, three.b.standing(paid).payoff)
    three.b.fail(three.b.payment(paid, PaymentKind.CASH_BACK))
    loan = three.a.borrow(kes(18_000), 1)
    late = three.default(loan)
    servicing_end.write_off(three.db, **order(late, loan))
    late.pay(loan, community.owed_to_group(three.db, loan))  # this comes first, and is not ours
    return late.at(days=1), loan


def stands(three: Neighbours, village: Village) -> dict[str, int]:
    """What everybody has or is owed by a project that has closed."""
    return {
        "senior": funds.owed(three.db, three.project, SENIOR).minor,
        "junior": funds.owed(three.db, three.project, JUNIOR).minor,
        "lost": -village.balance(Account.LOSSES_BORNE),
        "members": -sum(
            village.balance(one)
            for one in (Account.RISK_DEPOSITS, Account.BORROWER_CREDIT, Account.CASH_BACK_PAYABLE)
        ),
    }


@ON_SQLITE
def test_it_does_not_matter_whether_money_comes_before_the_end_or_after(three: Neighbours) -> None:
    village, loan = lost(three)
    for loss, amount in CASES:
        with three.db.begin_nested() as again:
            lose(three.a, kes(loss))
            with three.db.begin_nested() as before:
                village.pay(loan, kes(amount))
                close(village)
                wanted = stands(three, village)
                before.rollback()
            three.db.expire_all()

            close(village)
            for part in (amount // 2, amount - amount // 2):
                village.pay(loan, kes(part))
                run_days(village)

            assert stands(three, village) == wanted, (loss, amount)
            assert loan.status is LoanStatus.WRITTEN_OFF
            assert three.project.settled_on is not None
            village.check()
            again.rollback()
        three.db.expire_all()


def test_members_are_sent_what_comes_back_to_them_and_the_book_says_to_which_rank(
    three: Neighbours,
) -> None:
    village, loan = lost(three)
    lose(three.a, kes(6_000))
    close(village)
    run_days(village)
    assert village.texts(Template.DEPOSIT_RETURNED) == []

    village.pay(loan, kes(15_000))
    run_days(village)

    assert any("KES 600 is on its way" in text for text in village.texts(Template.DEPOSIT_RETURNED))
    (told,) = [e for e in places.book(three.db, Book.PROJECT) if e.kind == "project.recovered"]
    assert json.loads(told.body)["paid"]["deposit"] == 60_000
    assert village.balance(Account.RISK_DEPOSITS) == 0


@ON_SQLITE
def test_cash_back_that_comes_back_in_two_parts_is_sent_twice(three: Neighbours) -> None:
    village, loan = lost(three)
    lose(three.a, kes(6_000))
    close(village)
    run_days(village)
    before_it = SENIOR_WHOLE - stands(three, village)["senior"] + kes(600).minor

    for amount in (Money("KES", before_it) + kes(30), kes(30)):
        village = village.at(days=1)
        village.pay(loan, amount)
        run_days(village)
        paid = three.db.scalars(select(Payment).where(Payment.kind == PaymentKind.CASH_BACK)).all()
        (sent,) = (one for one in paid if one.state is PaymentState.READY)
        assert sent.money == kes(30)
        village.settle(sent)

    assert village.balance(Account.CASH_BACK_PAYABLE) == 0
    village.check()


@ON_SQLITE
def test_a_recovery_taken_back_is_made_up_by_the_next_before_anybody_gets_more(
    three: Neighbours,
) -> None:
    village, loan = lost(three)
    lose(three.a, kes(30_000))
    close(village)
    payment = village.pay(loan, kes(5_000))
    run_days(village)
    owed = stands(three, village)
    payment.state = PaymentState.REVERSED
    postings.reversal(three.db, payment, village.now)
    places.lending.payment_reversed(three.db, payment=payment, now=village.now)
    run_days(village)

    later = village.at(days=1)
    later.pay(loan, kes(5_000))
    run_days(later)

    assert stands(three, later) == owed
    later.pay(loan, kes(1_000))
    run_days(later)
    assert stands(three, later)["senior"] == owed["senior"] + kes(1_000).minor


@ON_SQLITE
def test_when_all_are_whole_the_rest_is_the_originators(three: Neighbours) -> None:
    village, loan = lost(three)
    close(village)
    for _ in range(2):
        village.pay(loan, kes(9_000))
        run_days(village.at(days=1))

    assert village.balance(Account.LOSSES_BORNE) == 0
    assert funds.owed(three.db, three.project, JUNIOR) == kes(20_000)
