"""A page fits the phone, loses nothing, and is cut only where a reader would cut it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.words import words
from menus.gsm7 import fits, legible
from menus.page import End, Page, fit, option, without_navigation

EN = words("en")
SENTENCES = st.lists(st.text("abcd éñ€😀ß", min_size=1, max_size=60), max_size=12)
LABELS = st.lists(st.text("abc d€ẹ", min_size=1, max_size=24).filter(str.strip), max_size=5)


def test_a_short_page_shows_the_way_back_and_home() -> None:
    page = Page("How much?", [(1, "500"), (3, "700")])

    assert fit(page, words=EN, limit=160, back=True) == [
        "How much?\n1 = 500\n3 = 700\n0 Back\n00 Home"
    ]


def test_the_way_home_yields_to_the_text() -> None:
    text = "x" * 145

    assert fit(Page(text), words=EN, limit=160, back=True) == [f"{text}\n0 Back"]


def test_the_prefix_is_counted() -> None:
    assert len(fit(Page("x" * 156), words=EN, limit=160, back=False)) == 1
    assert len(fit(Page("x" * 157), words=EN, limit=160, back=False)) == 2


def test_an_end_has_no_way_back() -> None:
    assert fit(End("Bye."), words=EN, limit=160, back=True) == ["Bye."]


def test_a_long_text_breaks_between_sentences() -> None:
    text = "The first sentence is as long as that. " * 8

    parts = fit(Page(text.strip()), words=EN, limit=160, back=True)

    assert all(re.match(r"The first", part) for part in parts)
    assert parts[0].endswith("that.\n98 More\n0 Back")
    assert parts[-1].endswith("that.\n0 Back")


def test_options_are_never_cut() -> None:
    options = [(number, f"Option of about thirty letters {number}") for number in range(1, 8)]

    parts = fit(Page("Choose", options), words=EN, limit=100, back=True)

    lines = [line for part in parts for line in part.split("\n")]
    assert all(f"{number} {label}" in lines for number, label in options)


def test_the_options_of_a_confirmation_stay_together_on_the_last_part() -> None:
    page = Page("Terms. " * 30, [(1, "Yes"), (2, "Not now")])

    parts = fit(page, words=EN, limit=160, back=True, whole=True)

    assert len(parts) > 1
    assert parts[-1].endswith("1 Yes\n2 Not now\n0 Back")
    assert not any("1 Yes" in part for part in parts[:-1])


def test_an_option_longer_than_a_page_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="too long"):
        fit(Page("Choose", [(1, "x" * 160)]), words=EN, limit=160, back=True)


@pytest.mark.parametrize(
    ("text", "limit", "room"),
    [
        ("a" * 160, 160, True),
        ("a" * 161, 160, False),
        ("€" * 80, 160, True),  # the extension table costs two
        ("€" * 81, 160, False),
        ("ẹ" * 70, 160, True),  # UCS-2 in the octets of 160 septets
        ("ẹ" * 71, 160, False),
        ("😀" * 35, 160, True),  # two units each
        ("😀" * 36, 160, False),
        ("ẹ" * 79, 182, True),
        ("ẹ" * 80, 182, False),
    ],
)
def test_septets_and_units_are_counted_as_the_network_does(
    text: str, limit: int, room: bool
) -> None:
    assert fits(text, limit) is room


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("it\u2019s \u201cso\u201d \u2013 really\u2026", 'it\'s "so" - really...'),
        ("João Muñoz", "Joao Muñoz"),
        ("a\x00b\x1bc\r\nd", "abc\nd"),
        ("ọjọ́", legible("ọjọ́")),
        ("habari\u00a0yako", "habari yako"),
    ],
)
def test_look_alikes_are_written_with_letters_every_phone_has(given: str, shown: str) -> None:
    assert legible(given) == shown


@given(
    text=SENTENCES,
    labels=LABELS,
    back=st.booleans(),
    whole=st.booleans(),
    limit=st.integers(100, 182),
)
def test_every_part_fits_and_nothing_is_lost(
    text: list[str], labels: list[str], back: bool, whole: bool, limit: int
) -> None:
    page = Page("\n".join(text), [(number, label) for number, label in enumerate(labels, 1)])
    whole = whole and len(labels) < 3

    parts = fit(page, words=EN, limit=limit, back=back, whole=whole)

    assert all(fits(f"CON {part}", limit) for part in parts)
    told = _letters(without_navigation(parts, EN))
    options = "".join(option(number, label) for number, label in page.options)
    assert told == _letters(legible(page.text + options))


def _letters(text: str) -> str:
    return re.sub(r"\s", "", text)
