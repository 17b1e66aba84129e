"""A loan given back in the days of cooling off counts in no history: no credential, summary, bureau, step or pause."""

from __future__ import annotations

from typing import Any

import pytest

from core.lending import Loan, bureau, credit_summary, ladder
from core.messaging import Template
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes
from tests.databases import ON_SQLITE

pytestmark = ON_SQLITE


@pytest.fixture
def village(db: Any) -> Village:
    return places.found(db, cooling_off_days=3, pause_days=20)


@pytest.fixture
def given_back(village: Village) -> Loan:
    loan = village.borrow()
    village.pay(loan, kes(980))
    assert ladder.is_withdrawn(loan)
    return loan


def test_she_reads_that_it_counts_nowhere(village: Village, given_back: Loan) -> None:
    (text,) = village.texts(Template.LOAN_GIVEN_BACK)

    assert given_back.code in text
    assert village.texts(Template.LOAN_REPAID) == []
    assert village.texts(Template.CREDENTIAL_ADDED) == []


def test_no_summary_no_step_and_no_bureau_knows_of_it(village: Village, given_back: Loan) -> None:
    db, organisation = village.db, village.project.organisation_id
    bureau.record_consent(
        db, organisation_id=organisation, user_id=village.borrower.id, is_given=True, source="call",
        now=village.now,
    )  # fmt: skip

    assert credit_summary.claims_of(db, village.borrower.id, village.now) is None
    assert ladder.history(db, organisation, village.borrower.id) == []
    assert [*bureau.reports(db, organisation_id=organisation, on=village.now.date())] == []


def test_she_may_borrow_again_at_once_and_that_loan_counts(
    village: Village, given_back: Loan
) -> None:
    loan = village.borrow()

    claims = credit_summary.claims_of(village.db, village.borrower.id, village.now)

    assert claims is not None
    assert claims["loans_count"] == 1
    assert village.standing(loan).outstanding > kes(0)
