"""RFC 9497, ristretto255-SHA512: a function of her secret and another's key, neither of whom sees the other's.

    blinded = blind * H(input)     evaluated = key * blinded     output = hash(input, evaluated / blind)

A proof (DLEQ) shows that what was evaluated was evaluated with the key behind a known public key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from core.keys import ristretto as group

OPRF, VOPRF = 0, 1  # modes; ours is the verifiable one
OUTPUT_BYTES, PROOF_BYTES = 64, 64
_BLOCK, _HASH = 128, 64  # of SHA-512


def blind(data: bytes, *, mode: int = VOPRF, by: bytes | None = None) -> tuple[bytes, bytes]:
    """A random scalar, and the input hidden behind it."""
    scalar = by or group.random_scalar()
    element = group.point_of(_expand(data, b"HashToGroup-" + _context(mode)))
    return scalar, group.times(scalar, element)


def evaluate(key: bytes, blinded: bytes) -> bytes:
    """What the holder of the key makes of a blinded input; a ValueError for what is no element."""
    return group.times(key, blinded)


def finalize(data: bytes, scalar: bytes, evaluated: bytes) -> bytes:
    """The 64 bytes of output, once the blind is taken away."""
    element = group.times(group.inverse(scalar), evaluated)
    return hashlib.sha512(_sized(data) + _sized(element) + b"Finalize").digest()


def prove(
    key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], *, by: bytes | None = None
) -> bytes:
    """A proof that all of `evaluated` were made with `key` (RFC 9497, 2.2.1)."""
    nonce, public = by or group.random_scalar(), group.times(key)
    composite = _composite(public, blinded, evaluated)
    both = composite, group.times(key, composite)
    tried = group.times(nonce), group.times(nonce, composite)
    challenge = _challenge(public, *both, *tried)
    return challenge + group.scalar_minus(nonce, group.scalar_times(challenge, key))


def is_proven(
    public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes
) -> bool:
    """Whether the proof shows that `evaluated` were made with the key behind `public` (RFC 9497, 2.2.2)."""
    challenge, answer = proof[: group.BYTES], proof[group.BYTES :]
    if not group.is_scalar(challenge) or not group.is_scalar(answer):
        return False
    try:
        weights = _weights(public, blinded, evaluated)
        both = _sum(weights, blinded), _sum(weights, evaluated)
        tried = (
            group.plus(group.times(answer), group.times(challenge, public)),
            group.plus(group.times(answer, both[0]), group.times(challenge, both[1])),
        )
    except ValueError:
        return False
    return _challenge(public, *both, *tried) == challenge


def _composite(public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> bytes:
    return _sum(_weights(public, blinded, evaluated), blinded)


def _weights(public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """A scalar for each pair, so that one proof speaks for all of them (ComputeComposites)."""
    seed = hashlib.sha512(_sized(public) + _sized(b"Seed-" + _context(VOPRF))).digest()
    return [
        _to_scalar(
            _sized(seed) + number.to_bytes(2) + _sized(one) + _sized(other) + b"Composite"
        )
        for number, (one, other) in enumerate(zip(blinded, evaluated, strict=True))
    ]  # fmt: skip


def _sum(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    first, *rest = (group.times(*pair) for pair in zip(weights, elements, strict=True))
    for element in rest:
        first = group.plus(first, element)
    return first


def _challenge(*elements: bytes) -> bytes:
    return _to_scalar(b"".join(_sized(element) for element in elements) + b"Challenge")


def _to_scalar(data: bytes) -> bytes:
    return group.scalar_of(_expand(data, b"HashToScalar-" + _context(VOPRF)))


def _context(mode: int) -> bytes:
    return b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"


def _expand(data: bytes, label: bytes) -> bytes:
    """64 uniform bytes: expand_message_xmd of RFC 9380, 5.3.1, where one block is all that is needed."""
    tail = label + bytes([len(label)])
    head = bytes(_BLOCK) + data + _HASH.to_bytes(2) + b"\0" + tail
    return hashlib.sha512(hashlib.sha512(head).digest() + b"\1" + tail).digest()


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data
