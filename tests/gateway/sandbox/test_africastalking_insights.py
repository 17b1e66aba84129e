"""Whether a SIM was changed: asked with the official SDK, played by the sandbox, read by our door."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from core.messaging.insights import Insights, request_id
from gateway.sandbox import Sandbox
from gateway.sandbox.settings import SandboxSettings
from gateway.sms.africastalking import Malformed, parse_sim
from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.node import ListeningNode

PHONE = "+254711000111"


@pytest.fixture
def settings(settings: SandboxSettings, node: ListeningNode) -> SandboxSettings:
    return settings.model_copy(update={"sim_url": f"{node.url}/s/sim"})


@pytest.fixture
def insights(sandbox: Sandbox) -> Insights:
    return Insights("sandbox", "sandbox", url=f"{sandbox.url}/version1")


@pytest.mark.parametrize("swapped", [False, True])
def test_the_answer_comes_by_a_callback_under_the_name_of_the_question(
    insights: Insights, node: ListeningNode, api: Api, swapped: bool
) -> None:
    if swapped:
        api.fault("sim", "swapped")

    asked = insights.ask(PHONE)

    [heard] = api.until(lambda: node.at("/s/sim"))
    name, day = parse_sim(heard.json)
    assert name == asked
    assert heard.json["status"] == ("Swapped" if swapped else "NotSwapped")
    assert (day == date(1900, 1, 1)) is not swapped


@pytest.mark.parametrize("kind", ["lost", "500", "malformed", "rate_limited"])
def test_a_question_that_fails_is_no_exception(insights: Insights, api: Api, kind: str) -> None:
    api.fault("sim", kind)

    assert insights.ask(PHONE) is None


def test_a_wrong_key_and_a_carrier_that_is_away_are_no_exception(sandbox: Sandbox) -> None:
    assert Insights("sandbox", "wrong", url=sandbox.url).ask(PHONE) is None
    assert Insights("sandbox", "sandbox", url="http://127.0.0.1:1").ask(PHONE) is None


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"responses": [{"requestId": "r"}]}, "r"), ({"status": "Queued", "requestId": "r"}, "r"), ({}, None),
        ({"responses": [None]}, None), ("text", None), ([], None),
    ],
)  # fmt: skip
def test_either_shape_of_the_answer_is_read(said: object, found: str | None) -> None:
    assert request_id(said) == found


GOOD = {"status": "NotSwapped", "lastSimSwapDate": "17-11-2026", "requestId": "ATSwpid_1"}


@pytest.mark.parametrize(
    ("change", "day"),
    [({}, date(2026, 11, 17)), ({"status": "Swapped"}, date(2026, 11, 17)), ({"status": "Failed"}, None),
     ({"status": "Pending", "lastSimSwapDate": ""}, None)],
)  # fmt: skip
def test_a_callback_tells_the_day_or_that_nobody_knows(
    change: dict[str, str], day: datetime | None
) -> None:
    assert parse_sim(GOOD | change) == ("ATSwpid_1", day)


@pytest.mark.parametrize(
    "said", [None, [], {}, GOOD | {"requestId": 7}, GOOD | {"requestId": "a b"}, GOOD | {"lastSimSwapDate": "2026"}]
)  # fmt: skip
def test_a_callback_that_breaks_the_contract_is_malformed(said: object) -> None:
    with pytest.raises(Malformed):
        parse_sim(json.loads(json.dumps(said)))
