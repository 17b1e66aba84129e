"""How much of a request has come: told from its bytes, before a thread is given to it. Pure.

gunicorn reads and judges the request afterwards, from these bytes alone; here it only matters when there are enough.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from config.limits import BODY_BYTES, HEAD_BYTES

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)")
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_LAST_CHUNK = b"0\r\n\r\n"


class Came(Enum):
    """What is there of a request."""

    PART = auto()
    HEAD_ONLY = auto()  # its body comes when we say that we go on
    ALL = auto()  # or so much that more would change nothing


def came(raw: bytes) -> Came:
    """Whether these bytes are a whole request; one that is too large or cannot be read counts as whole."""
    end = raw.find(_END)
    if end < 0:
        return Came.ALL if len(raw) > HEAD_BYTES else Came.PART
    head, body = raw[: end + 2].lower(), len(raw) - end - len(_END)
    if b"\r\ntransfer-encoding:" in head:
        whole = raw.endswith(_LAST_CHUNK) or body > BODY_BYTES
    else:
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        whole = body >= length or length > BODY_BYTES
    if whole:
        return Came.ALL
    return Came.HEAD_ONLY if not body and _EXPECTS.search(head) else Came.PART


def without_expectation(raw: bytes) -> bytes:
    """The request without its question whether to go on, which was answered."""
    end = raw.find(_END) + 2
    return _EXPECTS.sub(b"", raw[:end]) + raw[end:]
