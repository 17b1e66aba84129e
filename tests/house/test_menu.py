"""Every page can be drawn in every language on every network we know, and every text fits where it is shown."""

from __future__ import annotations

import pytest

from config.limits import MENU_OPTIONS, SMS_PARTS, USSD_PAGE_SEPTETS
from core import gsm7
from core.messaging.templates import TEXTS
from core.words import LANGUAGES, words
from menus.screens import MENU
from tests.house.words import sentences

LONGEST_SENTENCE = 150  # septets of a sentence on a page, its names not yet filled in


def test_every_target_of_the_menu_exists_and_no_list_is_too_long() -> None:
    MENU.check()

    lists = [screen.plain for screen in MENU.screens.values() if screen.plain]
    assert len(lists) >= 2
    assert all(len(plain.choices) <= MENU_OPTIONS for plain in lists)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", [USSD_PAGE_SEPTETS, 140, 182])
def test_every_list_fits_its_page(language: str, limit: int) -> None:
    for screen in MENU.screens.values():
        if screen.plain:
            for part in MENU.plain_parts(screen.name, language, limit):
                assert gsm7.units(f"CON {part}") <= limit, (screen.name, part)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_a_page_is_too_long(language: str) -> None:
    said = words(language).say
    long = [
        said(key)
        for key, place in sentences().items()
        if isinstance(key, str)
        and place.startswith("menus")
        and gsm7.units(said(key)) > LONGEST_SENTENCE
    ]

    assert long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_too_long(language: str) -> None:
    said = words(language).say

    assert [text for text in TEXTS.values() if gsm7.sms_parts(said(text)) > SMS_PARTS] == []
