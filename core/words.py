"""Every sentence a person reads is English in the code and looked up here in her own language.

The catalogues are `core/locale/<language>/*.po`; they are read at start, so nothing is compiled or forgotten.
"""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "sw": "Kiswahili"}
DEFAULT_LANGUAGE = "en"


def mark(text: str) -> str:
    """Mark a sentence for the translators without translating it yet (for tables of texts)."""
    return text


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogues = [_load(path) for path in sorted((LOCALE / language).glob("*.po"))]

    def say(self, text: str, **facts: Any) -> str:
        """The sentence in this language, its {names} filled from `facts`."""
        return self._find(text).format(**facts) if facts else self._find(text)

    def many(self, one: str, more: str, count: int, **facts: Any) -> str:
        """The sentence in the right number; `{count}` may be used in it."""
        for catalogue in self._catalogues:
            found = catalogue.ngettext(one, more, count)
            if found not in (one, more):
                return found.format(count=count, **facts)
        return (one if count == 1 else more).format(count=count, **facts)

    def _find(self, text: str) -> str:
        for catalogue in self._catalogues:
            if (found := catalogue.gettext(text)) != text:
                return found
        return text


@cache
def words(language: str) -> Words:
    """The words of a language we speak; English for any other."""
    return Words(language if language in LANGUAGES else DEFAULT_LANGUAGE)


def _load(path: Path) -> gettext.GNUTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.parent.name)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
