"""The portfolio on a credit officer's screen and in her spreadsheet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core import clock, node
from tests.core.lending import village as places
from tests.core.lending.village import kes
from tests.gateway.test_cli import Desk


@pytest.fixture
def desk(tmp_path: Path, redis_url: str) -> Desk:
    """A cooperative whose one borrower took KES 3,000 a hundred days ago and has paid nothing."""
    made = Desk(tmp_path / "home", redis_url)
    made.organisation()
    here = node.build(made.settings, wake=lambda _: None)
    with here.sessions.begin() as db:
        village = places.found(db, name="Beans", start_date="2020-01-01")
        village.at(days=(clock.now() - village.now).days - 100).borrow(kes(3_000))
    here.close()
    return made


VILLAGE = ("--org", "Nakuru Farmers")


def test_at_risk_by_project(desk: Desk) -> None:
    (row,) = desk.json("portfolio", "par", *VILLAGE)

    assert (row["project"], row["loans"], row["gross"]) == ("Beans", 1, "3000.00")
    assert (row["par60_percent"], row["par90_percent"]) == ("100.00", "0.00")


def test_at_risk_on_another_day(desk: Desk) -> None:
    day = (clock.now() + timedelta(days=40)).date().isoformat()

    (row,) = desk.json("portfolio", "par", "--on", day, *VILLAGE)

    assert row["par90"] == "3000.00"


def test_ageing_is_a_table(desk: Desk) -> None:
    head, row = (
        line.split() for line in desk.run("portfolio", "ageing", *VILLAGE).stdout.splitlines()
    )

    assert head == ["project", "currency", "bucket", "loans", "principal"]
    assert row == ["Beans", "KES", "61-90", "1", "3000.00"]


def test_whom_to_call(desk: Desk) -> None:
    (row,) = desk.json("portfolio", "arrears", *VILLAGE)

    assert (row["borrower"], row["phone"]) == ("Amina Otieno", "+254712000001")
    assert 68 <= row["days"] <= 72


def test_the_bureau_hears_only_of_who_agreed(desk: Desk) -> None:
    before = desk.run("portfolio", "bureau", *VILLAGE).stdout.splitlines()
    said = ("--given", "--source", "contract")
    desk.run("portfolio", "bureau-consent", "+254712000001", *said, *VILLAGE)

    head, line = desk.run("portfolio", "bureau", *VILLAGE).stdout.splitlines()

    assert before == [head]
    assert ",Amina Otieno,+254712000001,positive,disbursed,KES,3000.00,3000.00," in line


def test_a_correction_is_in_the_report_of_the_day(desk: Desk) -> None:
    (late,) = desk.json("portfolio", "arrears", *VILLAGE)
    desk.run("portfolio", "bureau-consent", "0712000001", "--given", "--source", "call", *VILLAGE)

    reason = ("--reason", "Paid in time after all.")
    desk.run("portfolio", "bureau-correct", late["loan"], *reason, *VILLAGE)

    (row,) = desk.json("portfolio", "bureau", *VILLAGE)
    assert (row["listing"], row["correction"]) == ("correction", "Paid in time after all.")


def test_a_day_gone_by_is_not_reported(desk: Desk) -> None:
    assert "day_is_past" in desk.refused("portfolio", "bureau", "--on", "2026-01-01", *VILLAGE)
