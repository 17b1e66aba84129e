"""A text is counted as the network counts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import gsm7

TABLE = st.sampled_from(sorted(gsm7.BASIC | gsm7.EXTENDED))


def test_the_table_has_127_characters_and_ten_that_need_an_escape() -> None:
    assert len(gsm7.BASIC) == 127
    assert len(gsm7.EXTENDED) == 10


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("\u2018Mama\u2019s\u201d", "'Mama's\""),
        ("1\u20132\u2026", "1-2..."),
        ("\u2022 \u20a6500", "- NGN500"),
        ("KES\u00a01,500", "KES 1,500"),
        ("a\u200bb\r\nc", "ab\nc"),
        ("e\u0300", "è"),
    ],
)
def test_look_alikes_are_made_plain(typed: str, sent: str) -> None:
    assert gsm7.normalise(typed) == sent
    assert gsm7.is_gsm7(gsm7.normalise(typed))


def test_accents_outside_the_table_are_dropped_and_those_inside_stay() -> None:
    assert gsm7.fold("Wanjikũ Mũthoni, José, ½ ሰላም") == "Wanjiku Muthoni, José, ½ ሰላም"


def test_a_character_of_the_extension_table_counts_two() -> None:
    assert gsm7.septets("a€[") == 5


def test_one_foreign_character_makes_everything_ucs2() -> None:
    assert gsm7.units("ẹ" + "a" * 9) == 10
    assert gsm7.sms_parts("a" * 70 + "ẹ") == 2
    assert gsm7.units("\U0001f600") == 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 152 + "€" + "a" * 152, 3),  # the euro's escape may not end a part
        ("ẹ" * 70, 1),
        ("ẹ" * 71, 2),
        ("ẹ" * 135, 3),
    ],
)
def test_parts_are_counted_with_the_header_that_joins_them(text: str, parts: int) -> None:
    assert gsm7.sms_parts(text) == parts


@given(text=st.text())
def test_any_text_can_be_normalised_and_counted(text: str) -> None:
    plain = gsm7.normalise(text)

    assert gsm7.normalise(plain) == plain
    assert gsm7.units(plain) >= 0
    assert gsm7.sms_parts(plain) >= 1


@given(text=st.text(TABLE))
def test_what_is_in_the_table_is_left_alone(text: str) -> None:
    assert gsm7.is_gsm7(text)
    assert gsm7.fold(text) == text
    assert len(text) <= gsm7.septets(text) <= 2 * len(text)
