from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.lending import codes


@pytest.mark.parametrize("typed", ["{}", " {} ", "{} .", "loan"])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    code = codes.make(10_423)

    read = codes.parse(typed.format(code.lower()))

    assert read == (code if "{}" in typed else None)


def test_spaces_dashes_and_a_missing_first_letter_do_not_matter() -> None:
    code = codes.make(10_423)

    assert codes.parse(f"l 10-423 {code[-1].lower()}") == code
    assert codes.parse(code[1:]) == code


def test_the_letter_o_is_read_as_zero_and_i_as_one() -> None:
    code = codes.make(10_423)

    assert codes.parse(code.replace("0", "o").replace("1", "I")) == code


@pytest.mark.parametrize(
    "typed", ["", "L", "X", "12345", "L99999999999A", "hello", "L1 042", "\u0663\u0664\u0665A"]
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert codes.parse(typed) is None


@settings(deadline=None)
@given(st.integers(10_000, 999_999_999), st.data())
def test_one_wrong_digit_is_always_caught(number: int, data: st.DataObject) -> None:
    code = codes.make(number)
    place = data.draw(st.integers(1, len(code) - 2))
    digit = data.draw(st.sampled_from("0123456789"))

    wrong = code[:place] + digit + code[place + 1 :]

    assert codes.parse(wrong) == (code if wrong == code else None)


@settings(deadline=None)
@given(st.integers(10_000, 999_999_999), st.data())
def test_two_swapped_digits_are_always_caught(number: int, data: st.DataObject) -> None:
    code = codes.make(number)
    place = data.draw(st.integers(1, len(code) - 3))

    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    assert codes.parse(wrong) == (code if wrong == code else None)


def test_a_fresh_code_is_one_nobody_has_and_grows_when_the_short_ones_are_taken() -> None:
    code = codes.fresh(lambda code: len(code) < 8)

    assert len(code) == 8
    assert codes.parse(code) == code
