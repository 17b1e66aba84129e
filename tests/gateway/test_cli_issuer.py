"""An operator believes an issuer by name, corrects what was confirmed, and gives a fresh summary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core import credentials, people
from gateway import cli
from tests.core.credentials.made import HOLDER_DID
from tests.gateway.test_cli_payment import growr
from tests.menus.hall import NUMBERS, Hall

SACCO = "did:web:sacco.example"


@pytest.fixture
def office(
    tmp_path: Path, databases: dict[str, Any], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hall]:
    made = Hall(tmp_path / "home", databases["sqlite"].fresh(tmp_path), redis_url)
    for name, value in {
        "GROWR_HOME": str(made.node.settings.home),
        "GROWR_DATABASE_URL": made.node.settings.database_url,
        "GROWR_REDIS_URL": redis_url,
    }.items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


def refused(*words: str) -> str:
    done = CliRunner().invoke(cli.main, list(words))
    assert done.exit_code == 1, done.output
    return done.output


def test_an_issuer_is_added_listed_changed_and_removed(office: Hall) -> None:
    made = growr(
        office, "issuer", "add", SACCO, "--name", "Boma Sacco", "--may-issue", "savings_history",
        "--host", "status.sacco.example",
    )  # fmt: skip
    growr(office, "issuer", "add", HOLDER_DID, "--name", "A key")

    listed = {row["did"]: row for row in growr(office, "issuer", "list")}

    assert made["hosts"] == "sacco.example, status.sacco.example"
    assert listed[SACCO]["may_issue"] == "savings_history"
    assert (listed[SACCO]["keys"], listed[HOLDER_DID]["keys"]) == (0, 1)
    growr(office, "issuer", "add", SACCO, "--name", "Boma")
    growr(office, "issuer", "remove", HOLDER_DID)
    left = growr(office, "issuer", "list")
    assert [(row["name"], row["may_issue"]) for row in left] == [("Boma", "")]


def test_what_cannot_be_believed_is_said_in_one_line(office: Hall) -> None:
    assert "did_malformed" in refused("issuer", "add", "https://sacco.example", "--name", "x")
    assert "issuer_unknown" in refused("issuer", "remove", SACCO)


def test_corrected_facts_are_issued_again_and_the_old_credential_is_revoked(
    office: Hall, tmp_path: Path
) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"community_membership": {"standing": "suspended"}}))

    told = growr(office, "user", "confirm", "--phone", NUMBERS[0], "--facts", str(facts))

    assert told["issued_again"] == "community_membership"
    with office.node.sessions() as db:
        person = people.by_phone(db, NUMBERS[0])
        assert person is not None
        found = [
            entry.value.value
            for entry in credentials.status.issued(db, person.id)
            if entry.type == "community_membership"
        ]
    assert sorted(found) == ["revoked", "valid"]


def test_facts_nobody_can_sign_are_refused(office: Hall, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    for wrong in ({"kyc": {"level": "very high"}}, {"credit_history": {"lender": "x"}}):
        facts.write_text(json.dumps(wrong))

        said = refused("user", "confirm", "--phone", NUMBERS[0], "--facts", str(facts))

        assert "claim_malformed" in said or "credential_type_unknown" in said


def test_without_a_loan_there_is_no_summary(office: Hall) -> None:
    assert "nothing_to_summarise" in refused("user", "credit-summary", NUMBERS[0])
