"""The unguessable path of a callback: it names a payment and an attempt, and only we can have made it.

In hexadecimal, because Daraja refuses addresses in which words such as "sql" or "cmd" occur by chance.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import uuid
from dataclasses import dataclass

from core.keys import Keyring

_LAYOUT = struct.Struct(">16sHH")  # payment, attempt, question
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Address:
    """Where a callback belongs: a payment and attempt; `question` is 0 for the outcome itself."""

    payment_id: uuid.UUID
    attempt: int
    question: int = 0

    def __str__(self) -> str:
        return f"{self.payment_id.hex}:{self.attempt}:{self.question}"


def make(keyring: Keyring, address: Address) -> str:
    """The token of this address."""
    words = (address.payment_id.bytes, address.attempt, address.question & 0xFFFF)
    body = _LAYOUT.pack(*words)
    return (body + _mac(keyring, body)).hex()


def read(keyring: Keyring, token: str) -> Address | None:
    """The address of a token we made; None for any other text."""
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        return None
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(body) != _LAYOUT.size or not hmac.compare_digest(mac, _mac(keyring, body)):
        return None
    payment, attempt, question = _LAYOUT.unpack(body)
    return Address(uuid.UUID(bytes=payment), attempt, question)


def _mac(keyring: Keyring, body: bytes) -> bytes:
    key = keyring.derive("payment-callbacks")
    return hmac.new(key, body, hashlib.sha256).digest()[:_MAC_BYTES]
