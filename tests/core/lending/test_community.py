"""Neighbours stand in for each other: with their deposits, to the cent, and only who agreed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import lending
from core.db import Session
from core.errors import Refusal
from core.ledger import Account
from core.lending import Loan, LoanStatus, StatementKind, community, groups, servicing_end
from core.lending.community import stand_in
from core.lending.group_models import DepositUse, Member
from core.messaging import Template
from tests.core.lending import neighbours as near
from tests.core.lending import village as places
from tests.core.lending.desk import order
from tests.core.lending.neighbours import Neighbours, agree, join, run_days
from tests.core.lending.village import Village, kes

OF_GROUP = (StatementKind.COMPENSATED, StatementKind.TO_GROUP)
DEPOSITS = st.dictionaries(st.uuids(), st.integers(1, 10**9), max_size=6)


@pytest.fixture
def three(db: Session) -> Neighbours:
    return Neighbours(db)


@given(owed=st.integers(0, 10**10), own=DEPOSITS, others=DEPOSITS)
def test_deposits_pay_no_cent_too_much_and_hers_come_first(
    owed: int, own: dict[uuid.UUID, int], others: dict[uuid.UUID, int]
) -> None:
    for loan in own:
        others.pop(loan, None)

    used = stand_in(owed, own, others)

    assert sum(used.values()) == min(owed, sum(own.values()) + sum(others.values()))
    assert all(0 < part <= {**own, **others}[loan] for loan, part in used.items())
    if any(loan in used for loan in others):
        assert {loan: part for loan, part in used.items() if loan in own} == own


def test_her_deposit_is_kept_when_she_is_paid(three: Neighbours) -> None:
    loan = three.a.borrow(kes(5_000))

    assert loan.terms.received == kes(5_000 - 100 - 500)
    assert three.held(loan) == 50_000
    assert three.a.balance(Account.RISK_DEPOSITS) == -50_000
    assert loan.principal_outstanding == 500_000
    three.a.check()


def test_the_yearly_cost_counts_a_deposit_as_money_she_does_not_get(three: Neighbours) -> None:
    project, user = three.project, three.a.borrower

    def apr(rate: int) -> Decimal:
        project.risk_deposit_rate = Decimal(rate)
        found = lending.quote(
            three.db, project_id=project.id, user_id=user.id, amount=kes(5_000), duration=4, now=places.NOW
        ).apr  # fmt: skip
        assert found is not None
        return found

    assert apr(10) > apr(0)


def test_a_default_takes_her_deposit_first_and_then_that_of_the_others_in_proportion(
    three: Neighbours,
) -> None:
    small, large = three.b.borrow(kes(1_000), 1), three.c.borrow(kes(4_000), 1)
    near.repay(three.b, small)
    near.repay(three.c, large)
    loan = three.a.borrow(kes(1_000), 1)
    owed = three.a.standing(loan).outstanding

    three.default(loan)

    assert owed == kes(1_020)
    assert three.held(loan) == 0  # 100 of 100
    assert three.held(small) == 0  # 500 do not suffice for 920: all of them
    assert three.held(large) == 0
    assert loan.status is LoanStatus.DEFAULTED
    assert loan.outstanding == 102_000 - 60_000
    assert community.owed_to_group(three.db, loan) == kes(500)
    three.a.check()


def test_deposits_that_suffice_end_the_loan_but_not_her_debt_to_her_group(
    three: Neighbours,
) -> None:
    first, second = lend_to_neighbours(three)
    loan = three.a.borrow(kes(1_000), 1)

    later = three.default(loan)

    assert loan.status is LoanStatus.REPAID
    assert (three.held(first), three.held(second)) == (60_000 - 23_000, 180_000 - 69_000)
    assert community.owed_to_group(three.db, loan) == kes(920)
    assert not later.texts(Template.LOAN_REPAID)[2:], "she has not repaid it"
    with pytest.raises(Refusal, match="group_debt_open"):
        later.apply(kes(1_000), 1)
    later.check()


def test_neighbours_hear_how_much_of_theirs_was_used_and_never_for_whom(
    three: Neighbours,
) -> None:
    lend_to_neighbours(three)
    loan = three.a.borrow(kes(1_000), 1)

    later = three.default(loan)

    first, second = sorted(later.texts(Template.DEPOSIT_USED))
    assert first == (
        "Group Tumaini: the deposits helped a member in difficulty. KES 230 of yours was used, KES 370 is left. "
        "When it is paid back, you get it back. Questions? Call +254700000001."
    )
    assert "KES 690 of yours was used, KES 1,110 is left." in second
    (mine,) = later.texts(Template.GROUP_PAID)
    assert "paid KES 1,020, KES 100 of it from yours. Still open: KES 0." in mine
    assert not [
        text for text in later.texts(Template.DEPOSIT_USED) if "Amina" in text or loan.code in text
    ]


def test_what_she_pays_later_restores_the_deposits_first(three: Neighbours) -> None:
    first, second = lend_to_neighbours(three)
    loan = three.a.borrow(kes(1_000), 1)
    later = three.default(loan)

    later.pay(loan, kes(400))
    half = (three.held(first), three.held(second))
    later.pay(loan, kes(600))

    assert half == (37_000 + 10_000, 111_000 + 30_000)
    assert (three.held(first), three.held(second)) == (60_000, 180_000)
    assert near.carry(later, loan) == kes(80)  # what was too much goes back to her
    assert community.owed_to_group(three.db, loan) == kes(0)
    (receipt,) = later.texts(Template.GROUP_DEBT_PAID)
    assert "KES 400 of it went back to your group; still owed to it: KES 520." in receipt
    assert len(later.texts(Template.DEPOSIT_RESTORED)) == 4
    assert loan.code in later.texts(Template.LOAN_REPAID)[-1]
    lines = lending.statement(three.db, loan.id)
    told = [(line.kind, line.money) for line in lines if line.kind in OF_GROUP]
    assert told == [
        (StatementKind.COMPENSATED, kes(1_020)),
        (StatementKind.TO_GROUP, kes(400)),
        (StatementKind.TO_GROUP, kes(520)),
    ]
    assert lending.owed(lines, "KES") == kes(0)
    later.check()


def test_nobody_is_told_that_a_loan_written_off_is_repaid_when_the_group_has_its_money_back(
    three: Neighbours,
) -> None:
    near.repay(three.b, three.b.borrow(kes(1_000), 1))
    loan = three.a.borrow(kes(1_000), 1)
    later = three.default(loan)
    servicing_end.write_off(three.db, **order(later, loan))
    thanked = len(later.texts(Template.LOAN_REPAID))

    payment = later.pay(loan, kes(100))
    places.postings.reversal(three.db, payment, later.now)
    lending.payment_reversed(three.db, payment=payment, now=later.now)

    assert loan.status is LoanStatus.WRITTEN_OFF
    assert len(later.texts(Template.LOAN_REPAID)) == thanked
    assert len(later.texts(Template.GROUP_DEBT_PAID)) == 1
    later.check()


def test_a_payment_taken_back_is_taken_from_the_deposits_again(three: Neighbours) -> None:
    first, _ = lend_to_neighbours(three)
    loan = three.a.borrow(kes(1_000), 1)
    later = three.default(loan)
    before = three.held(first)
    payment = later.pay(loan, kes(400))

    for _ in range(2):
        places.postings.reversal(three.db, payment, later.now)
        lending.payment_reversed(three.db, payment=payment, now=later.now)

    assert three.held(first) == before
    assert community.owed_to_group(three.db, loan) == kes(920)
    later.check()


def test_a_default_is_compensated_once(three: Neighbours) -> None:
    lend_to_neighbours(three)
    loan = three.a.borrow(kes(1_000), 1)
    later = three.default(loan)
    used = select(func.count()).select_from(DepositUse)
    before = three.db.scalar(used)

    again = community.compensate(three.db, loan_id=loan.id, now=later.now)
    run_days(later.at(days=1))

    assert again == kes(0)
    assert three.db.scalar(used) == before == 3
    later.check()


def test_who_left_no_longer_stands_in(three: Neighbours) -> None:
    first, second = lend_to_neighbours(three)
    groups.remove_member(
        three.db,
        organisation_id=three.project.organisation_id,
        group_id=three.group.id,
        user_id=three.c.borrower.id,
        now=places.NOW,
    )
    loan = three.a.borrow(kes(1_000), 1)

    three.default(loan)

    assert three.held(second) == 180_000
    assert three.held(first) == 0


def test_an_empty_group_leaves_her_loan_as_it_is(three: Neighbours) -> None:
    three.project.risk_deposit_rate = Decimal(0)
    loan = three.a.borrow(kes(1_000), 1)

    later = three.default(loan)

    assert loan.status is LoanStatus.DEFAULTED
    assert loan.compensated_on is not None
    assert later.texts(Template.GROUP_PAID) == []


def test_a_loan_given_back_at_once_frees_its_deposit(three: Neighbours) -> None:
    three.project.options = {"cooling_off_days": 2}
    loan = three.a.borrow(kes(5_000), 1)
    three.a.pay(loan, three.a.standing(loan).payoff)

    run_days(three.a)

    assert near.carry(three.a, loan) == kes(500)
    assert three.held(loan) == 0
    assert three.project.status is lending.ProjectStatus.ACTIVATED
    three.a.check()


def test_a_loan_let_go_by_the_lender_takes_only_her_own_deposit(three: Neighbours) -> None:
    first, _ = lend_to_neighbours(three)
    loan = three.a.borrow(kes(1_000), 1)
    assert loan.next_due_on is not None
    late = three.a.on(loan.next_due_on + timedelta(days=31))
    while lending.run_day(three.db, now=late.now, limit=100):
        pass
    servicing_end.write_off(
        three.db,
        organisation_id=loan.organisation_id,
        loan_id=loan.id,
        idempotency_key="w",
        by=None,
        reason="She has died.",
        now=late.now,
    )

    run_days(late)

    assert (three.held(loan), three.held(first)) == (0, 60_000)
    assert loan.recovered == 10_000
    late.check()


Act = Callable[[Neighbours], object]


def other(three: Neighbours, number: int = 9) -> Village:
    """Somebody else of the cooperative."""
    return replace(
        three.a, borrower=places.borrower(three.db, three.project.organisation_id, number)
    )


def fill(three: Neighbours) -> None:
    for number in (5, 6):
        join(other(three, number), three.group)


def leave(three: Neighbours, who: Village) -> Member:
    return groups.remove_member(
        three.db,
        organisation_id=three.project.organisation_id,
        group_id=three.group.id,
        user_id=who.borrower.id,
        now=places.NOW,
    )


def alone(three: Neighbours) -> None:
    """A member of a group in which nobody else agreed."""
    lonely, second = other(three, 7), near.group(three.db, three.project, "Umoja")
    join(lonely, second)
    lonely.apply()


def unread(three: Neighbours) -> None:
    silent = other(three, 8)
    join(silent, three.group, agrees=False)
    silent.apply()


REFUSED: list[tuple[str, Act]] = [
    ("group_needed", lambda three: other(three).apply()),
    ("group_needed", lambda three: agree(other(three))),
    ("group_not_agreed", unread),
    ("group_not_ready", alone),
    ("group_full", fill),
    ("already_in_group", lambda three: join(three.a, three.group)),
    ("already_in_group", lambda three: join(three.a, near.group(three.db, three.project, "B"))),
    ("group_name_taken", lambda three: near.group(three.db, three.project)),
    ("group_name_length", lambda three: near.group(three.db, three.project, " ")),
    ("group_name_length", lambda three: near.group(three.db, three.project, "x" * 31)),
    ("not_in_group", lambda three: leave(three, other(three))),
    ("group_has_open_loans", lambda three: (three.b.borrow(), leave(three, three.a))),
]


def test_what_a_group_does_not_allow_is_refused_by_name(three: Neighbours) -> None:
    for code, act in REFUSED:
        with pytest.raises(Refusal) as refused, three.db.begin_nested():
            act(three)

        assert refused.value.code == code


def test_a_project_without_groups_has_none(village: Village) -> None:
    with pytest.raises(Refusal, match="project_without_groups"):
        near.group(village.db, village.project)


def test_the_very_text_she_agreed_to_is_kept_and_agreeing_twice_is_once(three: Neighbours) -> None:
    found = groups.of(three.db, three.project.id, three.a.borrower.id)
    assert found is not None
    first = found[1].agreed_hash

    agree(three.a.at(days=1))

    assert (found[1].agreed_text, found[1].agreed_language) == (near.TEXT, "en")
    assert (found[1].agreed_hash, found[1].agreed_at) == (first, places.NOW)
    kinds = [entry.kind for entry in places.book(three.db, places.Book.PROJECT)]
    assert kinds.count("group.agreed") == 3


def test_who_comes_back_agrees_afresh(three: Neighbours) -> None:
    leave(three, three.c)

    join(three.c.at(days=1), three.group, agrees=False)

    with pytest.raises(Refusal, match="group_not_agreed"):
        three.c.apply()


def test_a_member_is_told_that_she_owes_nothing_yet(three: Neighbours) -> None:
    texts = three.a.texts(Template.GROUP_INVITED)

    assert len(texts) == 3
    assert "You owe nothing until you agree." in texts[0]


def lend_to_neighbours(three: Neighbours) -> tuple[Loan, Loan]:
    """Two loans that were repaid; their deposits, KES 600 and KES 1,800, stay."""
    first, second = three.b.borrow(kes(6_000), 1), three.c.borrow(kes(18_000), 1)
    near.repay(three.b, first)
    near.repay(three.c, second)
    return first, second
