"""Who cannot pay says so from her phone, somebody decides, and she is told."""

from __future__ import annotations

from datetime import date

import pytest

from core import lending
from core.errors import Refusal
from core.lending import Loan, hardship
from core.messaging import Template
from tests.core.lending.village import Village, kes


def ask(village: Village, loan: Loan) -> hardship.HardshipRequest:
    return hardship.ask_for_time(
        village.db, loan_id=loan.id, user_id=village.borrower.id, now=village.now
    )


def test_her_request_is_written_down_once_and_she_is_told_until_when_it_is_answered(
    village: Village,
) -> None:
    loan = village.borrow()

    assert ask(village, loan) is ask(village, loan)

    (text,) = village.texts(Template.HARDSHIP_ASKED)
    assert "24 Nov 2026" in text
    (row,) = hardship.waiting(village.db, organisation_id=village.project.organisation_id)
    assert (row["loan"], row["answer_by"]) == (loan.code, date(2026, 11, 24))


def test_time_that_is_given_answers_her_request(village: Village) -> None:
    loan = village.borrow()
    ask(village, loan)

    hardship.granted(village.db, loan, until=date(2027, 1, 15), now=village.now)

    assert hardship.waiting(village.db, organisation_id=village.project.organisation_id) == []
    assert "15 Jan 2027" in village.texts(Template.HARDSHIP_GRANTED)[0]


def test_who_gets_no_time_is_told_whom_to_call(village: Village) -> None:
    loan = village.borrow()
    ask(village, loan)

    hardship.decline(
        village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
    )

    assert hardship.waiting(village.db, organisation_id=village.project.organisation_id) == []
    assert "+254700000001" in village.texts(Template.HARDSHIP_DECLINED)[0]
    with pytest.raises(Refusal, match="hardship_not_asked"):
        hardship.decline(
            village.db, organisation_id=loan.organisation_id, loan_id=loan.id, now=village.now
        )


def test_only_the_borrower_of_a_running_loan_can_ask(village: Village) -> None:
    loan = village.borrow()
    village.at(days=1).pay(loan, kes(1_100))
    assert loan.status is lending.LoanStatus.REPAID

    with pytest.raises(Refusal, match="loan_not_open"):
        ask(village, loan)
