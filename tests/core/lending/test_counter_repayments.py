"""Money that comes in cash or by bank: recorded once, counted like every other, told to her, taken back if wrong."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from core import lending
from core.errors import Refusal
from core.ledger import Account
from core.lending import Loan, LoanStatus, servicing_end
from core.lending.counter_repayments import Via, record, take_back
from core.lending.servicing_history import history
from core.lending.state import EventKind
from core.messaging import Template
from core.payments import Payment
from core.people import Role
from tests.core.lending import village as places
from tests.core.lending.desk import order, user
from tests.core.lending.village import Village, kes
from tests.databases import ON_SQLITE


@pytest.fixture
def village(db: Any) -> Village:
    return places.found(db)


def told(village: Village, loan: Loan, **changed: Any) -> Payment:
    given: dict[str, Any] = {
        "organisation_id": loan.organisation_id, "loan_id": loan.id, "amount": kes(300), "via": Via.CASH,
        "reference": "0042", "now": village.now, **changed,
    }  # fmt: skip
    return record(village.db, **given)


@pytest.mark.parametrize(
    ("via", "account"), [(Via.CASH, Account.CASH_AGENTS), (Via.BANK, Account.CASH_BANK)]
)
def test_it_counts_like_any_other_repayment(village: Village, via: Via, account: Account) -> None:
    loan = village.borrow()
    before = village.standing(loan).outstanding

    told(village, loan, via=via)

    assert village.standing(loan).outstanding == before - kes(300)
    assert village.balance(account) == 30_000
    assert village.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    assert "0042" in village.texts(Template.REPAYMENT_RECEIVED)[-1]
    village.check()


def test_the_same_reference_is_the_same_money(village: Village) -> None:
    loan = village.borrow()

    assert told(village, loan).id == told(village, loan).id

    assert loan.repaid_amount == 30_000
    assert len(village.texts(Template.REPAYMENT_RECEIVED)) == 1
    with pytest.raises(Refusal, match="reference_used"):
        told(village, loan, amount=kes(301))


@ON_SQLITE
def test_a_number_of_the_drawer_is_not_one_of_the_bank(village: Village) -> None:
    loan = village.borrow()

    told(village, loan, via=Via.CASH)
    told(village, loan, via=Via.BANK)

    assert loan.repaid_amount == 60_000


@ON_SQLITE
def test_who_recorded_it_and_how_stands_with_the_loan(village: Village) -> None:
    loan, clerk = village.borrow(), user(village, Role.AGENT)

    told(village, loan, by=clerk.id)

    deed = history(village.db, loan.id)[-1]
    assert (deed.kind, deed.by, deed.reason) == (EventKind.REPAID, clerk.phone, "cash 0042")


@ON_SQLITE
def test_it_counts_on_the_day_it_came(village: Village) -> None:
    loan = village.borrow()
    later = village.at(days=20)
    came = village.now.date() + timedelta(days=3)

    told(later, loan, on=came)

    assert history(village.db, loan.id)[-1].on == came


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"amount": kes(0)}, "amount_not_payable"),
    ({"amount": kes(20_000)}, "amount_above_owed"),
    ({"reference": " "}, "reference_missing"),
    ({"reference": "x" * 41}, "reference_missing"),
    ({"on": places.NOW.date() + timedelta(days=1)}, "day_not_possible"),
    ({"on": places.NOW.date() - timedelta(days=1)}, "day_not_possible"),
    ({"organisation_id": uuid.uuid4()}, "loan_unknown"),
]


@ON_SQLITE
@pytest.mark.parametrize(("changed", "code"), REFUSED)
def test_what_cannot_be_is_refused(village: Village, changed: dict[str, Any], code: str) -> None:
    loan = village.borrow()

    with pytest.raises(Refusal, match=code):
        told(village, loan, **changed)

    assert loan.repaid_amount == 0


@ON_SQLITE
def test_what_is_said_to_be_too_much_goes_back_to_her(village: Village) -> None:
    loan = village.borrow()

    told(village, loan, amount=kes(1_300), overpaid=True)

    assert loan.status is LoanStatus.REPAID
    assert loan.credit == 130_000 - loan.repaid_amount
    assert loan.returning == loan.credit
    with pytest.raises(Refusal, match="loan_not_open"):
        told(village, loan, reference="0043")


def test_a_mistake_is_taken_back_and_its_number_stays_used(village: Village) -> None:
    loan = village.borrow()
    owed = village.standing(loan)
    told(village, loan)

    taken = {
        "organisation_id": loan.organisation_id,
        "loan_id": loan.id,
        "via": Via.CASH,
        "now": village.now,
    }
    take_back(village.db, **taken, reference="0042", reason="It was her sister's")

    assert village.standing(loan) == owed
    assert village.balance(Account.CASH_AGENTS) == 0
    assert history(village.db, loan.id)[-1].reason == "It was her sister's"
    assert "corrected a mistake of ours" in village.texts(Template.CORRECTED)[-1]
    village.check()
    with pytest.raises(Refusal, match="reference_used"):
        told(village, loan)
    with pytest.raises(Refusal, match="reference_unknown"):
        take_back(village.db, **taken, reference="0042", reason="again")


@ON_SQLITE
def test_later_than_a_due_date_it_is_owed_again_and_nobody_speaks_of_mpesa(
    village: Village,
) -> None:
    loan = village.borrow()
    assert loan.next_due_on is not None
    told(village, loan)
    later = village.on(loan.next_due_on + timedelta(days=2))

    take_back(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, via=Via.CASH, reference="0042",
        reason="Counted twice", now=later.now,
    )  # fmt: skip

    assert history(village.db, loan.id)[-1].kind is EventKind.CHARGED_BACK
    assert village.texts(Template.CHARGED_BACK) == []
    assert len(village.texts(Template.CORRECTED)) == 1


@ON_SQLITE
def test_what_comes_after_a_write_off_has_its_receipt(village: Village) -> None:
    loan = village.borrow()
    assert loan.next_due_on is not None
    late = village.on(loan.next_due_on + timedelta(days=loan.terms.default_after_days + 1))
    while lending.run_day(late.db, now=late.now, limit=100):
        pass
    servicing_end.write_off(late.db, **order(late, loan))

    told(late, loan)

    assert "receipt 0042" in village.texts(Template.RECOVERED)[-1]
    assert late.balance(Account.CASH_AGENTS) == 30_000
    assert late.balance(Account.RECOVERIES) == -30_000
