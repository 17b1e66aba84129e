"""A project ends: everybody gets back exactly what is due, the better rank first, and the books are at zero."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from core import ledger, lending
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.ledger import Account, credit, debit
from core.lending import LoanStatus, ProjectStatus, deposits, funds, project_end
from core.lending.funding_models import Funding, FundingClass
from core.lending.project_end import Plan
from core.lending.waterfall import Rank
from core.messaging import Template
from core.money import Money
from core.payments import PaymentKind
from tests.core.lending import neighbours as near
from tests.core.lending import village as places
from tests.core.lending.neighbours import Neighbours, run_days
from tests.core.lending.village import Village, kes
from tests.databases import ON_SQLITE

SENIOR, JUNIOR = FundingClass.SENIOR, FundingClass.JUNIOR
SOURCES = [
    {"class": "senior", "amount": "80000", "interest_rate": "10"},
    {"class": "junior", "amount": "20000"},
]
EARNED = Money("KES", 756_164)  # 80,000 x 10% x 345 / 365
OWED = (
    Account.INVESTOR_FUNDS, Account.INVESTOR_YIELD_PAYABLE, Account.RISK_DEPOSITS, Account.FIRST_LOSS,
    Account.LOAN_PORTFOLIO, Account.INTEREST_RECEIVABLE, Account.BORROWER_CREDIT, Account.PAYMENTS_IN_TRANSIT,
)  # fmt: skip
END = date(2027, 11, 1)  # the day after the project ends


@pytest.fixture
def three(db: Session) -> Neighbours:
    made = Neighbours(db, funding=SOURCES, disbursement_fee="0", cash_back_rate="0")
    put(made.a, SENIOR, kes(80_000), "INV-1")
    put(made.a, JUNIOR, kes(20_000), "OWN-1")
    return made


def put(
    village: Village, of: FundingClass, amount: Money, reference: str, **more: object
) -> Funding:
    return funds.fund(
        village.db, organisation_id=village.project.organisation_id,
        project_id=village.project.id, funding_class=of, amount=amount, reference=reference,
        into="mpesa", now=village.now, **more,
    )  # type: ignore[arg-type]  # fmt: skip


def close(village: Village) -> Plan:
    return lending.close(
        village.db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        now=village.now,
    )


def transfer(village: Village, of: FundingClass, amount: Money, reference: str) -> Money:
    return funds.pay_back(
        village.db, organisation_id=village.project.organisation_id,
        project_id=village.project.id, funding_class=of, amount=amount, reference=reference,
        now=village.now,
    )  # fmt: skip


def lose(village: Village, amount: Money) -> None:
    """The project pays for something that brings nothing."""
    if not amount:
        return
    lines = [
        debit(Account.SERVICE_FEES, amount, village.project.id),
        credit(Account.CASH_MPESA, amount),
    ]
    ledger.post(village.db, kind="test.loss", reference="1", lines=lines, now=village.now)


def test_a_whole_life_of_a_project_ends_at_zero(three: Neighbours) -> None:
    first, second = three.b.borrow(kes(6_000), 1), three.c.borrow(kes(18_000), 1)
    near.repay(three.b, first)
    near.repay(three.c, second)
    loan = three.a.borrow(kes(5_000), 1)
    late = three.default(loan)
    assert loan.status is LoanStatus.DEFAULTED  # her 500 and their 2,400 of 5,100
    assert lending.community.owed_to_group(three.db, loan) == kes(2_400)
    late.pay(loan, kes(2_400) + late.standing(loan).outstanding)
    assert loan.status is LoanStatus.REPAID
    end = late.on(END)

    made = close(end)
    run_days(end)
    returned = [near.carry(end, one) for one in (first, second, loan)]

    assert returned == [kes(600), kes(1_800), kes(0)]  # her own has paid for her own loan
    assert made.earned == EARNED
    assert transfer(end, SENIOR, kes(80_000) + EARNED, "OUT-1") == kes(0)
    # 100,000 put in and 100 of interest, less the yield: the first loss pays for what interest did not bring
    assert transfer(end, JUNIOR, kes(20_100) - EARNED, "OUT-2") == kes(0)
    assert not {one for one in OWED if end.balance(one)}
    assert sum(end.balance(one) for one in (Account.CASH_MPESA, Account.CASH_BANK)) == 0
    end.check()


SHARES = {  # what was lost, and what senior, deposits, cash-back and first loss get
    0: (80_000, 600, 60, 19_940),
    15_000: (80_000, 600, 60, 4_940),
    19_970: (80_000, 600, 30, 0),
    20_300: (80_000, 300, 0, 0),
    30_000: (70_600, 0, 0, 0),
    200_000: (0, 0, 0, 0),
}


@ON_SQLITE
def test_the_first_loss_bears_what_was_lost_then_rank_by_rank(three: Neighbours) -> None:
    loan = cash_back_failed(three)

    for loss, paid in SHARES.items():
        with three.db.begin_nested() as again:
            lose(three.a, kes(loss))
            before = project_end.plan(
                three.db,
                organisation_id=three.project.organisation_id,
                project_id=three.project.id,
                now=places.NOW,
            )

            made = close(three.a)

            by_rank = [sum(one.amount for one in made.split.of(rank)) for rank in Rank]
            assert by_rank == [amount * 100 for amount in paid]
            assert before.split == made.split, "the plan is what is done"
            assert three.held(loan) == paid[1] * 100
            assert loan.cash_back_owed == paid[2] * 100
            assert funds.owed(three.db, three.project, SENIOR) == kes(paid[0])
            assert funds.owed(three.db, three.project, JUNIOR) == kes(paid[3])
            three.a.check()
            again.rollback()


@ON_SQLITE
def test_who_gets_less_is_told_how_much_and_why(three: Neighbours) -> None:
    loan = cash_back_failed(three)
    lose(three.a, kes(20_597))

    close(three.a)
    run_days(three.a)

    (cut,) = three.a.texts(Template.DEPOSIT_CUT)
    (kept,) = three.a.texts(Template.DEPOSIT_KEPT)
    (reward,) = three.a.texts(Template.CASH_BACK_CUT)
    assert "KES 597 of your deposit covered it; KES 3 comes back to you." in cut
    assert "we keep KES 3 as your credit" in kept
    assert "KES 60 of your cash-back cannot be paid" in reward
    assert (loan.credit, three.held(loan)) == (300, 0)


@ON_SQLITE
def test_a_deposit_goes_back_once_and_with_a_text(three: Neighbours) -> None:
    loan = three.b.borrow(kes(6_000), 1)
    near.repay(three.b, loan)
    close(three.a)

    for _ in range(2):
        run_days(three.a)

    (text,) = three.a.texts(Template.DEPOSIT_RETURNED)
    assert f"The deposit of loan {loan.code} is free: KES 600 is on its way" in text
    assert near.carry(three.b, loan) == kes(600)
    assert three.project.settled_on is not None
    assert deposits.return_deposit(three.db, loan_id=loan.id, now=places.NOW) == kes(0)
    three.a.check()


@ON_SQLITE
def test_a_deposit_restored_after_the_end_goes_straight_on_to_its_owner(three: Neighbours) -> None:
    first = three.b.borrow(kes(18_000), 1)
    near.repay(three.b, first)
    loan = three.a.borrow(kes(1_000), 1)
    late = three.default(loan)
    close(late)
    run_days(late)
    assert near.carry(late, first) == kes(1_800 - 920)

    late.pay(loan, kes(920))
    run_days(late)

    assert near.carry(late, first) == kes(920)
    late.check()


@ON_SQLITE
def test_cash_back_on_its_way_is_nobody_elses(three: Neighbours) -> None:
    three.project.cash_back_rate = Decimal(1)
    loan = three.b.borrow(kes(6_000), 1)
    three.b.pay(loan, three.b.standing(loan).payoff)
    lose(three.a, kes(200_000))

    made = close(three.a)
    near.carry(three.b, loan)

    assert made.split.of(Rank.CASH_BACK) == []
    assert loan.cash_back_owed == 0
    three.a.check()


def test_a_project_closes_by_itself_once_it_has_expired_and_its_loans_have_ended(
    three: Neighbours,
) -> None:
    loan = three.b.borrow(kes(6_000), 1)

    open_still = project_end.close_next(three.db, now=three.a.on(END).now)
    near.repay(three.b, loan)
    early = project_end.close_next(three.db, now=three.a.on(date(2027, 10, 31)).now)
    done = project_end.close_next(three.db, now=three.a.on(END).now)
    again = project_end.close_next(three.db, now=three.a.on(END).now)

    assert (open_still, early, done, again) == (False, False, True, False)
    assert three.project.status is ProjectStatus.CLOSED
    assert three.project.closed_on == END
    (ended,) = [one for one in places.book(three.db, Book.PROJECT) if one.kind == "project.closed"]
    assert ended.entity_id == str(three.project.id)


@ON_SQLITE
def test_money_told_twice_is_booked_once(three: Neighbours) -> None:
    again = put(three.a, SENIOR, kes(80_000), "INV-1")
    close(three.a)
    left = [transfer(three.a, SENIOR, kes(30_000), "OUT-1") for _ in range(2)]

    assert again.amount == 8_000_000
    assert left == [kes(50_000), kes(50_000)]
    kinds = [one.kind for one in places.book(three.db, Book.FUNDING)]
    assert kinds == ["funding.received", "funding.received", "funding.repaid"]


Act = Callable[[Neighbours], object]
REFUSED: list[tuple[str, Act]] = [
    ("funding_amount", lambda three: put(three.a, SENIOR, kes(0), "X")),
    ("funding_amount", lambda three: put(three.a, SENIOR, kes(-5), "X")),
    ("funding_amount", lambda three: put(three.a, SENIOR, Money("USD", 5), "X")),
    ("funding_reference", lambda three: put(three.a, SENIOR, kes(5), "")),
    ("funding_reference", lambda three: put(three.a, SENIOR, kes(5), "x" * 41)),
    ("funding_reference_taken", lambda three: put(three.a, SENIOR, kes(5), "INV-1")),
    ("funding_rate", lambda three: put(three.a, JUNIOR, kes(5), "X", rate=Decimal(1))),
    ("funding_rate", lambda three: put(three.a, SENIOR, kes(5), "X", rate=Decimal(-1))),
    ("funding_source", lambda three: put(three.a, SENIOR, kes(5), "X", source=2)),
    ("funding_above_source", lambda three: put(three.a, SENIOR, kes(5), "X")),
    ("project_not_closed", lambda three: transfer(three.a, SENIOR, kes(5), "X")),
    ("project_has_open_loans", lambda three: (three.b.borrow(), close(three.a))),
    ("project_closed", lambda three: (close(three.a), close(three.a))),
    ("project_closed", lambda three: (close(three.a), put(three.a, SENIOR, kes(5), "X"))),
    (
        "transfer_above_owed",
        lambda three: (close(three.a), transfer(three.a, JUNIOR, kes(20_001), "X")),
    ),
    ("project_closed", lambda three: (close(three.a), near.group(three.db, three.project, "B"))),
]


@ON_SQLITE
def test_what_cannot_be_is_refused_by_name(three: Neighbours) -> None:
    for code, act in REFUSED:
        with pytest.raises(Refusal) as refused, three.db.begin_nested():
            act(three)

        assert refused.value.code == code


def cash_back_failed(three: Neighbours) -> lending.Loan:
    """A loan of KES 6,000 repaid on time, whose deposit is KES 600 and whose cash-back of KES 60 did not arrive."""
    three.project.cash_back_rate = Decimal(1)
    loan = three.b.borrow(kes(6_000), 1)
    three.b.pay(loan, three.b.standing(loan).payoff)
    three.b.fail(three.b.payment(loan, PaymentKind.CASH_BACK))
    return loan
