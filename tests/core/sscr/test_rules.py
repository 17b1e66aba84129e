"""PINs that somebody who knows a little would guess are refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import sscr
from core.errors import Refusal

PHONE, BORN = "+254712345678", date(1987, 4, 9)


def check(pin: str, phone: str = PHONE, born: date | None = BORN) -> None:
    sscr.check_pin_allowed(pin, phone=phone, birth_date=born)


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "1",
        "83920",
        "8392051",
        "83920a",
        " 83920",
        "8392-5",
        chr(0xFF18) * 6,
        chr(0xB2) * 6,
        chr(0x668) * 6,
    ],
)
def test_a_pin_is_six_plain_digits(pin: str) -> None:
    with pytest.raises(Refusal, match="pin_format"):
        check(pin)


@pytest.mark.parametrize(
    "pin",
    [
        "000000", "777777", "123456", "456789", "890123", "987654", "210987", "543210", "121212", "123123", "112233",
        "998877", "123321", "100001", "111222", "191919", "159357", "147258", "246810", "007700",
    ],
)  # fmt: skip
def test_patterns_are_weak(pin: str) -> None:
    with pytest.raises(Refusal, match="pin_weak"):
        check(pin)


@pytest.mark.parametrize(
    "pin",
    ["090487", "040987", "870409", "870904", "198704", "041987", "198709", "091987"],
)
def test_her_birth_date_is_weak_in_every_order(pin: str) -> None:
    with pytest.raises(Refusal, match="pin_weak"):
        check(pin)


@pytest.mark.parametrize("pin", ["200112", "051995", "196001"])
def test_what_reads_as_a_month_is_weak_for_everybody(pin: str) -> None:
    with pytest.raises(Refusal, match="pin_weak"):
        check(pin, born=None)


@pytest.mark.parametrize("pin", ["254718", "718305", "071830", "183059", "830592"])
def test_digits_of_her_number_are_weak(pin: str) -> None:
    with pytest.raises(Refusal, match="pin_weak"):
        check(pin, phone="+254718305926")


@pytest.mark.parametrize("pin", ["839205", "502938", "090488", "393001", "712034"])
def test_a_good_pin_passes(pin: str) -> None:
    check(pin)


def test_hardly_any_pin_is_refused() -> None:
    refused = 0
    for number in range(0, 1_000_000, 37):
        try:
            check(f"{number:06}")
        except Refusal:
            refused += 1

    assert refused / (1_000_000 / 37) < 0.02


@given(st.text(max_size=10))
def test_whatever_is_typed_is_allowed_or_refused(typed: str) -> None:
    said = None
    try:
        check(typed)
    except Refusal as refusal:
        said = (refusal.code, refusal.facts)

    assert said in (None, ("pin_format", {}), ("pin_weak", {}))
