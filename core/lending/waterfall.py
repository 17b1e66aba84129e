"""Sharing what there is: to the cent, in order of rank, and never more than there is. Pure.

Inside a rank everybody gets the same part of her claim. What whole cents leave over goes to the largest remainders
(Hare's method), the earlier claim first where remainders are equal, so that the same question has the same answer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from operator import attrgetter


class Rank(IntEnum):
    """Who is paid before whom when a project ends (SPEC: senior, risk deposits, cash-back, junior)."""

    SENIOR = 1  # funds of investors, and their yield
    DEPOSIT = 2  # what is left of each member's risk deposit
    CASH_BACK = 3  # earned by borrowers and not yet paid
    JUNIOR = 4  # the originator's first loss


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody is owed. `key` names the claim to its caller."""

    rank: Rank
    key: Hashable
    amount: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a claim gets of what it asked for."""

    claim: Claim
    amount: int

    @property
    def lost(self) -> int:
        """What the claim asked for and does not get."""
        return self.claim.amount - self.amount


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Every claim with what it gets, best rank first, and what is left when all are whole."""

    available: int
    allocations: tuple[Allocation, ...]
    rest: int

    def of(self, rank: Rank) -> list[Allocation]:
        """The allocations of one rank."""
        return [allocation for allocation in self.allocations if allocation.claim.rank is rank]


def pro_rata(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to the weights, largest remainder; with `amount` <= their sum none gets more."""
    assert amount >= 0, amount
    assert all(weight >= 0 for weight in weights), weights
    whole = sum(weights)
    if not whole:
        assert not amount, "nobody to give it to"
        return [0] * len(weights)
    parts = [divmod(amount * weight, whole) for weight in weights]
    left = amount - sum(part for part, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda k: (-parts[k][1], k))
    extra = set(by_remainder[:left])
    return [part + (k in extra) for k, (part, _) in enumerate(parts)]


def waterfall(available: int, claims: Sequence[Claim]) -> Waterfall:
    """Pay rank after rank; a rank that cannot be paid whole shares what is left, and those after it get nothing."""
    left = max(0, available)
    allocations: list[Allocation] = []
    in_order = sorted(claims, key=attrgetter("rank"))
    for _, rank in groupby(in_order, key=attrgetter("rank")):
        same = list(rank)
        given = pro_rata(min(left, sum(claim.amount for claim in same)), [c.amount for c in same])
        allocations += [Allocation(claim, part) for claim, part in zip(same, given, strict=True)]
        left -= sum(given)
    return Waterfall(available, tuple(allocations), left)
