"""The contract shows the very text she agreed to, every payment, and the true cost by both methods."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.db import Session
from core.lending import Loan
from core.lending.contract import Contract, contract, is_unchanged
from gateway.cli.loan_care import page, text
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

ONE_PERCENT_FLAT = {
    "loan_max_duration": 12, "loan_durations": [12], "interest_rate": "12", "disbursement_fee": "0",
    "cash_back_rate": "0",
}  # fmt: skip


def of(village: Village, loan: Loan) -> Contract:
    return contract(village.db, loan)


def lines(found: Contract) -> list[str]:
    return [line for section in found.sections for line in section.lines]


@pytest.fixture
def flat(db: Session) -> tuple[Village, Loan]:
    """KES 1,200 repaid in 12 months at "1 % a month flat", the published example of a flat price."""
    village = places.found(db, **ONE_PERCENT_FLAT)
    return village, village.borrow(kes(1_200), 12)


def test_the_published_example_costs_what_was_published(flat: tuple[Village, Loan]) -> None:
    told = lines(of(*flat))

    assert "You pay KES 1,344 in all." in told
    assert "The loan costs you KES 144 in all." in told
    assert "Yearly cost, method of the EU and the UK (APR): 23.7%" in told
    assert "Yearly cost, method of the US (APR): 21.46%" in told


def test_every_payment_has_its_row(flat: tuple[Village, Loan]) -> None:
    found = of(*flat)

    table = next(section.table for section in found.sections if section.table)
    assert table[:3] == (
        ("Day", "Principal", "Interest", "Fees", "To pay"),
        ("21 Dec 2026", "100", "12", "0", "112"),
        ("21 Jan 2027", "100", "12", "0", "112"),
    )
    assert len(table) == 13


def test_it_holds_the_accepted_text_word_for_word_and_says_that_it_is_unchanged(
    village: Village,
) -> None:
    loan = village.apply(terms_text="You get KES 980.\nTotal KES 1,080.")

    told = lines(of(village, loan))

    assert told[told.index("You get KES 980.") + 1] == "Total KES 1,080."
    assert f"Sealed: {loan.accepted_hash}, unchanged" in told
    assert "Accepted with your PIN on 21 Nov 2026, 10:30." in told
    assert "Approved under: CBK-2026-17" in told
    assert any("Amina Otieno, +254712000001" in line for line in told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accepted_text", "You get KES 900."),
        ("accepted_language", "sw"),
        ("agreed", {"interest_rate": "99"}),
    ],
)
def test_a_changed_term_breaks_the_seal(village: Village, name: str, value: Any) -> None:
    loan = village.apply()
    assert is_unchanged(loan)

    setattr(loan, name, {**loan.agreed, **value} if isinstance(value, dict) else value)

    assert not is_unchanged(loan)
    village.db.rollback()


def test_the_terms_of_a_loan_stay_whatever_becomes_of_its_project(village: Village) -> None:
    loan = village.borrow()
    before = of(village, loan)

    village.project.interest_rate = village.project.interest_rate * 2
    village.project.grace_period, village.project.disbursement_fee = (
        0,
        village.project.interest_rate,
    )
    village.db.flush()

    assert is_unchanged(loan)
    assert of(village, loan) == before
    assert village.standing(loan).total == kes(1_080)


def test_a_loan_of_weeks_has_a_contract_too(db: Session) -> None:
    weekly = {"unit": "weeks", "every": 1, "instalment_multiple_of": "1"}
    village = places.found(
        db, repayment_model="schedule", schedule=weekly, loan_durations=[12], loan_max_duration=12,
        cash_back_rate="0",
    )  # fmt: skip
    loan = village.borrow(kes(1_200), 12)

    found = of(village, loan)

    table = next(section.table for section in found.sections if section.table)
    assert table[1][0] == "28 Nov 2026"
    assert len(table) == 13
    assert any("method of the US" in line for line in lines(found))


def test_it_is_written_in_the_language_she_agreed_in(village: Village) -> None:
    found = of(village, village.apply(language="sw", terms_text="Unapata KES 980."))

    assert found.title.startswith("Mkataba wa mkopo L")
    assert "Umekubali kwa PIN yako 21 Nov 2026, 10:30." in lines(found)


def test_it_prints_as_text_and_as_a_page_on_which_nothing_of_hers_is_code(village: Village) -> None:
    village.borrower.given_name = "<b>Amina"
    loan = village.borrow()
    assert loan.disbursed_on == date(2026, 11, 21)

    plain, web = text(of(village, loan)), page(of(village, loan))

    assert f"Loan contract {loan.code}\n====" in plain
    assert "21 Dec 2026        250        20     0     270" in plain
    assert "&lt;b&gt;Amina" in web
    assert "<b>" not in web
    assert "<td>270</td>" in web
