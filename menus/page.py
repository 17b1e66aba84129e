"""A page is a text and numbered options; `fit` cuts it for the phone without ever cutting a choice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.words import Words, mark
from menus.gsm7 import fits, legible

CON, END = "CON ", "END "  # four septets either way; carriers may count them
MORE, BACK, HOME = "98", "0", "00"
_SENTENCES = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
_LABELS = {MORE: mark("98 More"), BACK: mark("0 Back"), HOME: mark("00 Home")}


@dataclass(frozen=True, slots=True)
class Page:
    """What a screen shows: a text in her language and the options she can type, with their lasting numbers."""

    text: str
    options: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class End:
    """The last page of a session."""

    text: str


def fit(
    page: Page | End, *, words: Words, limit: int, back: bool, hint: str = "", whole: bool = False
) -> list[str]:
    """The page as parts of at most `limit` septets, prefix included, split only between lines and options.

    `back` says whether there is a screen to go back to; `whole` keeps all options together on the last part.
    """
    lines = _lines(page, hint, whole=whole)
    footers = (
        ["", ""]
        if isinstance(page, End) or not back
        else [_line(words, BACK, HOME), _line(words, BACK)]
    )
    for footer in footers:
        if _fits([*lines, footer], limit):
            return [_join([*lines, footer])]
    pieces = [*_pieces(lines, page, words, limit)]
    return _split(pieces, words, limit, back=footers[-1], ends=isinstance(page, End))


def option(number: int, label: str) -> str:
    """A line she can choose; never two numbers side by side that could be the answer."""
    return f"{number} = {label}" if label[:1].isdigit() else f"{number} {label}"


def without_navigation(parts: Sequence[str], words: Words) -> str:
    """The whole text of a page for an SMS, without the keys that lead through the parts."""
    keys = {_line(words, key) for key in _LABELS}
    return "\n".join(line for part in parts for line in part.split("\n") if line not in keys)


def _lines(page: Page | End, hint: str, *, whole: bool) -> list[str]:
    text = [line for line in legible(f"{hint}\n{page.text}").split("\n") if line.strip()]
    options = (
        [] if isinstance(page, End) else [option(number, label) for number, label in page.options]
    )
    options = [legible(line).replace("\n", " ") for line in options]
    return [*text, "\n".join(options)] if whole and options else text + options


def _pieces(lines: list[str], page: Page | End, words: Words, limit: int) -> Iterator[str]:
    """Sentences and options that fit a part each, with what stands before them: a new line or a space.

    Text breaks between sentences, where one is too long between words; an option may not break.
    """
    options = 0 if isinstance(page, End) else len(page.options)
    atoms = len(lines) - (1 if options and "\n" in lines[-1] else options)
    smallest = _line(words, MORE, BACK)
    for number, line in enumerate(lines):
        if number >= atoms:
            assert _fits([line, smallest], limit), ("an option is too long for a page", line)
            yield f"\n{line}"
            continue
        glue = "\n"
        for sentence in _SENTENCES.split(line):
            for piece in _broken(sentence, smallest, limit):
                yield glue + piece
                glue = " "


def _broken(sentence: str, footer: str, limit: int) -> Iterator[str]:
    if _fits([sentence, footer], limit):
        yield sentence
        return
    for border in (r"(?<=;) +", r" +", r"(?<=.)(?=.)"):
        parts = re.split(border, sentence)
        if len(parts) > 1:
            break
    glue = "" if border.endswith("(?=.)") else " "
    piece = ""
    for part in parts:
        longer = f"{piece}{glue}{part}" if piece else part
        if _fits([longer, footer], limit):
            piece = longer
            continue
        if piece:
            yield piece
        *full, piece = _broken(part, footer, limit)
        yield from full
    yield piece


def _split(pieces: list[str], words: Words, limit: int, *, back: str, ends: bool) -> list[str]:
    """Fill part after part; every part but the last says how to see more, every part but the first how to return."""
    parts: list[str] = []
    while pieces:
        foot = _line(words, BACK) if parts else back
        rest = [_text(pieces), "" if ends else foot]
        if _fits(rest, limit):
            parts.append(_join(rest))
            break
        footer = _join([_line(words, MORE), foot])
        taken = 1
        while _fits([_text(pieces[: taken + 1]), footer], limit):
            taken += 1
        parts.append(_join([_text(pieces[:taken]), footer]))
        pieces = pieces[taken:]
    return parts


def _text(pieces: Sequence[str]) -> str:
    return "".join(pieces)[1:]  # nothing stands before the first


def _line(words: Words, *keys: str) -> str:
    return "\n".join(legible(words.say(_LABELS[key])) for key in keys)


def _join(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if line)


def _fits(lines: Sequence[str], limit: int) -> bool:
    return fits(CON + _join(lines), limit)
