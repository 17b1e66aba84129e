"""Africa's Talking's own words, parsed and rendered."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from gateway.ussd import africastalking
from gateway.ussd.turn import Answer, Event, Malformed

BODY = (
    b"sessionId=ATUid_0123456789abcdef0123456789abcdef&serviceCode=%2A384%2A123%23"
    b"&phoneNumber=%2B254711000111&networkCode=99999&text=1%2A500"
)


def test_a_callback_becomes_a_turn() -> None:
    turn = africastalking.parse(africastalking.fields(BODY))

    assert turn.session_id == "ATUid_0123456789abcdef0123456789abcdef"
    assert (turn.phone, turn.service_code, turn.network) == ("+254711000111", "*384*123#", "99999")
    assert (turn.event, turn.transcript) == (Event.INPUT, "1*500")


def test_a_turn_does_not_show_what_was_typed_or_by_whom() -> None:
    shown = repr(africastalking.parse(africastalking.fields(BODY)))

    assert "1*500" not in shown
    assert "711000111" not in shown


def test_a_transcript_too_long_is_a_refusal() -> None:
    form = africastalking.fields(BODY) | {"text": "1" * 2_001}

    with pytest.raises(Refusal, match="transcript_too_long"):
        africastalking.parse(form)


def test_answers_are_con_or_end_with_a_clean_hop() -> None:
    assert africastalking.render(Answer("Hi", ends=False, screen="home")) == (
        200, {"at-ussd-hop-metadata": "home"}, "CON Hi",
    )  # fmt: skip
    assert africastalking.render(Answer("Bye", ends=True)) == (200, {}, "END Bye")
    _, headers, _ = africastalking.render(Answer("Hi", ends=False, screen="a|b" * 80))
    assert len(headers["at-ussd-hop-metadata"]) == 99
    assert "|" not in headers["at-ussd-hop-metadata"]


def test_an_end_carries_nothing_typed_or_shown() -> None:
    form = africastalking.fields(BODY) | {
        "status": "Success", "cost": "KES 1.00", "durationInMillis": "1", "hopsCount": "2",
        "input": "1*246810", "lastAppResponse": "CON You owe 5,000",
    }  # fmt: skip

    end = africastalking.parse_end(form)

    assert (end.status, end.cost, end.duration_ms, end.hops) == ("Success", "KES 1.00", 1, 2)
    assert "246810" not in repr(end)
    assert "5,000" not in repr(end)


@pytest.mark.parametrize("typed", [b"Zo%C3%AB", b"Zo%EB", "Zoë".encode(), "Zoë".encode("latin-1")])
def test_what_was_typed_is_read_in_any_encoding(typed: bytes) -> None:
    assert africastalking.fields(b"text=1%2A" + typed) == {"text": "1*Zoë"}


@pytest.mark.parametrize("typed", ["1*\udcff", "1*\0*2"])
def test_strange_characters_are_a_turn_like_any_other(typed: str) -> None:
    form = africastalking.fields(BODY) | {
        "text": typed.encode("utf-8", "surrogatepass").decode("latin-1")
    }

    assert africastalking.parse(form).event is Event.INPUT


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Success", "Success"),
        ("Incomplete", "Incomplete"),
        ("Failed", "Failed"),
        ("success", ""),
        ("PIN 246810", ""),
        ("", ""),
    ],
)
def test_of_the_status_only_the_three_words_of_the_contract_are_kept(told: str, kept: str) -> None:
    form = africastalking.fields(BODY) | {"status": told}

    assert africastalking.parse_end(form).status == kept


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_form_or_malformed(body: bytes) -> None:
    with suppress(Malformed):
        assert africastalking.parse(africastalking.fields(body)).session_id
