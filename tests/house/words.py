"""Finds every sentence of the code that a person may read, and what its translations lack."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from core import gsm7
from core.words import DEFAULT_LANGUAGE, LANGUAGES, LOCALE

ROOT = Path(__file__).parents[2]
KEYWORDS = {"say": (1,), "mark": (1,), "many": (1, 2)}
Key = str | tuple[str, ...]


def sentences() -> dict[Key, str]:
    """Every sentence marked in core, menus and gateway, with the file it stands in."""
    found: dict[Key, str] = {}
    for floor in ("core", "menus", "gateway"):
        for name, _, key, _, _ in extract_from_dir(
            str(ROOT / floor), [("**.py", "python")], keywords=KEYWORDS
        ):
            found[key] = f"{floor}/{name}"
    return found


def translations(language: str) -> dict[Key, tuple[str, ...]]:
    """Every translated sentence of a language; a tuple of forms (one, or one per number)."""
    found: dict[Key, tuple[str, ...]] = {}
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source, locale=language):
                if message.id and "fuzzy" not in message.flags:
                    text = message.string
                    found[message.id] = tuple(text) if isinstance(text, (tuple, list)) else (text,)
    return found


def problems() -> Iterator[str]:
    """What a translator still has to do, a line each."""
    wanted = sentences()
    for language in set(LANGUAGES) - {DEFAULT_LANGUAGE}:
        known = translations(language)
        for key, place in sorted(wanted.items(), key=str):
            yield from _problems_of(language, key, known.get(key, ()), place)
        for key in sorted(set(known) - set(wanted), key=str):
            yield f"{language}: nobody says {key!r} any more"


def _problems_of(language: str, key: Key, forms: tuple[str, ...], place: str) -> Iterator[str]:
    if not forms or not all(forms):
        yield f"{language}: {place}: no translation of {key!r}"
    source = key if isinstance(key, str) else key[-1]
    for text in (*forms, source):
        if not gsm7.is_gsm7(text):
            yield f"{language}: {place}: a character that doubles the price in {text!r}"
        if text and not _names(text) <= _names(source) | {"count"}:
            yield f"{language}: {place}: {text!r} does not use the names of {source!r}"
        if text and isinstance(key, str) and _names(text) != _names(source):
            yield f"{language}: {place}: {text!r} leaves out a name of {source!r}"


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


if __name__ == "__main__":
    print("\n".join(problems()) or "every sentence is translated")
