"""The operator's commands, as typed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from config.settings import Settings
from core import node, people
from core.messaging import Message
from core.people import UserState
from gateway.cli import main
from gateway.supervisor import Supervisor

FACTS = {
    "kyc": {"given_name": "Amina", "family_name": "Wanjiku", "birthdate": "1990-04-12"},
    "community_membership": {
        "group_name": "Mavuno Coop",
        "member_since": "2021-03-01",
        "standing": "good",
    },
}


class Desk:
    """A terminal in an operator's home."""

    def __init__(self, home: Path, redis_url: str) -> None:
        self.environment = {"GROWR_HOME": str(home), "GROWR_REDIS_URL": redis_url}
        self.settings = Settings(home=home, redis_url=redis_url)
        self.run("db", "upgrade")

    def run(self, *words: str, given: str | None = None) -> Result:
        return CliRunner().invoke(main, list(words), input=given, env=self.environment)

    def json(self, *words: str, given: str | None = None) -> Any:
        done = self.run(*words, "--json", given=given)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def refused(self, *words: str, given: str | None = None) -> str:
        done = self.run(*words, given=given)
        assert done.exit_code != 0
        assert "Traceback" not in done.output
        return done.stderr

    def organisation(self) -> Any:
        return self.json(
            "org", "create", "--name", "Mavuno Coop", "--admin-phone", "0700111222", "--admin-name", "Juma Otieno"
        )  # fmt: skip

    def invite(self, *more: str, given: str | None = None) -> Any:
        words = [
            "user",
            "invite",
            "--org",
            "Mavuno Coop",
            "--phone",
            "0711000111",
            "--name",
            "Amina Wanjiku",
        ]
        return self.json(*words, *more, given=given)


def example_project() -> str:
    """The project.json of the documentation."""
    text = (Path(__file__).parents[2] / "docs" / "projects.md").read_text()
    example = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert example is not None
    return example.group(1)


@pytest.fixture
def desk(tmp_path: Path, redis_url: str) -> Desk:
    return Desk(tmp_path / "home", redis_url)


def test_an_organisation_is_created_and_its_admin_invited_by_sms(desk: Desk) -> None:
    made = desk.organisation()

    assert made["admin"] == "+254700111222"
    with node.build(desk.settings, wake=lambda _: None).sessions() as db:
        (message,) = db.scalars(select(Message))
    assert re.search(r"\b\d{6}\b", message.text)
    assert message.secret


def test_the_same_name_twice_is_refused_in_one_line(desk: Desk) -> None:
    desk.organisation()

    said = desk.refused(
        "org", "create", "--name", "Mavuno Coop", "--admin-phone", "0700111223", "--admin-name", "A B"
    )  # fmt: skip

    assert "refused: organisation_name_taken" in said


def test_a_borrower_is_invited_with_what_her_cooperative_confirms(
    desk: Desk, tmp_path: Path
) -> None:
    desk.organisation()

    invited = desk.invite("--language", "sw", "--facts", "-", given=json.dumps(FACTS))

    assert invited["phone"] == "+254711000111"
    assert invited["state"] == "invited"
    there = node.build(desk.settings, wake=lambda _: None)
    with there.sessions() as db:
        user = people.by_phone(db, "+254711000111")
        assert user is not None
        facts = people.attested_facts(db, keyring=there.keyring, user_id=user.id, type="kyc")
        assert facts == FACTS["kyc"]


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ("{", "no JSON"),
        ("[]", "one JSON object"),
        ('{"kyc": 5}', "one JSON object"),
        ('{"passport": {}}', "credential_type_unknown"),
        ('{"kyc": {"shoe_size": 39}}', "claim_unknown"),
        ('{"kyc": {"birthdate": "yesterday"}}', "date_malformed"),
    ],
)
def test_facts_that_could_not_be_issued_are_refused_at_once(
    desk: Desk, facts: str, says: str
) -> None:
    desk.organisation()
    words = [
        "user",
        "invite",
        "--org",
        "Mavuno Coop",
        "--phone",
        "0711000111",
        "--name",
        "A B",
        "--facts",
        "-",
    ]

    assert says in desk.refused(*words, given=facts)


def test_an_invitation_needs_an_organisation_we_know_and_a_number(desk: Desk) -> None:
    desk.organisation()
    words = ["user", "invite", "--name", "A B"]

    assert "organisation_unknown" in desk.refused(
        *words, "--org", "Nobody", "--phone", "0711000111"
    )
    assert "phone_unreadable" in desk.refused(*words, "--org", "Mavuno Coop", "--phone", "12")


def test_a_person_is_blocked_and_unblocked(desk: Desk) -> None:
    desk.organisation()
    desk.invite()

    assert desk.json("user", "block", "--phone", "0711000111")["state"] == UserState.BLOCKED
    assert desk.json("user", "unblock", "--phone", "0711000111")["state"] == UserState.INVITED
    assert "user_unknown" in desk.refused("user", "block", "--phone", "0799000000")


def test_a_project_is_created_from_a_file_activated_and_deactivated(desk: Desk) -> None:
    desk.organisation()

    made = desk.json(
        "project", "create", "--org", "Mavuno Coop", "--file", "-", given=example_project()
    )

    assert made["status"] == "draft"
    assert desk.json("project", "activate", made["project"])["status"] == "activated"
    assert desk.json("project", "deactivate", made["project"])["status"] == "deactivated"
    assert desk.json("project", "list") == [made | {"status": "deactivated"}]


def test_a_project_is_approved_enlarged_and_closed(desk: Desk) -> None:
    desk.organisation()
    without = json.loads(example_project()) | {"approval_reference": ""}
    words = ["project", "create", "--file", "-"]
    project = desk.json(*words, given=json.dumps(without))["project"]

    assert "project_not_approved" in desk.refused("project", "activate", project)
    approved = desk.json("project", "approve", project, "--reference", "CBK/DCP/2026/17")
    assert approved["approval_reference"] == "CBK/DCP/2026/17"
    assert desk.json("project", "activate", project)["status"] == "activated"
    assert "project_not_draft" in desk.refused("project", "approve", project, "--reference", "x")

    assert desk.json("project", "raise-limit", project, "300000")["limit"] == "KES 300,000"
    assert "limit_may_only_grow" in desk.refused("project", "raise-limit", project, "250000")
    assert "amount_unreadable" in desk.refused("project", "raise-limit", project, "much")
    assert desk.json("project", "close", project)["status"] == "closed"


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "--reference", "x"),
        ("activate",),
        ("deactivate",),
        ("raise-limit", "1"),
        ("close",),
    ],
)
def test_a_project_nobody_knows_is_refused(desk: Desk, words: tuple[str, ...]) -> None:
    desk.organisation()
    nobody = "00000000-0000-4000-8000-000000000000"

    said = desk.refused("project", words[0], nobody, *words[1:])

    assert "project_unknown" in said


def test_the_only_organisation_need_not_be_named(desk: Desk) -> None:
    words = ["user", "invite", "--phone", "0711000111", "--name", "A B"]
    assert "organisation_unknown" in desk.refused(*words)

    desk.organisation()
    assert desk.json(*words)["state"] == "invited"

    second = ["--admin-phone", "0700111333", "--admin-name", "C D"]
    desk.json("org", "create", "--name", "Other", *second)
    assert "organisation_needed (choices=Mavuno Coop, Other)" in desk.refused(*words)


def test_a_bad_project_file_names_the_field(desk: Desk) -> None:
    desk.organisation()
    words = ["project", "create", "--org", "Mavuno Coop", "--file", "-"]

    assert "no JSON" in desk.refused(*words, given="{")
    assert "refused: project_invalid (field=" in desk.refused(*words, given="{}")


def test_demo_may_be_run_twice(desk: Desk) -> None:
    first, second = desk.json("demo"), desk.json("demo")

    assert first == second
    assert first["service_code"] == "*384*77#"
    assert len(first["borrowers"]) == 3
    assert {"node_url", "sandbox_url", "agent", "project"} <= set(first)


def test_demo_says_when_nobody_will_send_the_invitations(desk: Desk) -> None:
    supervisor = Supervisor(desk.settings.home, {})

    assert "go out once `growr up` runs" in desk.run("demo", "--json").stderr

    supervisor.claim()
    assert desk.run("demo", "--json").stderr == ""
    supervisor.release()


def test_nobody_else_can_read_what_the_node_writes(tmp_path: Path, redis_url: str) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    before = os.umask(0o022)

    Desk(home, redis_url).json("demo")

    os.umask(before)
    assert home.stat().st_mode & 0o777 == 0o700
    assert len(list(home.rglob("*"))) > 2
    assert [path for path in home.rglob("*") if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    "words",
    [
        ("demo",),
        ("loan", "show", "L1042X"),
        ("loan", "list"),
        ("project", "list"),
        ("user", "block", "--phone", "0711000111"),
        ("payment", "attention"),
        ("ledger", "trial-balance"),
    ],
    ids=" ".join,
)
def test_a_command_before_the_first_up_says_so_and_makes_nothing(
    tmp_path: Path, redis_url: str, words: tuple[str, ...]
) -> None:
    home = tmp_path / "home"
    environment = {"GROWR_HOME": str(home), "GROWR_REDIS_URL": redis_url}

    done = CliRunner().invoke(main, list(words), env=environment)

    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert "run growr up or growr db upgrade first" in line
    assert not home.exists()


def test_a_database_that_went_away_is_said_in_one_line(tmp_path: Path, redis_url: str) -> None:
    url = "postgresql+psycopg://growr:secret@127.0.0.1:1/growr"
    environment = {"GROWR_HOME": str(tmp_path), "GROWR_DATABASE_URL": url}

    done = CliRunner().invoke(main, ["loan", "list"], env=environment)

    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the database does not answer (GROWR_DATABASE_URL)")
    assert "secret" not in line


@pytest.mark.parametrize("name", ["Amina", "A" * 41 + " Wanjiku", "Amina " + "W" * 41, "A\0 B"])
def test_a_name_that_fits_no_page_is_refused(desk: Desk, name: str) -> None:
    desk.organisation()

    said = desk.refused("user", "invite", "--phone", "0711000111", "--name", name)

    assert "refused: name_unusable (field=" in said


@pytest.mark.parametrize("verb", ["show", "disburse-again", "cancel", "return-owed"])
def test_an_unknown_loan_is_refused(desk: Desk, verb: str) -> None:
    desk.organisation()

    assert "loan_unknown" in desk.refused("loan", verb, "L1042X")


def test_the_callback_addresses_are_told(desk: Desk) -> None:
    told = desk.json("node", "callbacks")

    assert re.fullmatch(r"http://127\.0\.0\.1:8080/u/[0-9a-f]{36}", told["ussd_callback"])
    assert desk.json("node", "info")["did"].startswith("did:web:")
