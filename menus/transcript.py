"""Where in a session a request stands: the position in the transcript is the only identity a turn has.

`*` separates answers and may also be typed inside one, so the transcript is compared with the last one, never split.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum

from menus.dialogs import Dialog


class Kind(StrEnum):
    """What a request is to the session it belongs to."""

    DIAL = "dial"  # unknown session, nothing typed yet
    DEEP_DIAL = (
        "deep_dial"  # unknown session with answers: dialled with the code, or our memory was lost
    )
    INPUT = "input"  # one more answer
    SEEN = "seen"  # repeated, shorter or diverging: the stored page answers it


@dataclass(frozen=True, slots=True)
class Reading:
    """A request understood, with the text newly typed."""

    kind: Kind
    typed: str = ""


def digest(key: bytes, text: str) -> str:
    """HMAC-SHA256 of a text, so that what was typed can be recognised and not read."""
    return hmac.digest(key, text.encode(), "sha256").hex()


def read(
    key: bytes,
    dialog: Dialog | None,
    transcript: str | None,
    typed: str | None = None,
    seq: int | None = None,
) -> Reading:
    """What this request is, given the dialog of its session, if there is one.

    A carrier that sends only the last input is recognised by its sequence number; without one, every request is new.
    """
    if dialog is None:
        text = transcript if transcript is not None else typed
        return Reading(Kind.DEEP_DIAL, text) if text else Reading(Kind.DIAL)
    if transcript is None:
        repeated = seq is not None and seq <= dialog.length
        return Reading(Kind.SEEN) if repeated else Reading(Kind.INPUT, _clean(typed or ""))
    if not hmac.compare_digest(digest(key, transcript[: dialog.length]), dialog.digest):
        return Reading(Kind.SEEN)
    grown = transcript[dialog.length :]
    if dialog.length == 0 and grown:
        return Reading(Kind.INPUT, _clean(grown))  # the first answer has no star before it
    return Reading(Kind.INPUT, _clean(grown[1:])) if grown.startswith("*") else Reading(Kind.SEEN)


def note(key: bytes, dialog: Dialog, transcript: str | None, seq: int | None = None) -> None:
    """Remember how far the session has come."""
    if transcript is None:
        dialog.length = dialog.length + 1 if seq is None else seq
    else:
        dialog.digest, dialog.length = digest(key, transcript), len(transcript)


def answers(text: str) -> list[str]:
    """The answers of a transcript nobody remembers, one per star."""
    return [_clean(part) for part in text.split("*")]


def _clean(typed: str) -> str:
    """What was typed, without what no keypad has, no database takes, and a thumb adds: "2#", "2.", "2 )" are 2."""
    plain = typed if typed.isprintable() else "".join(filter(str.isprintable, typed))
    plain = plain.strip().removesuffix("#").strip()
    number = plain.removeprefix("#").rstrip(" .)=")
    return number if number.isdecimal() else plain
