"""Who stands on a list is looked at by a person first; what may have to be reported is listed."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from core.db import Session
from core.errors import Refusal
from core.lending import screening
from core.lending.screening import Screened
from tests.core.lending.village import Village, kes

PHONE = "+254712000001"


def of(folder: Path, *lines: str) -> screening.Screen:
    path = folder / "list.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return screening.from_file(path)


@pytest.mark.parametrize(
    "line",
    [
        PHONE,
        "Amina Otieno",
        "  amina   OTIENO  # sanctions of 2026",
        "0712 000 001",
        "0712-000-001  # as a clerk writes it",
        sha256(PHONE.encode()).hexdigest(),
        sha256(b"amina otieno").hexdigest(),
    ],
)
def test_a_list_knows_names_and_phones_also_by_their_hash(tmp_path: Path, line: str) -> None:
    screen = of(tmp_path, "# a remark", "", line)

    assert screen("Amina Otieno", PHONE) is Screened.REVIEW
    assert screen("Neema Achieng", "+254712000002") is Screened.OK


def test_without_a_list_nobody_is_held_back() -> None:
    assert screening.from_file(None)("Amina Otieno", PHONE) is Screened.OK


def may_lend(village: Village, screen: screening.Screen) -> bool:
    return screening.may_lend(
        village.db, user_id=village.borrower.id, screen=screen, now=village.now
    )


def test_who_is_on_the_list_borrows_only_after_a_person_has_looked(
    village: Village, tmp_path: Path
) -> None:
    screen = of(tmp_path, "Amina Otieno")

    assert not may_lend(village, screen)
    assert not may_lend(village, screen)
    screening.clear(
        village.db,
        organisation_id=village.project.organisation_id,
        user_id=village.borrower.id,
        because="another Amina",
        now=village.now,
    )

    assert may_lend(village, screen)
    (row,) = found(village)
    assert (row["rule"], row["phone"], row["detail"]) == ("on_list", PHONE, "another Amina")
    with pytest.raises(Refusal, match="not_in_review"):
        screening.clear(
            village.db,
            organisation_id=village.project.organisation_id,
            user_id=village.borrower.id,
            because="x",
            now=village.now,
        )


def found(village: Village) -> list[dict[str, Any]]:
    rows = screening.suspicious(
        village.db, organisation_id=village.borrower.organisation_id,
        since=village.now - timedelta(days=1), until=village.now + timedelta(days=30),
    )  # fmt: skip
    return list(rows)


def test_a_loan_paid_back_at_once_and_a_great_overpayment_are_listed(village: Village) -> None:
    loan = village.borrow()

    village.at(days=2).pay(loan, kes(3_000))

    assert [(row["rule"], row["loan"], row["amount"]) for row in found(village)] == [
        ("paid_back_at_once", loan.code, kes(3_000)),
        ("overpaid", loan.code, kes(3_000)),
    ]


def test_an_ordinary_repayment_is_nobodys_business(village: Village) -> None:
    loan = village.borrow()

    village.at(days=30).pay(loan, kes(270))

    assert found(village) == []


def test_the_rows_of_another_organisation_are_not_shown(village: Village, db: Session) -> None:
    loan = village.borrow()
    village.at(days=1).pay(loan, kes(1_100))

    rows = screening.suspicious(
        db, organisation_id=loan.id, since=village.now, until=village.now + timedelta(days=9)
    )
    assert list(rows) == []
