"""The words between the key service and its clients: one JSON line each way, over a unix socket.

    {"verb": "open", "with": {"owner": …, "pin": …}}      {"said": …} | {"refused": …, "facts": {…}} | {"broken": …}

What JSON has no word for is an object of one member whose name begins with a dollar: bytes, instants and records.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from core.keys import jose
from core.keys.attempts import Alarm, Receipt
from core.keys.service import Opened, Stretch, Wrapped

LINE_BYTES = 256 * 1024  # fifty receipts fit
VERBS = frozenset({
    "wrap", "open", "wrap_share", "open_share", "receipts", "forget", "alarms", "told", "erase", "kids",
    "rotate", "destroy",
})  # fmt: skip
_RECORDS = {kind.__name__: kind for kind in (Alarm, Receipt, Opened, Stretch, Wrapped)}


def line(words: dict[str, Any]) -> bytes:
    """Words as one line."""
    return json.dumps(words, default=_written, separators=(",", ":")).encode() + b"\n"


def read(text: bytes) -> dict[str, Any]:
    """The words of a line; a ValueError, KeyError or TypeError for anything else."""
    words = json.loads(text, object_hook=_read)
    if not isinstance(words, dict):
        raise TypeError(type(words))
    return words


def _written(value: object) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"$bytes": jose.b64u(value)}
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    kind = type(value)
    assert kind.__name__ in _RECORDS, kind
    return {f"${kind.__name__}": {one.name: getattr(value, one.name) for one in fields(kind)}}  # type: ignore[arg-type]


def _read(found: dict[str, Any]) -> Any:
    name = next(iter(found), "")
    if len(found) != 1 or not name.startswith("$"):
        return found
    value = found[name]
    if name == "$bytes":
        return jose.unb64u(value)
    return datetime.fromisoformat(value) if name == "$at" else _RECORDS[name[1:]](**value)
