"""The year for the regulator is counted from what is stored, and names nobody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core import lending
from core.lending import About
from core.lending.annual import annual_return
from tests.core.lending.village import Village, kes


def of(village: Village, year: int) -> list[dict[str, Any]]:
    return [*annual_return(village.db, organisation_id=village.project.organisation_id, year=year)]


def test_a_year_counts_loans_sums_prices_and_complaints(village: Village) -> None:
    loan = village.borrow()
    village.at(days=30).pay(loan, kes(270))
    lending.complaints.complain(
        village.db, user_id=village.borrower.id, about=About.COST, words="", idempotency_key="k",
        now=village.now,
    )  # fmt: skip

    project, total = of(village, 2026)

    assert (project["project"], project["approved_under"]) == ("Maize inputs", "CBK-2026-17")
    assert (project["borrowers"], project["loans"], project["lent"]) == (1, 1, "1000")
    assert (project["open_loans_now"], project["principal_now"]) == (1, "750")
    assert (project["interest_agreed"], project["interest_paid"]) == ("80", "20")
    assert (project["defaults"], project["repaid_loans"], project["written_off_loans"]) == (0, 0, 0)
    assert (project["interest_rate"], project["fee_percent"]) == (Decimal(24), Decimal(2))
    assert Decimal(50) < project["apr_largest_loan"] < Decimal(70)
    assert total == {"project": "all", "complaints": 1}


def test_what_happened_in_another_year_is_not_counted(village: Village) -> None:
    village.borrow()

    project, total = of(village, 2025)

    assert (project["loans"], project["lent"], total["complaints"]) == (0, "0", 0)


def test_nothing_in_it_names_a_person(village: Village) -> None:
    loan = village.borrow()

    said = str(of(village, 2026))

    for secret in (village.borrower.phone, village.borrower.family_name, loan.code, loan.user_did):
        assert secret not in said
