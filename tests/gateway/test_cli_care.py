"""Staff answer complaints, see who cannot pay, print a contract, and tell the authorities what they must."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from core import lending, node
from core.lending import About, screening
from core.node import Node
from gateway.cli import main
from tests.core.lending import village as places
from tests.core.lending.village import NOW

YEAR = ("--from", "2026-11-01", "--to", "2026-12-31")


@dataclass
class Office:
    """A cooperative with one loan that is paid out, on a database the commands open by themselves."""

    node: Node
    loan: str
    phone: str
    ticket: str

    def run(self, *words: str) -> Result:
        settings = self.node.settings
        environment = {
            "GROWR_HOME": str(settings.home),
            "GROWR_DATABASE_URL": settings.database_url,
            "GROWR_REDIS_URL": settings.redis_url,
        }
        return CliRunner().invoke(main, words, env=environment)

    def text(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.text(*words, "--json"))

    def sheet(self, *words: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.text(*words))))


@pytest.fixture
def office(tmp_path: Path, databases: dict[str, Any], redis_url: str) -> Iterator[Office]:
    url = databases["sqlite"].fresh(tmp_path)
    settings = Settings(home=tmp_path / "home", database_url=url, redis_url=redis_url)
    here = node.build(settings, wake=lambda _: None)
    with here.sessions.begin() as db:
        village = places.found(db)
        loan, user = village.borrow(), village.borrower
        lending.hardship.ask_for_time(db, loan_id=loan.id, user_id=user.id, now=NOW)
        made = lending.complaints.complain(
            db, user_id=user.id, about=About.COST, words="twice", idempotency_key="k", now=NOW
        )
        listed = tmp_path / "list.txt"
        listed.write_text(user.phone)
        screen = screening.from_file(listed)
        assert not screening.may_lend(db, user_id=user.id, screen=screen, now=NOW)
        found = Office(here, loan.code, user.phone, made.ticket)
    yield found
    here.close()


def test_a_complaint_is_listed_answered_closed_and_counted(office: Office) -> None:
    (row,) = office.json("complaint", "list")
    assert (row["ticket"], row["about"], row["words"]) == (office.ticket, "cost", "twice")
    assert row["answer_by"] == "2026-11-28"

    told = office.json(
        "complaint", "answer", office.ticket, "--outcome", "partly", "--text", "KES 20 come back."
    )
    assert (told["state"], told["outcome"]) == ("answered", "partly")
    assert office.json("complaint", "list") == []
    assert office.json("complaint", "close", office.ticket)["state"] == "closed"
    assert [row["state"] for row in office.json("complaint", "list", "--all")] == ["closed"]

    cost = next(
        row for row in office.sheet("complaint", "report", *YEAR, "--csv") if row["about"] == "cost"
    )
    assert (cost["complaints"], cost["partly"], cost["waiting"]) == ("1", "1", "0")
    assert "payment" in office.text("complaint", "report")


def test_a_ticket_nobody_has_is_refused_in_one_line(office: Office) -> None:
    done = office.run("complaint", "close", "C000")

    assert done.exit_code == 1
    assert "refused: complaint_unknown (ticket=C000)" in done.output


def test_who_cannot_pay_is_listed_and_may_be_declined(office: Office) -> None:
    (row,) = office.json("loan", "hardship")
    assert (row["loan"], row["answer_by"]) == (office.loan, "2026-11-24")

    assert office.json("loan", "hardship", "--decline", office.loan) == []
    assert office.run("loan", "hardship", "--decline", office.loan).exit_code == 1


def test_the_contract_is_printed_as_text_and_as_a_page(office: Office) -> None:
    plain = office.text("loan", "contract", office.loan)

    assert plain.startswith(f"Loan contract {office.loan}\n")
    assert "You get KES 980." in plain
    assert office.text("loan", "contract", office.loan, "--html").startswith("<!doctype html>")


def test_the_year_is_a_sheet_for_the_regulator(office: Office) -> None:
    project, everything = office.sheet("org", "annual-return", "--year", "2026")

    assert (project["project"], project["loans"], project["lent"]) == ("Maize inputs", "1", "1000")
    assert everything["complaints"] == "1"


def test_who_was_held_back_is_told_to_the_authority_and_let_go_by_a_person(office: Office) -> None:
    told = office.json("org", "clear", "--phone", office.phone, "--because", "another Amina")
    assert told["cleared"] == "another Amina"

    (row,) = office.sheet("org", "suspicious", *YEAR)

    assert (row["rule"], row["phone"], row["detail"]) == ("on_list", office.phone, "another Amina")
