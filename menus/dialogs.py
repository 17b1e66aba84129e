"""What is remembered between two keystrokes: where she is, what she answered, and the page she saw. No secret, ever.

The transcript is not kept, only a keyed digest and its length: it may hold a PIN. The phone is a keyed hash.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from operator import attrgetter

FORMAT = 1  # raise it when a field changes: dialogs of another format are forgotten, and the walk finds them again


@dataclass(slots=True)
class Dialog:
    """One USSD session of one phone."""

    session: str  # the session that began this errand; a resumed dialog keeps the first, so that money moves once
    phone: str = ""
    user_id: str | None = None
    language: str = "en"
    screen: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    part: int = 0
    ends: bool = False
    home: str = ""
    resume_at: str | None = (
        None  # where a dropped session may go on: the last screen before any PIN or money
    )
    sealed: bool = (
        False  # a PIN or money screen was passed since home; nothing after it can be resumed
    )
    confirmed: int = 0  # money confirmations done in this errand
    turns: int = 0
    started_at: str = ""
    digest: str = ""
    length: int = 0

    @property
    def page(self) -> str:
        """What the phone shows now."""
        return self.parts[self.part]

    @property
    def on_last_part(self) -> bool:
        return self.part == len(self.parts) - 1

    @property
    def is_over(self) -> bool:
        """Whether the page shown is the end of the session."""
        return self.ends and self.on_last_part

    def close(self, text: str) -> None:
        """End the session with this page, which fits the phone as it is."""
        self.parts, self.part, self.ends = [text], 0, True


_values = attrgetter(*(entry.name for entry in fields(Dialog)))


def encode(dialog: Dialog) -> str:
    """The dialog as it is stored."""
    return json.dumps([FORMAT, *_values(dialog)], separators=(",", ":"))


def decode(stored: str | bytes) -> Dialog | None:
    """The stored dialog, or None where another version of the node wrote it (or nobody can say what this is)."""
    try:
        version, *values = json.loads(stored)
        return Dialog(*values) if version == FORMAT else None
    except (ValueError, TypeError):
        return None
