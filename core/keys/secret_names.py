"""Secrets that are kept nowhere: the id of a row together with what only the keyring can say of it.

Who reads the table cannot make one; who is given one can be led to the row. Each use has a key of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid

from core.keys import jose
from core.keys.jose import Broken

_ID_BYTES, _BYTES = 16, 32


def name(key: bytes, id: uuid.UUID) -> str:
    """The secret name of a row: 43 characters that may stand in an address."""
    return jose.b64u(id.bytes + _mac(key, id.bytes))


def id_of(key: bytes, secret: str) -> uuid.UUID | None:
    """The row a secret names, None for whatever was not made with this key."""
    try:
        said = jose.unb64u(secret)
    except Broken:
        return None
    id, mac = said[:_ID_BYTES], said[_ID_BYTES:]
    is_ours = len(said) == _BYTES and hmac.compare_digest(mac, _mac(key, id))
    return uuid.UUID(bytes=id) if is_ours else None


def _mac(key: bytes, id: bytes) -> bytes:
    return hmac.digest(key, id, hashlib.sha256)[: _BYTES - _ID_BYTES]
