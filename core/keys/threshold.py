"""A key in three parts: any two evaluate with it, one knows nothing of it (Shamir 1979, in the exponent)."""

from __future__ import annotations

from collections.abc import Mapping

from core.keys import ristretto as group

MEMBERS, QUORUM = 3, 2  # a straight line: two points give it, one says nothing of where it starts


def split(key: bytes) -> list[bytes]:
    """The parts of a key for members 1, 2 and 3: points of a random line that starts at the key."""
    parts, slope = [key], group.random_scalar()
    for _ in range(MEMBERS):
        parts.append(group.scalar_plus(parts[-1], slope))
    return parts[1:]


def combine(evaluated: Mapping[int, bytes]) -> bytes:
    """What the whole key would have made, of what the parts of QUORUM members did, by their numbers from 1."""
    assert len(evaluated) == QUORUM, "not as many as the line has unknowns"
    (one, first), (other, second) = evaluated.items()
    return group.plus(
        group.times(_weight(one, other), first), group.times(_weight(other, one), second)
    )


def _weight(at: int, other: int) -> bytes:
    """Lagrange's, for the start of the line."""
    return group.public_scalar(other * pow(other - at, -1, group.ORDER))
