"""The desk at the command line: every change of a loan, who did it, and the statement a borrower is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.test_cli_payment import growr
from tests.journey.running import PIN, borrow
from tests.village import Village, registered, village


@pytest.fixture
def place(tmp_path: Path, databases: dict[str, Any], redis_url: str) -> Iterator[Village]:
    with village(tmp_path / "home", databases["sqlite"].fresh(tmp_path), redis_url) as made:
        yield made


@pytest.fixture
def code(place: Village) -> str:
    """The code of a loan that was paid out: KES 2,000 for three months."""
    phone = registered(place, PIN)
    borrow(phone)
    phone.hang_up()
    place.live()
    (row,) = growr(place, "loan", "list")
    return str(row["loan"])


def test_a_day_at_the_desk(place: Village, code: str) -> None:
    def done(*words: str) -> dict[str, Any]:
        told: dict[str, Any] = growr(place, "loan", words[0], code, *words[1:], "--reason", "Why")
        return told

    owed = growr(place, "loan", "show", code)["outstanding"]
    charged = done("charge", "--amount", "50", "--key", "once")
    assert done("charge", "--amount", "50", "--key", "once")["event"] == charged["event"]
    assert charged["outstanding"] != owed
    waived = done("waive", "fees", "--amount", "50")
    assert waived["outstanding"] == owed
    assert done("reverse", str(waived["event"]))["outstanding"] == charged["outstanding"]
    done("charge", "--penalty", "--amount", "10", "--due", "+40")
    assert done("reschedule", "--due", "+45", "--instalments", "4")["status"] == "disbursed"
    done("pause", "arrears", "--until", "+60")
    done("pause", "interest", "--until", "+14", "--from", "-0")
    done("rate", "1.5")

    kinds = [event["kind"] for event in growr(place, "loan", "show", code)["events"]]
    assert kinds == [
        "approved", "disbursed", "fee_charged", "waived", "reversed", "penalty_charged", "rescheduled",
        "arrears_paused", "interest_paused", "rate_changed",
    ]  # fmt: skip


REFUSED = [
    (("rate", "50"), "rate_may_only_fall"),
    (("rate", "low"), "not a number"),
    (("write-off",), "loan_not_in_default"),
    (("close",), "residue_too_large"),
    (("reverse", "0"), "event_not_reversible"),
    (("charge", "--amount", "5", "--due", "+29"), "charge_needs_notice"),
    (("charge", "--amount", "5", "--due", "soon"), "neither a day"),
    (("charge", "--amount", "5", "--by", "+254700999999"), "user_unknown"),
]


def test_what_cannot_be_is_said_in_one_line(place: Village, code: str) -> None:
    for words, said in REFUSED:
        with pytest.raises(AssertionError, match=said):
            growr(place, "loan", words[0], code, *words[1:], "--reason", "Why")


def test_who_did_it_and_why_is_shown(place: Village, code: str) -> None:
    clerk = "+254701222333"
    growr(place, "user", "invite", "--phone", clerk, "--name", "Grace Njeri", "--role", "agent")

    growr(place, "loan", "rate", code, "3", "--reason", "Flood", "--by", clerk)

    event = growr(place, "loan", "show", code)["events"][-1]
    assert (event["kind"], event["rate"], event["by"], event["reason"]) == (
        "rate_changed", "3", clerk, "Flood",
    )  # fmt: skip


def test_a_statement_ends_with_what_she_owes(place: Village, code: str) -> None:
    rows = growr(place, "loan", "statement", code)

    assert [row["what"] for row in rows][:1] == ["disbursed"]
    assert rows[-1]["balance"] == "2000.00"


def test_losses_are_set_aside_for_a_project(place: Village) -> None:
    (project,) = growr(place, "project", "list")

    grown = [
        growr(place, "project", "provide", project["project"], amount)["grown_by"]
        for amount in ("5000", "3000")
    ]

    assert grown == ["KES 5,000", "KES -2,000"]
    rows = growr(place, "ledger", "trial-balance")
    assert next(row for row in rows if row["number"] == 1290)["credit"] == "3000.00"


def test_the_day_end_says_that_it_goes_on_and_takes_no_other_day_for_today(place: Village) -> None:
    place.work()

    assert growr(place, "loan", "day")["day_end"] == "goes on"
    for option in ("--confirm", "--undo"):
        with pytest.raises(AssertionError, match="day_is_another"):
            growr(place, "loan", "day", option, "2020-01-01")
