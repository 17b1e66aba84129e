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


def read(key: bytes, dialog: Dialog | None, transcript: str) -> Reading:
    """What this request is, given the dialog of its session, if there is one."""
    if dialog is None:
        return Reading(Kind.DEEP_DIAL, transcript) if transcript else Reading(Kind.DIAL)
    if not hmac.compare_digest(digest(key, transcript[: dialog.length]), dialog.digest):
        return Reading(Kind.SEEN)
    grown = transcript[dialog.length :]
    if dialog.length == 0 and grown:
        return Reading(Kind.INPUT, grown)  # the first answer has no star before it
    return Reading(Kind.INPUT, grown[1:]) if grown.startswith("*") else Reading(Kind.SEEN)


def note(key: bytes, dialog: Dialog, transcript: str) -> None:
    """Remember how far the session has come."""
    dialog.digest, dialog.length = digest(key, transcript), len(transcript)
