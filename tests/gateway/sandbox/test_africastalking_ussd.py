"""The phone dials and types; the node sees Africa's Talking."""

from __future__ import annotations

import re

import pytest
from flask import Response

from gateway.sandbox import SandboxSettings
from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.daraja import PHONE
from tests.gateway.sandbox.node import ListeningNode

TROUBLE = "Connection problem or invalid MMI code."


def dial(api: Api, code: str = "*384*77#", phone: str = PHONE) -> dict[str, object]:
    return api.post(f"/phones/{phone}/dial", code=code)


def type_(api: Api, text: str) -> dict[str, object]:
    return api.post(f"/phones/{PHONE}/type", text=text)


def test_dialling_posts_the_documented_form_and_shows_the_page_without_its_prefix(
    api: Api, node: ListeningNode
) -> None:
    screen = dial(api)

    turn = node.at("/u")[0]
    assert re.fullmatch(r"ATUid_[0-9a-f]{32}", turn.form["sessionId"])
    assert screen == {"session": turn.form["sessionId"], "page": "text=", "open": True}
    assert turn.form == {
        "sessionId": turn.form["sessionId"],
        "phoneNumber": "+254711000111",
        "networkCode": "99999",
        "serviceCode": "*384*77#",
        "text": "",
    }
    assert turn.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("written", ["+254711000111", "254711000111", "0711000111"])
def test_a_number_may_be_written_in_three_ways(api: Api, node: ListeningNode, written: str) -> None:
    dial(api, phone=written)

    assert node.at("/u")[0].form["phoneNumber"] == "+254711000111"


def test_answers_are_joined_with_a_star(api: Api, node: ListeningNode) -> None:
    dial(api)

    pages = [type_(api, text)["page"] for text in ("1", "500", "a*b")]

    assert pages == ["text=1", "text=1*500", "text=1*500*a*b"]
    assert len({turn.form["sessionId"] for turn in node.at("/u")}) == 1


def test_a_deep_dial_puts_its_tail_into_the_text(api: Api, node: ListeningNode) -> None:
    dial(api, "*384*77*2*500#")

    assert node.at("/u")[0].form["text"] == "2*500"
    assert node.at("/u")[0].form["serviceCode"] == "*384*77#"


@pytest.mark.parametrize("code", ["*384*78#", "*384*770#", "*384*77", "999"])
def test_an_unknown_code_never_reaches_the_node(api: Api, node: ListeningNode, code: str) -> None:
    screen = dial(api, code)

    assert screen == {"session": "", "page": TROUBLE, "open": False}
    assert not node.heard


def test_an_end_page_closes_the_session_and_is_notified_with_every_field_a_text(
    api: Api, node: ListeningNode
) -> None:
    node.answers["/u"] = lambda turn: Response(
        "END Bye" if turn.form["text"] else "CON Hi",
        headers={"at-ussd-hop-metadata": "bye" if turn.form["text"] else "home"},
    )
    session = dial(api)["session"]

    screen = type_(api, "9")

    form = node.wait("/u/end")[0].form
    assert screen == {"session": session, "page": "Bye", "open": False}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", form.pop("date"))
    assert form.pop("durationInMillis").isdigit()
    assert form == {
        "sessionId": session,
        "serviceCode": "*384*77#",
        "networkCode": "99999",
        "phoneNumber": "+254711000111",
        "status": "Success",
        "cost": "KES 1.5000",
        "hopsCount": "2",
        "hopsMetadata": "home|bye",
        "input": "9",
        "lastAppResponse": "END Bye",
    }
    assert api.call("POST", f"/phones/{PHONE}/type", {"text": "1"}).status_code == 409


def test_our_journey_header_comes_back_on_the_next_turn(api: Api, node: ListeningNode) -> None:
    node.answers["/u"] = lambda _: Response("CON Hi", headers={"at-ussd-hop-metadata": "home"})
    dial(api)

    type_(api, "1")

    first, second = node.at("/u")
    assert "At-Ussd-Hop-Metadata" not in first.headers
    assert second.headers["At-Ussd-Hop-Metadata"] == "home"


def test_hanging_up_is_an_incomplete_session(api: Api, node: ListeningNode) -> None:
    dial(api)

    screen = api.post(f"/phones/{PHONE}/hangup")

    assert screen["open"] is False
    assert node.wait("/u/end")[0].form["status"] == "Incomplete"


def test_dialling_again_hangs_up_the_session_before(api: Api, node: ListeningNode) -> None:
    first = dial(api)["session"]

    second = dial(api)["session"]

    assert first != second
    assert node.wait("/u/end")[0].form["sessionId"] == first


@pytest.mark.parametrize(
    "answer",
    [
        Response("Hello"),
        Response(""),
        Response(" CON Hello"),
        Response("\ufeffCON Hello"),
        Response("CON Hello", status=500),
        Response("CON Hello", status=302, headers={"Location": "/elsewhere"}),
    ],
    ids=["no prefix", "empty", "white space first", "byte-order mark", "500", "redirect"],
)
def test_a_bad_answer_of_the_node_ends_the_session_as_failed(
    api: Api, node: ListeningNode, answer: Response
) -> None:
    node.answers["/u"] = lambda _: answer

    screen = dial(api)

    assert screen["page"] == TROUBLE
    assert screen["open"] is False
    form = node.wait("/u/end")[0].form
    assert form["status"] == "Failed"
    assert form["errorMessage"]


class TestATurnThatGoesWrong:
    @pytest.fixture(autouse=True)
    def _open(self, api: Api, node: ListeningNode) -> None:
        dial(api)
        node.heard.clear()

    @pytest.mark.parametrize("kind", ["twice", "twice_at_once", "duplicate", "simultaneous"])
    def test_it_is_sent_twice(self, api: Api, node: ListeningNode, kind: str) -> None:
        api.fault("ussd", kind)

        screen = type_(api, "1")

        assert screen["page"] == "text=1"
        assert [turn.form["text"] for turn in node.at("/u")] == ["1", "1"]
        assert type_(api, "2")["page"] == "text=1*2"
        assert len(node.at("/u")) == 3

    def test_the_older_turn_comes_after_the_newer(self, api: Api, node: ListeningNode) -> None:
        type_(api, "1")
        api.fault("ussd", "reordered")

        screen = type_(api, "2")

        assert screen["page"] == "text=1*2"
        assert [turn.form["text"] for turn in node.at("/u")] == ["1", "1*2", "1"]

    def test_another_phone_claims_the_session(self, api: Api, node: ListeningNode) -> None:
        api.fault("ussd", "forged")

        screen = type_(api, "1")

        forged, true = node.at("/u")
        assert forged.form["sessionId"] == true.form["sessionId"]
        assert forged.form["phoneNumber"] != true.form["phoneNumber"]
        assert screen["open"] is True

    def test_the_answer_is_lost(self, api: Api, node: ListeningNode) -> None:
        api.fault("ussd", "lost_acknowledgement")

        screen = type_(api, "1")

        assert screen["page"] == TROUBLE
        assert len(node.at("/u")) == 1
        assert node.wait("/u/end")[0].form["status"] == "Failed"

    @pytest.mark.parametrize("kind", ["not_acted", "500"])
    def test_the_turn_never_arrives(self, api: Api, node: ListeningNode, kind: str) -> None:
        api.fault("ussd", kind)

        screen = type_(api, "1")

        assert screen["page"] == TROUBLE
        assert not node.at("/u")

    def test_the_end_is_never_notified(self, api: Api, node: ListeningNode) -> None:
        api.fault("ussd", "missing")
        api.post(f"/phones/{PHONE}/hangup")
        dial(api)

        api.post(f"/phones/{PHONE}/hangup")

        assert len(node.wait("/u/end")) == 1


class TestASessionTheTelcoEnds:
    @pytest.fixture
    def settings(self, settings: SandboxSettings) -> SandboxSettings:
        return settings.model_copy(update={"ussd_seconds": 0.1})

    def test_it_ends_after_its_time(self, api: Api, node: ListeningNode) -> None:
        dial(api)

        assert node.wait("/u/end")[0].form["status"] == "Incomplete"
        assert api.get(f"/phones/{PHONE}")["open"] is False


class TestANodeThatThinksTooLong:
    @pytest.fixture
    def settings(self, settings: SandboxSettings) -> SandboxSettings:
        return settings.model_copy(update={"ussd_turn_seconds": 0.2})

    def test_its_session_fails(self, api: Api, node: ListeningNode) -> None:
        node.answers["/u"] = lambda _: Response(
            "CON Hi" if Api.until(lambda: node.at("/u/end")) else "never"
        )

        screen = dial(api)

        assert screen["page"] == TROUBLE
