"""A loan in tranches: each payout is the first one's equal, and never more, earlier or oftener than agreed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import lending
from core.db import Session
from core.errors import Refusal
from core.ledger import Account
from core.lending import (
    Loan,
    LoanStatus,
    StatementKind,
    disbursing,
    hardship,
    projects,
    servicing,
    servicing_end,
)
from core.lending.affordability import declare_income
from core.lending.project_file import read
from core.lending.tranches import cut, plan
from core.messaging import Template
from core.payments import PaymentKind
from tests.core.lending import make
from tests.core.lending import village as places
from tests.core.lending.desk import order
from tests.core.lending.village import Village, kes, project_json
from tests.databases import ON_SQLITE

DUES = [date(2026, 12, 21), date(2027, 1, 21), date(2027, 2, 21), date(2027, 3, 21)]


@pytest.fixture
def site(db: Session) -> Village:
    """A project that pays KES 1,000 out as 400, 300 and 300."""
    return places.found(db, tranches=[40, 30, 30])


def send(village: Village, loan: Loan, **asked: Any) -> None:
    """The desk asks for the next tranche, and it arrives."""
    disbursing.disburse(village.db, **asked, **order(village, loan))
    village.settle(village.payment(loan, PaymentKind.DISBURSEMENT))
    village.check()


def refused(village: Village, loan: Loan, **asked: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        disbursing.disburse(village.db, **asked, **order(village, loan))
    village.check()
    return caught.value


@ON_SQLITE
def test_the_first_part_comes_at_approval_and_she_owes_no_more_than_it(site: Village) -> None:
    loan = site.borrow()

    assert (loan.disbursed, loan.undrawn, loan.principal_outstanding) == (40_000, 60_000, 40_000)
    assert site.balance(Account.CASH_MPESA) == -39_200  # the fee of this part alone is withheld
    assert (
        projects.lent(site.db, site.project.id) == 100_000
    )  # promised money is not lent to others
    (text,) = site.texts(Template.LOAN_TERMS_PARTS)
    assert "KES 980 in parts, KES 392 now" in text
    site.check()


def test_each_part_is_divided_over_the_payments_still_to_come_and_told(site: Village) -> None:
    loan = site.borrow()
    later = site.on(DUES[0])
    later.pay(loan, kes(108))

    send(later.at(days=1), loan)
    send(later.at(days=2), loan)

    assert (loan.disbursed, loan.undrawn, loan.principal_outstanding) == (100_000, 0, 90_000)
    assert site.balance(Account.CASH_MPESA) == 10_800 - 98_000
    assert site.balance(Account.FEE_INCOME) == -2_000
    first, second = site.texts(Template.TRANCHE)
    assert "KES 294 more" in first
    assert f"next KES {later.at(days=2).standing(loan).next_due.minor // 100} by 21 Jan" in second
    kinds = [line.kind for line in lending.statement(site.db, loan.id)]
    assert kinds.count(StatementKind.DISBURSED) == kinds.count(StatementKind.FEE) == 3
    assert refused(later.at(days=2), loan).code == "nothing_to_draw"


@ON_SQLITE
def test_what_the_statement_says_is_what_she_owes(site: Village) -> None:
    loan = site.borrow()
    send(site.at(days=10), loan, amount=kes(100))

    lines = lending.statement(site.db, loan.id)

    assert lending.owed(lines, "KES") == kes(500)
    assert [line.money for line in lines if line.kind is StatementKind.DISBURSED] == [
        kes(392), kes(98),
    ]  # fmt: skip
    send(site.at(days=11), loan)  # what was left of the second part is in the third
    assert (loan.disbursed, loan.undrawn) == (100_000, 0)


@ON_SQLITE
def test_less_than_a_part_may_be_sent_and_never_more(site: Village) -> None:
    loan = site.borrow()

    said = refused(site, loan, amount=kes(301))

    assert (said.code, said.facts) == ("tranche_too_large", {"most": kes(300)})
    assert refused(site, loan, amount=kes(0)).code == "tranche_too_large"
    assert refused(site, loan, amount=kes(5)).code == "payment_outside_limits"


def test_one_part_is_under_way_at_a_time_and_an_order_told_twice_is_one(site: Village) -> None:
    loan = site.borrow()
    site = site.at(minutes=1)
    asked = order(site, loan)

    done = [disbursing.disburse(site.db, **asked) for _ in range(2)]

    assert [one.is_new for one in done] == [True, False]
    assert refused(site, loan).code == "payout_under_way"
    with pytest.raises(Refusal, match="payout_under_way"):
        disbursing.cancel_rest(site.db, **order(site, loan))
    payment = site.payment(loan, PaymentKind.DISBURSEMENT)
    site.settle(payment)
    lending.payment_settled(site.db, payment=payment, now=site.now)
    assert disbursing.disburse(site.db, **asked).is_new is False
    assert loan.disbursed == 70_000
    site.check()


@ON_SQLITE
def test_a_part_that_does_not_arrive_is_not_owed_and_can_be_sent_again(site: Village) -> None:
    loan = site.borrow()
    site = site.at(minutes=1)
    disbursing.disburse(site.db, **order(site, loan))

    site.fail(site.payment(loan, PaymentKind.DISBURSEMENT), "refused")

    assert (loan.disbursed, loan.status, loan.may_be_cancelled) == (
        40_000,
        LoanStatus.DISBURSED,
        False,
    )
    assert len(site.texts(Template.TRANCHE_FAILED)) == 1
    assert site.texts(Template.DISBURSEMENT_FAILED) == []
    site.check()
    send(site.at(minutes=1), loan)
    assert loan.disbursed == 70_000


@ON_SQLITE
def test_a_loan_that_is_late_gets_no_more(site: Village) -> None:
    loan = site.borrow()
    late = site.on(DUES[0] + timedelta(days=1))

    said = refused(late, loan)

    assert (said.code, said.facts) == ("loan_in_arrears", {"days": 1})
    late.pay(loan, kes(108))
    send(late, loan)


@ON_SQLITE
def test_who_cannot_pay_now_is_not_lent_more(site: Village) -> None:
    loan = site.borrow()
    asked = site.at(days=1)
    hardship.ask_for_time(site.db, loan_id=loan.id, user_id=site.borrower.id, now=asked.now)

    assert refused(asked, loan).code == "loan_in_hardship"
    servicing.pause_arrears(site.db, until=DUES[0], **order(asked, loan))
    assert refused(site.on(DUES[0]), loan).code == "loan_in_hardship"


@ON_SQLITE
def test_a_late_part_may_not_ask_for_more_a_month_than_she_can_pay(db: Session) -> None:
    """At the beginning KES 270 a month fitted; with one payment left all of the second half is due in a month."""
    village = places.found(db, tranches=[50, 50], affordability="30", cash_back_rate="0")
    declare_income(db, user_id=village.borrower.id, monthly=kes(1_000), now=village.now)
    loan = village.borrow()
    for due in DUES[:3]:
        village.on(due).pay(loan, kes(135))
    late = village.on(DUES[2])

    said = refused(late, loan)

    assert (said.code, said.facts) == ("not_affordable", {"most": kes(161)})
    send(late, loan, amount=kes(161))
    assert late.standing(loan).next_due <= kes(300)


@ON_SQLITE
def test_money_others_have_meanwhile_is_not_sent(site: Village) -> None:
    loan = site.borrow()
    done = disbursing.cancel_rest(site.db, **order(site, loan))
    site.project.limit = 80_000  # as if others had borrowed the rest
    servicing_end.reverse(site.db, number=done.event.number, **order(site, loan))

    assert refused(site.at(minutes=1), loan).code == "project_limit_reached"


@ON_SQLITE
def test_after_the_last_due_date_there_is_nothing_to_put_it_on(db: Session) -> None:
    village = places.found(db, tranches=[50, 50], arrears_tolerance="900")
    loan = village.borrow()

    assert refused(village.on(DUES[-1]), loan).code == "no_instalment_left"


@ON_SQLITE
def test_what_is_not_drawn_may_be_cancelled_and_that_taken_back(site: Village) -> None:
    loan = site.borrow()

    done = disbursing.cancel_rest(site.db, **order(site, loan))

    assert (loan.undrawn, projects.lent(site.db, site.project.id)) == (0, 40_000)
    assert "KES 600" in site.texts(Template.REST_CANCELLED)[0]
    assert refused(site, loan).code == "nothing_to_draw"
    servicing_end.reverse(site.db, number=done.event.number, **order(site, loan))
    send(site.at(minutes=1), loan)


@ON_SQLITE
def test_a_loan_repaid_before_all_was_drawn_has_ended_for_good(site: Village) -> None:
    loan = site.borrow()

    site.pay(loan, kes(400))

    assert (loan.status, loan.undrawn, projects.lent(site.db, site.project.id)) == (
        LoanStatus.REPAID,
        0,
        0,
    )
    assert refused(site, loan).code == "nothing_to_draw"
    assert site.texts(Template.CASH_BACK) == []  # 1 % of KES 400 is less than M-PESA carries
    assert loan.cash_back_owed == 400
    site.check()


@ON_SQLITE
def test_a_part_that_arrives_after_she_repaid_the_others_is_owed(site: Village) -> None:
    loan = site.borrow()
    site = site.at(minutes=1)
    disbursing.disburse(site.db, **order(site, loan))
    site.pay(loan, kes(400))

    site.settle(site.payment(loan, PaymentKind.DISBURSEMENT))

    assert (loan.status, loan.principal_outstanding) == (LoanStatus.DISBURSED, 30_000)
    site.check()


@ON_SQLITE
def test_a_loan_whose_money_is_on_its_way_is_not_written_off(site: Village) -> None:
    loan = site.borrow()
    site = site.at(minutes=1)
    disbursing.disburse(site.db, **order(site, loan))
    lost = site.on(DUES[0] + timedelta(days=31))
    while lending.run_day(site.db, now=lost.now, limit=100):
        pass

    assert loan.status is LoanStatus.DEFAULTED
    with pytest.raises(Refusal, match="payout_under_way"):
        servicing_end.write_off(site.db, **order(lost, loan))
    lost.settle(site.payment(loan, PaymentKind.DISBURSEMENT))
    assert (loan.status, loan.principal_outstanding) == (LoanStatus.DEFAULTED, 70_000)
    lost.check()


MISTAKES: list[tuple[Any, str]] = [
    ("40,60", "not_whole_numbers"),
    ([40.5, 59.5], "not_whole_numbers"),
    ([40, 50], "not_a_hundred_percent"),
    ([120, -20], "not_a_hundred_percent"),
    ([10] * 10, "not_a_hundred_percent"),
]


@pytest.mark.parametrize(("given", "reason"), MISTAKES)
def test_a_plan_is_whole_percents_and_a_hundred_of_them(given: Any, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(project_json(tranches=given))

    assert caught.value.facts == {"field": "tranches", "reason": reason}


@ON_SQLITE
def test_a_part_too_small_for_the_rail_is_refused_with_the_project(db: Session) -> None:
    with pytest.raises(Refusal) as caught:
        places.found(db, tranches=[99, 1], loan_min_amount="500")

    assert caught.value.facts == {"field": "loan_min_amount", "reason": "not_carried_by_rail"}


@given(
    st.integers(10, 10_000),
    st.lists(st.integers(1, 50), min_size=1, max_size=6),
    st.sets(st.integers(1, 1_000), max_size=5),
)
def test_the_parts_are_the_whole_however_they_are_drawn(
    amount: int, weights: list[int], marks: set[int]
) -> None:
    percents = (*weights[:-1], 100 - sum(weights[:-1]))
    terms = make.terms(principal=amount * 100, risk_deposit_rate=7, tranches=percents)
    ends = [*sorted(mark for mark in marks if mark < amount), amount]

    parts = [cut(terms, 100 * begin, 100 * (end - begin)) for begin, end in pairwise([0, *ends])]

    assert sum(part.received.minor for part in parts) == terms.received.minor
    assert sum(part.principal.minor for part in plan(terms)) == terms.principal
