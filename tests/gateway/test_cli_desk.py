"""What an originator's desk sees and records: lists, previews, schedules, cash; numbers as people write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.messaging import Message, MessageState, Template
from core.people import User, UserState
from gateway.cli import main
from tests.core.lending import village as places
from tests.core.lending.schedules import make
from tests.gateway.two_organisations import Lender, Node, build


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def node(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    databases: dict[str, Any],
    redis_server: str,
) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("desk")
    url = databases[request.param].fresh(folder)
    made = build(folder / "home", url, redis_server)
    yield made
    made.engine.dispose()
    databases[request.param].drop(url)


def told(node: Node, *words: str) -> Any:
    """What a command of our organisation says to a program."""
    done = node.run(*words, "--json", "--org", node.ours.name)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_organisations_of_a_node_are_listed(node: Node) -> None:
    rows = json.loads(node.run("org", "list", "--json").stdout)

    assert [row["organisation"] for row in rows] == [node.theirs.name, node.ours.name]


def test_the_books_of_two_add_up_to_those_of_the_node(node: Node) -> None:
    def sums(*words: str) -> dict[int, Decimal]:
        rows = json.loads(node.run("ledger", "trial-balance", "--json", *words).stdout)
        return {
            row["number"]: Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0) for row in rows
        }

    ours, theirs = sums("--org", node.ours.name), sums("--org", node.theirs.name)

    assert sum(ours.values()) == sum(theirs.values()) == 0
    both = {number: ours.get(number, 0) + theirs.get(number, 0) for number in {*ours, *theirs}}
    assert both == sums("--node")
    assert ours[1200] != 0


def test_each_sees_its_own(node: Node) -> None:
    def seen(lender: Lender, *words: str) -> str:
        return node.run(*words, "--org", lender.name).output

    for lender in (node.ours, node.theirs):
        assert lender.names["loan"] in seen(lender, "loan", "list")
        assert lender.names["phone"] in seen(lender, "user", "list")
        assert lender.names["payment"] in seen(lender, "payment", "suspense")
        assert lender.names["payment"] in seen(lender, "payment", "attention")
        assert lender.names["ticket"] in seen(lender, "complaint", "list")
        assert lender.names["project_name"] in seen(lender, "project", "list")


def test_an_organisation_may_be_named_once_for_a_whole_terminal(node: Node) -> None:
    environment = {**node.environment, "GROWR_ORG": node.theirs.name}
    done = CliRunner().invoke(main, ["loan", "list"], env=environment)

    assert node.theirs.names["loan"] in done.output
    assert node.ours.names["loan"] not in done.output


def test_a_number_is_written_as_people_write_it(node: Node) -> None:
    local = "0" + node.ours.names["phone"].removeprefix("+254")

    for words in (
        ("user", "block", "--phone", local), ("user", "unblock", "--phone", f"{local[:4]} {local[4:]}"),
        ("portfolio", "bureau-consent", local, "--given", "--source", "call"), ("user", "credentials", local),
    ):  # fmt: skip
        said = told(node, *words)
        assert not said or said["phone"] == node.ours.names["phone"]
    stopped = node.run("user", "stop-reset", "--phone", local, "--org", node.ours.name)
    assert "no_reset_under_way" in stopped.output  # she was found, and nothing was to stop


def test_people_are_listed_by_role_and_state(node: Node) -> None:
    phones = [row["phone"] for row in told(node, "user", "list", "--role", "agent")]

    assert phones == [node.ours.names["agent"]]


def test_an_invitation_whose_text_did_not_arrive_is_listed(node: Node) -> None:
    told(node, "user", "invite", "--phone", "0799000222", "--name", "Faith Chebet")
    assert told(node, "user", "invitations", "--failed") == []

    with node.sessions.begin() as db:
        query = db.query(Message).filter_by(to="+254799000222", template=Template.INVITATION)
        query.update({"state": MessageState.FAILED, "failure": "InvalidPhoneNumber"})

    (row,) = told(node, "user", "invitations", "--failed")
    assert (row["phone"], row["failed"], row["reason"]) == (
        "+254799000222",
        True,
        "InvalidPhoneNumber",
    )


def test_what_people_were_not_told_is_listed_and_nothing_of_what_it_said(node: Node) -> None:
    told(node, "user", "invite", "--phone", "0799000333", "--name", "Grace Njeri")
    assert told(node, "user", "texts", "0799000333") == []

    with node.sessions.begin() as db:
        (text,) = db.query(Message).filter_by(to="+254799000333")
        text.state, text.failure = MessageState.EXPIRED, "phone_off"

    (row,) = told(node, "user", "texts", "0799000333")
    assert (row["name"], row["text"], row["became"], row["reason"]) == (
        "Grace Njeri", "invitation", "expired", "phone_off",
    )  # fmt: skip
    assert row in told(node, "user", "texts")


def test_an_invitation_by_mistake_is_taken_back_and_the_number_is_free(node: Node) -> None:
    words = ("--phone", "0799000444", "--name", "Faith Chebet")
    told(node, "user", "invite", *words)

    assert told(node, "user", "withdraw", "--phone", "0799000444")["withdrawn"] is True

    assert "user_unknown" in node.run("user", "block", *words[:2], "--org", node.ours.name).output
    assert node.run("user", "invite", *words, "--org", node.theirs.name).exit_code == 0
    came = node.run(
        "user", "withdraw", "--phone", node.ours.names["agent"], "--org", node.ours.name
    )
    assert "user_not_invited" in came.output


def test_who_has_a_history_is_not_forgotten(node: Node) -> None:
    with node.sessions.begin() as db:
        db.get_one(User, node.ours.village.borrower.id).state = UserState.INVITED

    done = node.run(
        "user", "withdraw", "--phone", node.ours.names["phone"], "--org", node.ours.name
    )

    with node.sessions.begin() as db:
        db.get_one(User, node.ours.village.borrower.id).state = UserState.ACTIVE
    assert "user_has_history" in done.output


def test_who_is_invited_again_has_the_name_and_role_that_are_said_now(node: Node) -> None:
    words = ("user", "invite", "--phone", "0799000333")
    told(node, *words, "--name", "Fayth Chebet")

    again = told(node, *words, "--name", "Faith Chebet", "--role", "agent")

    assert (again["name"], again["role"]) == ("Faith Chebet", "agent")


def test_cash_is_recorded_once_and_seen_in_loan_schedule_and_books(node: Node) -> None:
    code = node.ours.names["loan"]
    before = told(node, "loan", "show", code)
    words = ("loan", "repay", code, "--amount", "100", "--via", "cash", "--reference", "0042")

    done, again = told(node, *words), told(node, *words)

    assert (done["payment"], done["reference"], done["amount"]) == (
        again["payment"],
        "0042",
        "KES 100",
    )
    after = told(node, "loan", "show", code)
    assert before["paid"] == "KES 0"
    assert after["paid"] == "KES 100"
    first = told(node, "loan", "schedule", code)[0]
    assert (first["paid"], first["state"]) == ("100.00", None)
    drawer = told(node, "ledger", "account", "1030")
    assert [row["debit"] for row in drawer[1:-1]] == ["100.00"]
    taken = told(
        node, "loan", "take-back", code, "--via", "cash", "--reference", "0042", "--reason", "Not hers"
    )  # fmt: skip
    assert (taken["state"], taken["outstanding"]) == ("reversed", before["outstanding"])


def test_what_is_too_much_is_refused_in_money_and_in_words(node: Node) -> None:
    words = (
        "loan",
        "repay",
        node.ours.names["loan"],
        "--amount",
        "90000",
        "--via",
        "bank",
        "--reference",
        "x",
    )

    done = node.run(*words, "--org", node.ours.name)

    assert "amount_above_owed (most=KES 1,000): more than she owes" in done.output
    done = node.run(
        "loan", "close", node.ours.names["loan"], "--reason", "x", "--org", node.ours.name
    )
    assert "residue_too_large (most=KES 9.99)" in done.output


def preview(node: Node, tmp_path: Path, *words: str, **changed: Any) -> Any:
    (tmp_path / "project.json").write_text(json.dumps(places.project_json(**changed), indent=2))
    return told(node, "project", "preview", "--file", str(tmp_path / "project.json"), *words)


def test_a_project_is_looked_at_before_it_is_published(node: Node, tmp_path: Path) -> None:
    before = node.rows()

    made = preview(node, tmp_path, "--amount", "1000", "--duration", "4")

    assert node.rows() == before
    assert (made["loan"], made["received"], made["interest"]) == ("KES 1,000", "KES 980", "KES 80")
    assert [row["due"] for row in made["instalments"]] == ["KES 270"] * 4
    assert "You get KES 980" in made["pages"][0].replace("\n", " ") or "KES 980" in made["pages"][0]
    assert made["pages"][-1].startswith("1 I agree") or "1 I agree" in made["pages"][-1]


def test_a_rate_may_be_said_for_a_month(node: Node, tmp_path: Path) -> None:
    yearly = preview(node, tmp_path, interest_rate="24")
    monthly = preview(node, tmp_path, interest_rate="2", interest_rate_per="month")

    assert yearly == monthly
    assert (monthly["rate_per_year"], monthly["rate_per_month"]) == ("24% flat", "2% flat")


@pytest.mark.parametrize(
    "changed",
    [{"interest_rate_per": "week"}, {"interest_rate": "90", "interest_rate_per": "month"}],
)
def test_a_rate_that_nobody_could_mean_is_refused(
    node: Node, tmp_path: Path, changed: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError, match="project_invalid"):
        preview(node, tmp_path, **changed)


def test_a_project_shows_every_term_by_its_name(node: Node) -> None:
    shown = told(node, "project", "show", node.ours.names["project_name"])

    assert (shown["project"], shown["limit"]) == (node.ours.names["project"], "KES 100,000")
    assert (shown["close_below"], shown["arrears_tolerance"]) == ("KES 0", "KES 0")


def test_terms_on_many_lines_are_one_loan() -> None:
    pretty = json.dumps(make.data(instalments=2), indent=2)
    one_line = json.dumps(make.data(instalments=2))

    def rows(given: str) -> list[Any]:
        done = CliRunner().invoke(main, ["loan", "schedule"], input=given)
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert rows(pretty) == rows(one_line)
    assert rows(f"{pretty}\n{one_line}\n{pretty}") == rows(one_line) * 3
    broken = rows(f"{one_line}\n{{\n{one_line}\nnonsense\n{pretty}")
    assert ["error" in row for row in broken] == [False, True, False, True, False]


def test_what_is_neither_a_loan_nor_a_file_is_said() -> None:
    done = CliRunner().invoke(main, ["loan", "schedule", "no-such-file"])

    assert "neither the code of a loan nor a file" in done.output


def test_the_books_are_whole(node: Node) -> None:
    rows = json.loads(node.run("books", "verify", "--json").stdout)

    assert len(rows) == len({row["book"] for row in rows}) == 4
    assert all(row["whole"] for row in rows)
