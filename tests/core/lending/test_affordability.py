"""A loan fits what comes in, comes after a pause, and never pays for another loan."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from config.limits import INCOME_DAYS
from core import lending
from core.db import Session
from core.errors import Refusal
from core.lending.affordability import burden
from core.payments import PaymentKind
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

START = date(2026, 11, 21)


def earns(village: Village, shillings: int) -> Village:
    lending.affordability.declare_income(
        village.db, user_id=village.borrower.id, monthly=kes(shillings), now=village.now
    )
    return village


def quoted(village: Village, amount: int = 4_000, duration: int = 4) -> lending.Quote:
    return lending.quote(
        village.db, project_id=village.project.id, user_id=village.borrower.id, amount=kes(amount),
        duration=duration, now=village.now,
    )  # fmt: skip


def refused(village: Village, **asked: int) -> Refusal:
    with pytest.raises(Refusal) as found:
        quoted(village, **asked)
    return found.value


@pytest.fixture
def careful(db: Session) -> Village:
    """A project that lends up to 30 percent of what comes in in a month."""
    return places.found(db, affordability="30")


@pytest.mark.parametrize(
    ("dues", "monthly"),
    [
        ([(30, 270), (60, 270), (90, 270), (120, 270)], 27_000),
        ([(90, 900)], 30_000),  # one payment after three months: a third of it each month
        ([(7, 100), (14, 100)], 20_000),  # shorter than a month: all of it in one
        ([(45, 100)], 6_667),
    ],
)
def test_what_a_loan_asks_for_in_a_month(dues: list[tuple[int, int]], monthly: int) -> None:
    dated = [(START + timedelta(days=days), kes(shillings)) for days, shillings in dues]

    assert burden(dated, START) == monthly


def test_a_loan_that_takes_too_much_of_her_income_is_not_offered_but_what_fits_is(
    careful: Village,
) -> None:
    earns(careful, 3_000)  # KES 900 a month may go to a loan

    told = refused(careful)

    assert told.code == "not_affordable"
    most = told.facts["most"]
    assert kes(3_000) < most < kes(3_500)
    assert quoted(careful, amount=most.minor // 100).amount == most
    assert refused(careful, amount=most.minor // 100 + 100).code == "not_affordable"


def test_where_even_the_smallest_loan_is_too_much_she_is_told_so(careful: Village) -> None:
    assert refused(earns(careful, 500)).code == "nothing_affordable"


def test_her_income_is_asked_before_an_amount_and_again_when_it_is_old(careful: Village) -> None:
    asked: dict[str, Any] = {
        "project_id": careful.project.id,
        "user_id": careful.borrower.id,
    }
    assert lending.affordability.begin(careful.db, **asked, now=careful.now)
    assert refused(careful).code == "income_unknown"

    earns(careful, 9_000)

    assert not lending.affordability.begin(careful.db, **asked, now=careful.now)
    later = careful.at(days=INCOME_DAYS + 1)
    assert lending.affordability.begin(later.db, **asked, now=later.now)


def test_the_rule_holds_when_she_accepts_not_only_when_she_looks(careful: Village) -> None:
    earns(careful, 3_000)

    with pytest.raises(Refusal, match="not_affordable"):
        careful.apply(kes(4_000))
    assert careful.apply(kes(3_000)).code


def test_a_project_without_the_rule_asks_nobody_about_income(village: Village) -> None:
    assert quoted(village).amount == kes(4_000)


@pytest.mark.parametrize("shillings", [0, 10**8])
def test_an_income_that_cannot_be_is_asked_again(careful: Village, shillings: int) -> None:
    with pytest.raises(Refusal, match="amount_unreadable"):
        earns(careful, shillings)


def test_between_two_loans_there_is_a_pause(db: Session) -> None:
    village = places.found(db, pause_days=14)
    loan = village.borrow()
    village.at(days=5).pay(loan, kes(1_100))

    told = refused(village.at(days=6))

    assert told.code == "loan_pause"
    assert told.facts["until"] == START + timedelta(days=19)
    assert quoted(village.at(days=19)).amount == kes(4_000)


def test_a_loan_never_pays_for_another(village: Village) -> None:
    village.borrow()

    for _ in range(2):  # neither while the first one runs, nor by asking again
        with pytest.raises(Refusal, match="loan_already_open"):
            village.apply(kes(2_000))

    loan = lending.open_loan(village.db, village.borrower.id)
    assert loan is not None
    paid = village.payment(loan, PaymentKind.DISBURSEMENT)
    assert paid.money == loan.terms.received, "all of it goes to her own phone"
    assert paid.phone == village.borrower.phone
