"""The bytes of a callback as JSON, read in one place: what the door could read, the worker reads the same."""

from __future__ import annotations

import json
from typing import Any

from core.errors import Refusal
from core.refusal_codes import RefusalCode

_DEPTH = 16  # objects within objects; no known callback has more than six


def parse(raw: bytes) -> dict[str, Any]:
    """The object in the bytes of a callback: UTF-8, 16 or 32, with a byte order mark or without, else Latin-1.

    Raises Refusal "callback_malformed" where it is none, also where Python's own limits (digits, depth) end.
    """
    try:
        body = json.loads(_text(raw))
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not _is_flat(body, _DEPTH):
        raise Refusal(RefusalCode.CALLBACK_MALFORMED, field="body")
    return body


def _text(raw: bytes) -> str:
    """A name in an old encoding must not lose the money beside it: every byte means something in Latin-1."""
    try:
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _is_flat(value: Any, depth: int) -> bool:
    """Whether nothing nests deeper; a recursion limit depends on who calls, and would not be the same twice."""
    if not isinstance(value, dict | list):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_flat(one, depth - 1) for one in inside)
