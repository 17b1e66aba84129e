"""What a carrier tells us over HTTP becomes rows, once; what it should not tell us becomes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from config.limits import SMS_IN_CHARACTERS
from config.settings import Settings
from core import messaging
from core.clock import Clock
from core.keys import Keyring
from core.messaging import DeliveryReport, InboundMessage, MessageState
from gateway import sms

JANE = "+254711000111"
TEXT = {
    "date": "2026-11-21 07:30:00", "from": JANE, "id": "d7f1c9a0-1", "text": "BAL", "to": "22141",
    "linkId": "Sample", "cost": "None", "networkCode": "63902",
}  # fmt: skip
REPORT = {
    "id": "ATXid_1", "status": "Success", "phoneNumber": JANE, "networkCode": "63902",
    "retryCount": "1",
}  # fmt: skip
OPT_OUT = {"senderId": "GROWR", "phoneNumber": JANE}
FORMS = {"in": TEXT, "report": REPORT, "optout": OPT_OUT}


@dataclass
class Door:
    """As much of a node as the door for texts needs."""

    sessions: sessionmaker[Session]
    keyring: Keyring
    clock: Clock
    settings: Settings


@pytest.fixture
def door(sessions: sessionmaker[Session], keyring: Keyring, now: datetime) -> Door:
    return Door(sessions, keyring, lambda: now, Settings())


def client_of(door: Any) -> FlaskClient:
    app = Flask("test")
    app.register_blueprint(sms.blueprint(door))
    return app.test_client()


@pytest.fixture
def client(door: Door) -> FlaskClient:
    return client_of(door)


@pytest.fixture
def token(keyring: Keyring) -> str:
    return keyring.token("sms")


def rows(door: Door, kind: type[Any]) -> list[Any]:
    with door.sessions() as db:
        return list(db.scalars(select(kind)))


def test_a_text_is_kept_for_a_worker(client: FlaskClient, token: str, door: Door) -> None:
    answer = client.post(f"/s/{token}/in", data=TEXT)

    assert (answer.status_code, answer.data) == (200, b"")
    [row] = rows(door, InboundMessage)
    assert (row.message_id, row.sender, row.recipient, row.text) == (
        "d7f1c9a0-1", JANE, "22141", "BAL",
    )  # fmt: skip


def test_a_text_told_again_is_kept_once(client: FlaskClient, token: str, door: Door) -> None:
    for _ in range(3):
        assert client.post(f"/s/{token}/in", data=TEXT).status_code == 200

    assert len(rows(door, InboundMessage)) == 1


def test_a_phone_has_one_form_however_it_is_written(
    client: FlaskClient, token: str, door: Door
) -> None:
    client.post(f"/s/{token}/in", data=TEXT | {"from": "254711000111"})

    assert rows(door, InboundMessage)[0].sender == JANE


@pytest.mark.parametrize("sender", ["MPESA", "22141", ""])
def test_who_cannot_be_answered_gets_200_and_is_forgotten(
    client: FlaskClient, token: str, door: Door, sender: str
) -> None:
    assert client.post(f"/s/{token}/in", data=TEXT | {"from": sender}).status_code == 200
    assert rows(door, InboundMessage) == []


def test_a_long_text_is_cut_and_what_no_database_holds_is_dropped(
    client: FlaskClient, token: str, door: Door
) -> None:
    answer = client.post(
        f"/s/{token}/in", data=TEXT | {"text": "a\0b" * 5_000, "to": "\0" + "1" * 99}
    )

    assert answer.status_code == 200
    [row] = rows(door, InboundMessage)
    assert row.text == ("ab" * 500)[:SMS_IN_CHARACTERS]
    assert row.recipient == "1" * 16


def test_a_report_is_kept_for_a_worker(client: FlaskClient, token: str, door: Door) -> None:
    for _ in range(2):
        assert client.post(f"/s/{token}/report", data=REPORT).status_code == 200

    [row] = rows(door, DeliveryReport)
    assert (row.message_id, row.state) == ("ATXid_1", MessageState.DELIVERED)


def test_a_bulk_opt_out_ends_reminders(client: FlaskClient, token: str, door: Door) -> None:
    for _ in range(2):
        assert client.post(f"/s/{token}/optout", data=OPT_OUT).status_code == 200

    with door.sessions() as db:
        assert messaging.is_opted_out(db, JANE)


@pytest.mark.parametrize(
    ("event", "form", "field"),
    [
        ("in", {}, "from"),
        ("report", REPORT | {"status": "Lost"}, "status"),
        ("optout", {}, "phoneNumber"),
    ],
)
def test_a_malformed_form_is_answered_once_and_logged_by_the_name_of_its_field_only(
    client: FlaskClient, token: str, door: Door, event: str, form: Mapping[str, str], field: str
) -> None:
    with capture_logs() as logs:
        answer = client.post(f"/s/{token}/{event}", data=form)

    assert answer.status_code == 200, "or it would be sent again for hours, and be no better"
    assert answer.text == f"not understood: {field}"
    assert [(line["event"], line["field"]) for line in logs] == [("sms callback malformed", field)]
    assert JANE not in str(logs)


def test_json_is_not_what_the_contract_says(client: FlaskClient, token: str) -> None:
    assert client.post(f"/s/{token}/in", json=TEXT).text == "not understood: from"


@pytest.mark.parametrize("event", sorted(FORMS))
def test_who_does_not_know_the_token_finds_nothing_here(
    client: FlaskClient, door: Door, event: str
) -> None:
    with capture_logs() as logs:
        answer = client.post(f"/s/wr\u00f6ng/{event}", data=FORMS[event])

    assert answer.status_code == 404
    assert [line["log_level"] for line in logs] == ["warning"]
    assert [rows(door, kind) for kind in (InboundMessage, DeliveryReport, messaging.OptOut)] == [
        [], [], [],
    ]  # fmt: skip


def test_the_token_of_another_door_does_not_open_this_one(
    client: FlaskClient, keyring: Keyring
) -> None:
    assert client.post(f"/s/{keyring.token('ussd')}/in", data=TEXT).status_code == 404


def test_a_list_of_addresses_shuts_everybody_else_out(door: Door, token: str) -> None:
    door.settings = Settings(carrier_addresses=["196.201.214.0/24"])
    client = client_of(door)

    inside = {"REMOTE_ADDR": "196.201.214.7"}
    assert client.post(f"/s/{token}/in", data=TEXT).status_code == 404
    assert client.post(f"/s/{token}/in", data=TEXT, environ_base=inside).status_code == 200


@pytest.mark.parametrize("path", ["in", "report", "optout"])
def test_who_looks_whether_the_address_is_right_is_told(
    client: FlaskClient, token: str, path: str
) -> None:
    assert client.get(f"/s/{token}/{path}").text.startswith("This address is right")
    assert client.get(f"/s/wrong/{path}").status_code == 404


def test_a_text_without_a_text_asks_for_help(client: FlaskClient, token: str, door: Door) -> None:
    """As reported: some gateways leave out what is empty; and some end every address with a slash."""
    assert client.post(f"/s/{token}/in/", data={"from": JANE, "id": "x1", "to": "384"}).text == ""

    assert [row.text for row in rows(door, InboundMessage)] == [""]


def test_a_report_in_the_words_of_another_gateway_is_understood(
    client: FlaskClient, token: str, door: Door
) -> None:
    form = {"id": "ATXid_x", "status": "DeliveredToTerminal", "phoneNumber": JANE}
    assert client.post(f"/s/{token}/report", data=form).text == ""

    assert [row.state for row in rows(door, DeliveryReport)] == [messaging.MessageState.DELIVERED]


@pytest.mark.parametrize("event", FORMS)
def test_a_carrier_is_answered_in_plain_text(client: FlaskClient, token: str, event: str) -> None:
    answer = client.post(f"/s/{token}/{event}", data=FORMS[event])

    assert answer.content_type == "text/plain; charset=utf-8"


def test_an_answer_about_a_sim_is_taken_and_a_malformed_one_is_not(
    client: FlaskClient, token: str
) -> None:
    said = {"requestId": "ATSwpid_1", "status": "NotSwapped", "lastSimSwapDate": "01-01-1900"}

    assert client.post(f"/s/{token}/sim", json=said).status_code == 200
    assert client.post(f"/s/{token}/sim", json={}).text == "not understood: requestId"
    assert client.post(f"/s/{token}/sim", data="x").text == "not understood: body"
    assert client.post("/s/wrong/sim", json=said).status_code == 404
