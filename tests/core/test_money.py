"""Money is whole minor units, written as people read it and read as people write it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from core.money import Money, parse, round_to


@pytest.mark.parametrize(
    ("money", "text", "plain"),
    [
        (Money("KES", 150_000), "KES 1,500", "1500"),
        (Money("KES", 150_050), "KES 1,500.50", "1500.50"),
        (Money("KES", -5), "KES -0.05", "-0.05"),
        (Money("KES", -150_000), "KES -1,500", "-1500"),
        (Money("UGX", 1_500), "UGX 1,500", "1500"),
        (Money("KES", 0), "KES 0", "0"),
    ],
)
def test_money_is_written_as_people_read_it(money: Money, text: str, plain: str) -> None:
    assert str(money) == text
    assert money.plain == plain


@given(minor=st.integers(-(10**14), 10**14), currency=st.sampled_from(["KES", "UGX", "USD"]))
def test_what_is_written_plainly_is_read_back(minor: int, currency: str) -> None:
    assert parse(currency, Money(currency, minor).plain) == Money(currency, minor)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.005", "NaN", "Infinity", "1e400", "12 34x", "99999999999999999"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="amount_unreadable"):
        parse("KES", text)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(Refusal, match="currency_unknown"):
        parse("SLV", "5")


@pytest.mark.parametrize(
    ("value", "step", "rounded"),
    [
        ("0.5", 1, 0),
        ("1.5", 1, 2),
        ("2.5", 1, 2),
        ("150", 100, 200),
        ("250", 100, 200),
        ("-1.5", 1, -2),
    ],
)
def test_halves_are_rounded_to_even(value: str, step: int, rounded: int) -> None:
    assert round_to(Decimal(value), step) == rounded


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(AssertionError):
        Money("KES", 1) + Money("USD", 1)


def test_a_float_is_no_money() -> None:
    with pytest.raises(AssertionError):
        Money("KES", 1.0)  # type: ignore[arg-type]
