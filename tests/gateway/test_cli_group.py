"""Staff keep groups, register the money of a project, and see who gets what before they close it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.lending.village import project_json
from tests.gateway.test_cli_payment import growr
from tests.menus.hall import NUMBERS, Hall


@pytest.fixture
def office(tmp_path: Path, databases: dict[str, Any], redis_url: str) -> Iterator[Hall]:
    made = Hall(tmp_path / "home", databases["sqlite"].fresh(tmp_path), redis_url)
    yield made
    made.node.engine.dispose()
    made.node.redis.close()


@pytest.fixture
def project(office: Hall, tmp_path: Path) -> str:
    """A community project that lists two sources of money."""
    funding = [
        {"class": "senior", "amount": "80000", "interest_rate": "10"},
        {"class": "junior", "amount": "20000"},
    ]
    file = tmp_path / "project.json"
    asked = project_json(community_model=True, risk_deposit_rate="10", funding=funding)
    file.write_text(json.dumps(asked))
    return str(growr(office, "project", "create", "--file", str(file))["project"])


def test_staff_make_a_group_and_see_who_has_agreed(office: Hall, project: str) -> None:
    made = growr(office, "group", "create", project, "Tumaini")

    for number in NUMBERS:
        added = growr(office, "group", "add", made["group"], number)
    growr(office, "group", "remove", made["group"], NUMBERS[0])

    assert added == {"phone": NUMBERS[2], "agreed": False, "deposits": "KES 0"}
    assert growr(office, "group", "list", project) == [
        {"group": made["group"], "name": "Tumaini", "members": 2, "agreed": 0, "deposits": "KES 0"}
    ]
    listed = growr(office, "group", "members", made["group"])
    assert [row["phone"] for row in listed] == NUMBERS[1:]
    for words in (("remove", made["group"], NUMBERS[0]), ("members", project)):
        with pytest.raises(AssertionError, match=r"not_in_group|group_unknown"):
            growr(office, "group", *words)
    with pytest.raises(AssertionError, match="user_unknown"):
        growr(office, "group", "add", made["group"], "+254799000001")


def test_money_comes_in_the_plan_is_shown_and_money_goes_back(office: Hall, project: str) -> None:
    senior = growr(
        office, "project", "fund", project, "--amount", "80000", "--class", "senior", "--reference", "A1"
    )  # fmt: skip
    growr(
        office, "project", "fund", project, "--amount", "20000", "--class", "junior", "--reference", "A2"
    )  # fmt: skip

    shown = growr(office, "project", "close", project, "--dry-run")
    done = growr(office, "project", "close", project)
    left = growr(
        office, "project", "pay-back", project, "--amount", "50000", "--class", "senior", "--reference", "B1"
    )  # fmt: skip

    assert (senior["amount"], senior["rate"]) == ("KES 80,000", "10")
    assert (shown["status"], done["status"]) == ("draft", "closed")
    assert {**shown, "status": "closed"} == done
    assert (done["available"], done["senior_paid"], done["junior_paid"]) == (
        "KES 100,000",
        "KES 80,000",
        "KES 20,000",
    )
    assert left["still_owed"] == "KES 30,000"
    with pytest.raises(AssertionError, match="project_closed"):
        growr(office, "project", "close", project)
