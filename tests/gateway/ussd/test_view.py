"""What is not a carrier's request is refused in one clear line; the end of a session leaves one row without secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.node import Node
from core.ussd import UssdSession
from tests.gateway.ussd.conftest import make_app
from tests.menus import demo
from tests.phone import Phone

UNREADABLE = "END We could not read that. Please dial again."


@pytest.mark.parametrize(
    "changed",
    [
        {"sessionId": ""},
        {"sessionId": "x" * 81},
        {"sessionId": "a b\n"},
        {"phoneNumber": ""},
        {"phoneNumber": "hello"},
        {"phoneNumber": "+2547"},
        {"phoneNumber": "1" * 500},
        {"serviceCode": ""},
        {"serviceCode": "drop table"},
        {"serviceCode": "*#"},
    ],
)
def test_a_malformed_callback_is_refused_and_logged_without_its_values(
    phone: Phone, changed: dict[str, str]
) -> None:
    phone.dial()
    with structlog.testing.capture_logs() as logs:
        page = phone.send(**changed)

    assert page == UNREADABLE
    assert phone.response
    assert phone.response.status_code == 200, "else she would see nothing of it"
    assert logs[0] == {
        "event": "ussd callback malformed", "log_level": "warning", "field": next(iter(changed)),
    }  # fmt: skip


@pytest.mark.parametrize(
    "sent",
    [
        {"data": b""},
        {"data": b"\xff\xfe", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"sessionId=a&sessionId=b", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"&".join(b"f%d=1" % n for n in range(99)), "content_type": "application/x-www-form-urlencoded"},
        {"json": {"sessionId": "a"}},
        {"json": ["a"]},
        {"data": {"sessionId": "a"}, "content_type": "multipart/form-data"},
    ],
)  # fmt: skip
def test_another_kind_of_body_is_refused(phone: Phone, sent: dict[str, Any]) -> None:
    for path in (f"/u/{phone.token}", f"/u/{phone.token}/end"):
        response = phone.client.post(path, **sent)

        assert response.status_code == 200
        assert response.get_data(as_text=True) == UNREADABLE


def test_a_content_type_may_name_its_charset(phone: Phone) -> None:
    response = phone.client.post(
        f"/u/{phone.token}",
        data="sessionId=s1&phoneNumber=%2B254711000111&serviceCode=%2A384%2A77%23&networkCode=63902&text=",
        content_type="application/x-www-form-urlencoded; charset=UTF-8",
    )

    assert response.get_data(as_text=True).startswith("CON Welcome")


def test_a_phone_without_its_plus_is_the_same_phone(phone: Phone) -> None:
    phone.dial()

    assert phone.send(phoneNumber="254711000111").startswith("CON Welcome")
    assert phone.send(phoneNumber="0711000111").startswith("CON Welcome")


def test_a_huge_transcript_ends_calmly(phone: Phone) -> None:
    phone.dial()

    assert phone.type("x" * 3_000) == "END This session has become too long. Please dial again."


def test_a_huge_body_is_refused(phone: Phone) -> None:
    phone.dial()

    phone.type("x" * 70_000)

    assert phone.response
    assert phone.response.status_code == 413


@pytest.mark.parametrize("path", ["/u/wrong", "/u/wrong/end", "/u/", "/u/%00"])
def test_a_wrong_token_is_not_found(phone: Phone, path: str) -> None:
    phone.dial()

    assert phone.client.post(path, data=phone.form()).status_code == 404


def test_a_strange_address_is_not_found(
    small_node: Node, done: demo.Done, texts: list[str]
) -> None:
    settings = small_node.settings.model_copy(update={"carrier_addresses": ["10.1.0.0/16"]})
    app = make_app(replace(small_node, settings=settings), done, texts)
    phone = Phone(app.test_client(), small_node.keyring.token("ussd"))

    phone.dial()

    assert phone.response
    assert phone.response.status_code == 404


def test_who_looks_whether_the_address_is_right_is_told(phone: Phone) -> None:
    for path in (f"/u/{phone.token}", f"/u/{phone.token}/", f"/u/{phone.token}/end"):
        answer = phone.client.get(path)
        assert (answer.status_code, answer.get_data(as_text=True)[:21]) == (
            200,
            "This address is right",
        )

    assert phone.client.get("/u/wrong").status_code == 404


def test_the_end_is_joined_to_our_own_record(phone: Phone, db: Session) -> None:
    phone.dial()
    phone.type("2", demo.PIN)

    assert phone.hang_up().status_code == 200

    row = db.scalars(select(UssdSession)).one()
    assert (row.session_id, row.status, row.cost) == (phone.session, "Incomplete", "KES 1.00")
    assert (row.screen, row.turns, row.duration_ms, row.hops) == ("balance", 3, 41_000, 4)
    assert row.user_id
    assert row.started_at
    kept = {str(getattr(row, column.key)) for column in UssdSession.__table__.columns}
    assert not any(demo.PIN in value or "5,000" in value or "711000111" in value for value in kept)


def test_an_end_told_twice_is_kept_once(phone: Phone, db: Session) -> None:
    phone.dial()

    answers = [phone.hang_up().status_code, phone.hang_up("Success").status_code]

    assert answers == [200, 200]
    assert db.scalars(select(UssdSession.status)).all() == ["Incomplete"]


def test_the_end_of_a_session_we_forgot_is_kept_too(phone: Phone, db: Session) -> None:
    phone.session = "ATUid_forgotten"

    phone.hang_up("Failed", durationInMillis="soon", hopsCount="-1", errorMessage="x" * 900)

    row = db.scalars(select(UssdSession)).one()
    assert (row.status, row.screen, row.turns, row.duration_ms, row.hops) == (
        "Failed", None, None, None, None,
    )  # fmt: skip
    assert row.error == "x" * 200


REPORTED = (  # as people found carriers to post them
    "sessionId=S0&phoneNumber=%2B254711000111&serviceCode=%2A384%2A77&networkCode=63902&text=",
    "sessionId=S0&phoneNumber=%2B254711000111&serviceCode=%2A384%2A77%23&networkCode=63902",
    "sessionId=S0&phoneNumber=%2B254711000111&serviceCode=%2A384%2A77%23&networkCode=Safaricom+Kenya&text=",
    "sessionId=S0&phoneNumber=%2B254711000111&serviceCode=%2A384%2A77%23&text=null",
    "sessionId=S0&phoneNumber=%2B254711000111&serviceCode=384%2A77&networkCode=x+y+z&text=None",
    "sessionId=S0&phoneNumber=%2B254711000111&serviceCode=+%2A384%2A77%23+&networkCode=63902&text=&name=Zo%EB",
)


@pytest.mark.parametrize("body", REPORTED)
def test_a_dial_is_served_however_a_carrier_writes_it(phone: Phone, body: str) -> None:
    for path in (f"/u/{phone.token}", f"/u/{phone.token}/"):
        answer = phone.client.post(
            path, data=body, content_type="application/x-www-form-urlencoded"
        )

        assert answer.get_data(as_text=True).startswith("CON Welcome")


def test_the_code_is_the_same_code_with_and_without_its_last_character(phone: Phone) -> None:
    phone.dial()
    phone.type("1")

    phone.service_code = "*384*77"

    assert phone.type("500").startswith("CON Borrow 500?")


def test_the_network_is_the_same_by_name(phone: Phone) -> None:
    phone.dial()
    phone.network = "Airtel Kenya"
    by_name = phone.type("4", "1")
    phone.network = "63903"
    phone.dial()

    assert phone.type("4", "1") == by_name
