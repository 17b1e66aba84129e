"""The official SDK and a plain client send messages; phones receive them; reports come back."""

from __future__ import annotations

import re
from typing import Any

import africastalking
import pytest
import requests
from flask import Response

from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.daraja import PHONE
from tests.gateway.sandbox.node import ListeningNode

TABLE = {
    100: "Processed",
    101: "Sent",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}


@pytest.fixture
def sdk(api: Api) -> Any:
    africastalking.initialize("sandbox", "sandbox")
    service = africastalking.SMS
    service._baseUrl = service._contentUrl = f"{api.url}/version1"
    return service


def send(api: Api, key: str = "sandbox", **changes: str) -> requests.Response:
    form = {"username": "sandbox", "to": f"+{PHONE}", "message": "Hello", "bulkSMSMode": "1"}
    return requests.post(
        f"{api.url}/version1/messaging",
        data={name: value for name, value in (form | changes).items() if value},
        headers={"apiKey": key, "Accept": "application/json"},
        timeout=60,
    )


def test_the_answer_is_africas_talkings_to_the_letter(api: Api) -> None:
    response = send(api)

    data = response.json()["SMSMessageData"]
    recipient = data["Recipients"][0]
    assert response.status_code == 201
    assert response.headers["Content-Type"] == "application/json"
    assert data["Message"] == "Sent to 1/1 Total Cost: KES 0.8000"
    assert re.fullmatch(r"ATXid_[0-9a-f]{32}", recipient.pop("messageId"))
    assert recipient == {
        "statusCode": 101,
        "number": "+254711000111",
        "status": "Sent",
        "cost": "KES 0.8000",
    }


@pytest.mark.parametrize(("code", "name"), TABLE.items())
@pytest.mark.parametrize("by", ["magic number", "fault"])
def test_the_official_sdk_gets_every_status(
    api: Api, sdk: Any, code: int, name: str, by: str
) -> None:
    number = f"+254799900{code}" if by == "magic number" else f"+{PHONE}"
    if by == "fault":
        api.fault("sms", f"status:{code}")

    data = sdk.send("Hello", [number], sender_id="GROWR")["SMSMessageData"]

    recipient = data["Recipients"][0]
    accepted = code < 200
    assert (recipient["statusCode"], recipient["status"]) == (code, name)
    assert recipient["number"] == number
    assert recipient["messageId"].startswith("ATXid_") == accepted
    assert (recipient["messageId"] == "None") != accepted
    assert data["Message"].startswith("Sent to 1/1" if accepted else "Sent to 0/1")
    assert len(api.get(f"/phones/{number}/messages")) == int(accepted)


def test_the_official_sdk_is_told_about_a_wrong_key(sdk: Any) -> None:
    sdk._headers = {**sdk._headers, "apiKey": "wrong"}

    with pytest.raises(Exception, match="The supplied authentication is invalid"):
        sdk.send("Hello", [f"+{PHONE}"])


def test_the_official_sdk_sends_premium_and_queued_messages_and_fetches(api: Api, sdk: Any) -> None:
    premium = sdk.send_premium("Hello", "384", [f"+{PHONE}"], keyword="loan", link_id="x")
    queued = sdk.send("Hello", [f"+{PHONE}"], enqueue=True)
    api.post(f"/phones/{PHONE}/messages", to="384", text="BAL")

    fetched = sdk.fetch_messages()["SMSMessageData"]["Messages"]

    assert premium["SMSMessageData"]["Recipients"][0]["statusCode"] == 101
    assert queued["SMSMessageData"]["Recipients"][0]["status"] == "Queued"
    assert [(message["from"], message["text"]) for message in fetched] == [(f"+{PHONE}", "BAL")]


def test_many_recipients_are_answered_one_by_one(api: Api) -> None:
    data = send(api, to=f"+{PHONE},+254799900403,hello", message="x" * 161).json()["SMSMessageData"]

    assert [recipient["statusCode"] for recipient in data["Recipients"]] == [101, 403, 403]
    assert data["Message"] == "Sent to 1/3 Total Cost: KES 1.6000"


@pytest.mark.parametrize("missing", ["to", "message"])
def test_a_missing_field_is_named(api: Api, missing: str) -> None:
    response = send(api, **{missing: ""})

    assert response.status_code == 400
    assert f"'{missing}'" in response.text


def test_a_phone_lists_its_messages_the_oldest_first(api: Api) -> None:
    send(api, message="one", **{"from": "GROWR"})
    api.post(f"/phones/{PHONE}/messages", to="384", text="two")

    messages = api.get(f"/phones/{PHONE}/messages")

    assert [message["text"] for message in messages] == ["one", "two"]
    assert [message["direction"] for message in messages] == ["in", "out"]
    assert set(messages[0]) == {"id", "from", "to", "text", "at", "direction"}
    assert (messages[0]["from"], messages[0]["to"]) == ("GROWR", f"+{PHONE}")


def test_reports_follow_the_message(api: Api, node: ListeningNode) -> None:
    message = send(api).json()["SMSMessageData"]["Recipients"][0]["messageId"]

    sent, ended = node.wait("/s/report", 2)

    assert ended.form == {
        "id": message,
        "status": "Success",
        "phoneNumber": f"+{PHONE}",
        "networkCode": "63902",
        "retryCount": "0",
    }
    assert sent.form["status"] == "Sent"


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("duplicate", ["Sent", "Success", "Success"]),
        ("simultaneous", ["Sent", "Success", "Success"]),
        ("reordered", ["Success", "Sent"]),
        ("forged", ["Sent", "Failed", "Success"]),
        ("report:Failed", ["Sent", "Failed"]),
    ],
)
def test_reports_go_wrong_on_order(
    api: Api, node: ListeningNode, kind: str, statuses: list[str]
) -> None:
    api.fault("sms", kind)

    send(api)

    heard = node.wait("/s/report", len(statuses))
    assert [report.form["status"] for report in heard] == statuses


def test_a_missing_report_never_comes(api: Api, node: ListeningNode) -> None:
    api.fault("sms", "missing")
    send(api, message="one")
    send(api, message="two")

    heard = node.wait("/s/report", 3)

    assert sorted(report.form["status"] for report in heard) == ["Sent", "Sent", "Success"]


def test_a_message_that_failed_never_reaches_the_phone(api: Api, node: ListeningNode) -> None:
    api.fault("sms", "report:Failed")

    send(api)

    assert node.wait("/s/report", 2)[1].form["failureReason"] == "DeliveryFailure"
    assert api.get(f"/phones/{PHONE}/messages") == []


@pytest.mark.parametrize(("kind", "arrived"), [("lost_acknowledgement", 1), ("not_acted", 0)])
def test_a_dropped_connection_tells_the_caller_nothing(api: Api, kind: str, arrived: int) -> None:
    api.fault("sms", kind)

    with pytest.raises(requests.ConnectionError):
        send(api)

    assert len(api.get(f"/phones/{PHONE}/messages")) == arrived


@pytest.mark.parametrize(
    ("kind", "status", "arrived"),
    [("500", 500, 0), ("error_after", 500, 1), ("rate_limited", 429, 0)],
)
def test_errors_come_before_or_after_acting(api: Api, kind: str, status: int, arrived: int) -> None:
    api.fault("sms", kind)

    response = send(api)

    assert response.status_code == status
    assert len(api.get(f"/phones/{PHONE}/messages")) == arrived


def test_the_answer_without_recipients_is_reachable(api: Api) -> None:
    api.fault("sms", "empty")

    assert send(api).json() == {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}


def test_an_inbound_message_has_africas_talkings_form(api: Api, node: ListeningNode) -> None:
    sent = api.post(f"/phones/{PHONE}/messages", to="384", text="BAL")

    form = node.wait("/s/in")[0].form
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", form.pop("date"))
    assert form == {
        "from": f"+{PHONE}",
        "id": sent["id"],
        "linkId": "SampleLinkId123",
        "text": "BAL",
        "to": "384",
        "cost": "KES 0.0000",
        "networkCode": "99999",
    }


def test_an_inbound_message_is_repeated_until_it_is_taken(
    api: Api, node: ListeningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.sandbox.africastalking_inbox.RETRY_SECONDS", 0.05)
    node.answers["/s/in"] = lambda _: Response(status=200 if len(node.at("/s/in")) > 2 else 500)

    api.post(f"/phones/{PHONE}/messages", to="384", text="BAL")

    heard = node.wait("/s/in", 3)
    assert len({message.form["id"] for message in heard}) == 1


@pytest.mark.parametrize("kind", ["duplicate", "simultaneous"])
def test_an_inbound_message_comes_twice(api: Api, node: ListeningNode, kind: str) -> None:
    api.fault("inbound", kind)

    api.post(f"/phones/{PHONE}/messages", to="384", text="BAL")

    first, second = node.wait("/s/in", 2)
    assert first.form == second.form


def test_whoever_opted_out_is_in_the_blacklist(api: Api, node: ListeningNode) -> None:
    api.post(f"/phones/{PHONE}/optout", **{"from": "GROWR"})

    assert node.wait("/s/optout")[0].form == {"senderId": "GROWR", "phoneNumber": f"+{PHONE}"}
    assert send(api).json()["SMSMessageData"]["Recipients"][0]["statusCode"] == 406
