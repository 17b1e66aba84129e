"""A request is recognised by its place in the transcript, of which nothing is kept but a keyed digest."""

from __future__ import annotations

import pytest

from menus.dialogs import Dialog, decode, encode
from menus.transcript import Kind, Reading, answers, note, read

KEY = b"k" * 32
SEEN = Reading(Kind.SEEN)


def after(transcript: str) -> Dialog:
    dialog = Dialog("s")
    note(KEY, dialog, transcript)
    return dialog


@pytest.mark.parametrize(
    ("seen", "text", "reading"),
    [
        ("", "", SEEN),
        ("", "1", Reading(Kind.INPUT, "1")),
        ("1", "1", SEEN),
        ("1", "1*1", Reading(Kind.INPUT, "1")),
        ("1", "12", SEEN),
        ("1", "", SEEN),
        ("1*2", "1", SEEN),
        ("1*2", "1*3", SEEN),
        ("1*2", "1*3*4", SEEN),
        ("1", "1*a*b", Reading(Kind.INPUT, "a*b")),
        ("1*a*b", "1*a*b*c", Reading(Kind.INPUT, "c")),
        ("1", "1*", Reading(Kind.INPUT, "")),
        ("1", "1**", Reading(Kind.INPUT, "*")),
        ("1*é", "1*é*2", Reading(Kind.INPUT, "2")),
        ("1", "1* a\x00b ", Reading(Kind.INPUT, "ab")),
    ],
)
def test_what_is_new_in_the_transcript_is_the_answer(
    seen: str, text: str, reading: Reading
) -> None:
    assert read(KEY, after(seen), text) == reading


def test_an_unknown_session_is_dialled_or_walked() -> None:
    assert read(KEY, None, "") == Reading(Kind.DIAL)
    assert read(KEY, None, "2*500") == Reading(Kind.DEEP_DIAL, "2*500")
    assert answers("2* 500 ") == ["2", "500"]


def test_a_transcript_under_another_key_is_not_recognised() -> None:
    assert read(b"other" * 8, after("1"), "1*2") == SEEN


def test_a_carrier_with_sequence_numbers_is_recognised_by_them() -> None:
    dialog = Dialog("s")
    note(KEY, dialog, None, seq=3)

    assert read(KEY, dialog, None, "1", 3) == SEEN
    assert read(KEY, dialog, None, "1", 2) == SEEN
    assert read(KEY, dialog, None, "1", 4) == Reading(Kind.INPUT, "1")


def test_the_dialog_keeps_no_transcript() -> None:
    dialog = after("2*246810")

    assert "246810" not in encode(dialog)
    assert decode(encode(dialog)) == dialog


@pytest.mark.parametrize("stored", ["", "{", "[]", "[0]", "[1]", "7", '"x"'])
def test_a_dialog_nobody_can_read_is_forgotten(stored: str) -> None:
    assert decode(stored) is None
