"""Three kinds of wrong: a Refusal is a rule saying no, Busy says "not now", and everything else is a bug."""

from __future__ import annotations

import traceback
from typing import Any

from core.refusal_codes import RefusalCode

_FRAMES = 8  # the innermost ones tell where it broke


class Refusal(Exception):
    """A rule said no. `code` names the rule, `facts` fill the sentence the person will read."""

    def __init__(self, code: RefusalCode, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return self.code


class Busy(Exception):
    """Not now: nothing was decided, so whoever catches this undoes nothing; the same may be asked again in a moment."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.code


No = Refusal | Busy  # what a person is told instead of what was asked for


def place(error: BaseException) -> dict[str, Any]:
    """What a log may say of a bug: its kind and where it broke, never a value, for a value may name a person."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "kind": type(error).__name__,
        "at": [f"{one.filename.rsplit('/', 1)[-1]}:{one.lineno} {one.name}" for one in frames],
    }


def log_bug(log: Any, event: str, error: BaseException, **facts: Any) -> None:
    """Log a bug by its place. Not `log.exception`: a traceback shows the values of an exception."""
    log.error(event, **facts, **place(error))
