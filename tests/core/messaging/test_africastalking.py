"""The official SDK behind our door, against a real HTTP server that plays Africa's Talking."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from config.settings import Settings
from core.messaging import africastalking
from core.messaging.africastalking import AfricasTalking
from core.messaging.gateway import Answer, Outcome

JANE = "+254711000111"


@dataclass
class Carrier:
    """What the next requests are answered with, and what they were."""

    url: str = ""
    status: int = 201
    content_type: str = "application/json"
    body: str = ""
    delay: float = 0.0
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    def says(self, *recipients: dict[str, Any], message: str = "Sent to 1/1") -> None:
        self.body = json.dumps(
            {"SMSMessageData": {"Message": message, "Recipients": list(recipients)}}
        )


def recipient(code: object, status: str = "Success", message_id: str = "ATXid_1") -> dict[str, Any]:
    return {
        "statusCode": code, "number": JANE, "status": status, "cost": "KES 0.8000",
        "messageId": message_id,
    }  # fmt: skip


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    played = Carrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            headers = {name.lower(): value for name, value in self.headers.items()}
            fields = {name: values[0] for name, values in form.items()}
            played.requests.append((self.path, headers, fields))
            time.sleep(played.delay)
            if played.status == 0:  # the line is torn
                self.close_connection = True
                return
            with suppress(BrokenPipeError):  # the client did not wait
                self.send_response(played.status)
                self.send_header("Content-Type", played.content_type)
                self.end_headers()
                self.wfile.write(played.body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield played
    server.shutdown()
    server.server_close()
    thread.join()


def send(carrier: Carrier, text: str = "Hello", to: str = JANE) -> Answer:
    return AfricasTalking("growr", "key", url=carrier.url).send(to=to, text=text)


def test_a_text_is_sent_as_the_wire_contract_says(carrier: Carrier) -> None:
    carrier.says(recipient(101))
    settings = Settings(
        at_username="growr", at_api_key=SecretStr("key"), at_sender="GROWR",
        at_url=f"{carrier.url}/version1/",
    )  # fmt: skip

    answer = AfricasTalking.of(settings).send(to=JANE, text="Habari, 5 > 3 & so on")

    assert answer == Answer(Outcome.SENT, None, "ATXid_1", "KES 0.8000")
    [(path, headers, form)] = carrier.requests
    assert path == "/version1/messaging"
    assert headers["apikey"] == "key"
    assert form == {
        "username": "growr", "to": JANE, "message": "Habari, 5 > 3 & so on", "bulkSMSMode": "1",
        "from": "GROWR",
    }  # fmt: skip


def test_each_network_has_its_sender(carrier: Carrier) -> None:
    settings = Settings(
        at_api_key=SecretStr("key"), at_sender="22384", at_senders={"airtel": "GROWR"},
        at_url=f"{carrier.url}/version1/",
    )  # fmt: skip
    gateway = AfricasTalking.of(settings)

    for phone in ("+254711000111", "+254733000333"):
        carrier.says(recipient(101))
        gateway.send(to=phone, text="Habari")

    assert [form["from"] for _, _, form in carrier.requests] == ["22384", "GROWR"]


@pytest.mark.parametrize("code", sorted(africastalking.STATUS))
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_every_status_of_the_table_becomes_a_word_of_ours(
    carrier: Carrier, code: int, content_type: str
) -> None:
    name, outcome, failure = africastalking.STATUS[code]
    carrier.content_type = content_type  # with a charset the SDK answers a string
    carrier.says(recipient(code, name, "ATXid_9" if code < 400 else "None"))

    answer = send(carrier)

    assert (answer.outcome, answer.failure) == (outcome, failure)
    assert answer.message_id == ("ATXid_9" if code < 400 else None)


def test_only_500_and_501_are_tried_again() -> None:
    again = {code for code, row in africastalking.STATUS.items() if row[1] is Outcome.LATER}

    assert again == {500, 501}


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("InvalidSenderId", Answer(Outcome.REJECTED, "sender_invalid")),
        ("InsufficientBalance", Answer(Outcome.REJECTED, "balance_insufficient")),
        ("InternalServerError", Answer(Outcome.LATER, "carrier_error")),
        ("Sent to 0/1 Total Cost: 0", Answer(Outcome.REJECTED, "no_recipient")),
        ("Sent", Answer(Outcome.UNKNOWN, "answer_unreadable")),
    ],
)
def test_a_reply_without_recipients_says_why_in_its_message(
    carrier: Carrier, message: str, answer: Answer
) -> None:
    carrier.says(message=message)

    assert send(carrier) == answer


def test_a_status_nobody_told_us_about_is_unknown(carrier: Carrier) -> None:
    carrier.says(recipient(777))
    assert send(carrier) == Answer(Outcome.UNKNOWN, "code_777")

    carrier.says(recipient("1" * 9_000))
    assert send(carrier).outcome is Outcome.UNKNOWN


def test_a_status_code_may_be_a_string(carrier: Carrier) -> None:
    carrier.says(recipient("101"))

    assert send(carrier).outcome is Outcome.SENT


@pytest.mark.parametrize(
    "body",
    [
        "", "<html>Wi-Fi login</html>", "[]", "null", '"Sent"', "{}", '{"SMSMessageData": null}',
        '{"SMSMessageData": {"Recipients": "x"}}', '{"SMSMessageData": {"Recipients": ["x"]}}',
        '{"SMSMessageData": {"Recipients": [{}, {}]}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("content_type", ["application/json", "text/html"])
def test_a_reply_nobody_can_read_is_unknown(carrier: Carrier, body: str, content_type: str) -> None:
    carrier.body, carrier.content_type = body, content_type

    assert send(carrier).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (401, "The supplied authentication is invalid", (Outcome.LATER, "credentials_refused")),
        (500, "Internal Server Error", (Outcome.LATER, "http_error")),
        (503, "", (Outcome.LATER, "http_error")),
        (504, "<h1>504 Gateway Time-out</h1>", (Outcome.UNKNOWN, "answer_lost")),
        (504, "upstream request timeout", (Outcome.UNKNOWN, "answer_lost")),
    ],
)
def test_a_reply_that_is_an_http_error(
    carrier: Carrier, status: int, body: str, answer: tuple[Outcome, str]
) -> None:
    carrier.status, carrier.body = status, body

    assert send(carrier) == Answer(*answer)


def test_a_time_out_after_sending_is_unknown(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(africastalking, "HTTP_SECONDS", (60.0, 0.05))
    carrier.delay = 0.3
    carrier.says(recipient(101))

    assert send(carrier) == Answer(Outcome.UNKNOWN, "answer_lost")


def test_a_line_torn_after_sending_is_unknown(carrier: Carrier) -> None:
    carrier.status = 0

    assert send(carrier) == Answer(Outcome.UNKNOWN, "answer_lost")


def test_a_carrier_that_is_not_there_got_nothing_so_we_try_later() -> None:
    carrier = Carrier(url="http://127.0.0.1:1")

    assert send(carrier) == Answer(Outcome.LATER, "unreachable")


@pytest.mark.parametrize("phone", ["+2547", "0711000111", "+254711000111,+254711000112", "", "x"])
def test_what_is_no_phone_number_never_leaves(carrier: Carrier, phone: str) -> None:
    assert send(carrier, to=phone) == Answer(Outcome.REJECTED, "phone_invalid")
    assert carrier.requests == []


def test_two_adapters_keep_their_own_accounts(carrier: Carrier) -> None:
    carrier.says(recipient(101))
    one = AfricasTalking("one", "key-1", url=carrier.url)
    two = AfricasTalking("sandbox", "key-2", url=carrier.url)

    one.send(to=JANE, text="a")
    two.send(to=JANE, text="b")

    keys = [(form["username"], headers["apikey"]) for _, headers, form in carrier.requests]
    assert keys == [("one", "key-1"), ("sandbox", "key-2")]


def test_the_api_key_shows_nowhere() -> None:
    assert "s3cret" not in repr(AfricasTalking("growr", "s3cret"))
