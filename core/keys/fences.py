"""The seam of the second fence: what makes the key of a wrap need more than this node has.

The kid of a wrap names both secrets, `pepper.fence`: a fence that is not there is missed, not guessed around.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import Refusal
from core.refusal_codes import RefusalCode


@dataclass(frozen=True, slots=True)
class Guess:
    """A key that may be the right one; `right` is called when it was: the members forget the guesses before.

    It tells how many they had counted, this one with them: more than the node has, and somebody else is guessing.
    """

    key: bytes = field(repr=False)
    right: Callable[[], int] = field(repr=False)  # it holds what makes members forget


class Fences(Protocol):
    """The fences of a node: new wraps go through today's, older ones through the one they were made with."""

    def today(self) -> str:
        """The name of the fence for new wraps; empty = none."""

    def lock(self, name: str, secret: bytes) -> tuple[bytes, bytes]:
        """A key made of `secret` and fresh chance, and the note without which nobody makes it again."""

    def note(self, name: str, sealed: bytes) -> bytes:
        """The note in front of a wrap that was made with this fence."""

    def guess(self, name: str, secret: bytes, note: bytes) -> Guess:
        """What the members make of `secret` with the note.

        Refuses `busy` where too few members answer, `pepper_unknown`, and what the members refuse: `pin_locked`,
        `pin_blocked`, `pin_paused`.
        """


class NoFences:
    """None: the local pepper is all."""

    def today(self) -> str:
        return ""

    def lock(self, name: str, secret: bytes) -> tuple[bytes, bytes]:
        assert not name, name
        return secret, b""

    def note(self, name: str, sealed: bytes) -> bytes:  # noqa: ARG002 - there is none
        return b""

    def guess(self, name: str, secret: bytes, note: bytes) -> Guess:  # noqa: ARG002
        if name:
            raise Refusal(RefusalCode.PEPPER_UNKNOWN, kid=name)
        return Guess(secret, lambda: 0)


def kid_of(pepper: str, fence: str) -> str:
    """The kid of a wrap."""
    return f"{pepper}.{fence}" if fence else pepper


def parts_of(kid: str) -> tuple[str, str]:
    """The pepper and the fence that a wrap of this kid needs; no fence = empty."""
    pepper, _, fence = kid.partition(".")
    return pepper, fence
