"""The group ristretto255 (RFC 9496) from libsodium, which is loaded when a fence first needs it.

Points and scalars are 32 bytes. What is no point, no scalar or has no answer is a ValueError.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ORDER = 2**252 + 27742317777372353535851937790883648493
BYTES, HASH_BYTES = 32, 64


@cache
def _sodium() -> Any:
    """The library. It unpacks itself into a file when imported, and leaves it behind; once loaded, nobody needs it."""
    loaded = import_module("rbcl")
    Path(sys.modules["rbcl._sodium"].lib_path).unlink(missing_ok=True)
    return loaded


def times(scalar: bytes, point: bytes | None = None) -> bytes:
    """A point, the generator unless told otherwise, so many times; never the identity."""
    try:
        if point is None:
            return bytes(_sodium().crypto_scalarmult_ristretto255_base(scalar))
        return bytes(_sodium().crypto_scalarmult_ristretto255(scalar, point))
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError("not in the group") from error


def plus(one: bytes, other: bytes) -> bytes:
    """The sum of two points that `times` has made: here nothing is checked again."""
    return bytes(_sodium().crypto_core_ristretto255_add(one, other))


def point_of(uniform: bytes) -> bytes:
    """The point that 64 uniform bytes stand for."""
    return bytes(_sodium().crypto_core_ristretto255_from_hash(uniform))


def scalar_of(uniform: bytes) -> bytes:
    """64 uniform bytes modulo the order."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_reduce(uniform))


def random_scalar() -> bytes:
    """Any scalar but zero."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_random())


def scalar_times(one: bytes, other: bytes) -> bytes:
    """The product of two scalars, in constant time, as are the next three."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_mul(one, other))


def scalar_plus(one: bytes, other: bytes) -> bytes:
    """The sum of two scalars."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_add(one, other))


def scalar_minus(one: bytes, other: bytes) -> bytes:
    """The difference of two scalars."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_sub(one, other))


def inverse(scalar: bytes) -> bytes:
    """One divided by a scalar."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_invert(scalar))


def public_scalar(number: int) -> bytes:
    """A number that is no secret, as a scalar."""
    return (number % ORDER).to_bytes(BYTES, "little")


def is_scalar(data: bytes) -> bool:
    """Whether these bytes are a scalar as it must be written: smaller than the order."""
    return len(data) == BYTES and int.from_bytes(data, "little") < ORDER
