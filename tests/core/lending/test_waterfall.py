"""Nobody gets more than she claims, nobody before those who come first, and no cent is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lending.waterfall import Claim, Rank, pro_rata, waterfall

AMOUNTS = st.integers(0, 10**12)
CLAIMS = st.lists(st.builds(Claim, st.sampled_from(Rank), st.integers(), AMOUNTS), max_size=12)


@given(available=st.integers(-(10**6), 4 * 10**12), claims=CLAIMS)
def test_every_cent_is_given_once_and_nobody_gets_more_than_she_claims(
    available: int, claims: list[Claim]
) -> None:
    done = waterfall(available, claims)

    given_out = sum(allocation.amount for allocation in done.allocations)
    assert given_out + done.rest == max(0, available)
    assert given_out == min(max(0, available), sum(claim.amount for claim in claims))
    assert all(0 <= one.amount <= one.claim.amount for one in done.allocations)
    assert sorted(map(repr, claims)) == sorted(repr(one.claim) for one in done.allocations)


@given(available=AMOUNTS, claims=CLAIMS)
def test_no_rank_is_paid_before_the_better_one_is_whole(
    available: int, claims: list[Claim]
) -> None:
    done = waterfall(available, claims)

    for better, worse in pairwise(Rank):
        if any(one.amount for one in done.of(worse)):
            assert not any(one.lost for one in done.of(better))
    if done.rest:
        assert not any(one.lost for one in done.allocations)


@given(weights=st.lists(AMOUNTS, min_size=1, max_size=12), data=st.data())
def test_a_share_is_never_a_whole_cent_from_the_exact_one(
    weights: list[int], data: st.DataObject
) -> None:
    whole = sum(weights)
    amount = data.draw(st.integers(0, whole))

    parts = pro_rata(amount, weights)

    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part <= weight
        assert abs(part * whole - amount * weight) < max(1, whole)


@given(available=AMOUNTS, more=AMOUNTS, claims=CLAIMS)
def test_where_there_is_more_no_rank_gets_less(
    available: int, more: int, claims: list[Claim]
) -> None:
    for rank in Rank:
        before = sum(one.amount for one in waterfall(available, claims).of(rank))
        after = sum(one.amount for one in waterfall(available + more, claims).of(rank))

        assert before <= after


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [50, 30, 20], [50, 30, 20]),
        (7, [3, 3, 3], [3, 2, 2]),
        (1, [1, 2], [0, 1]),
        (0, [0, 0], [0, 0]),
        (5, [0, 5], [0, 5]),
        (0, [], []),
    ],
)
def test_what_whole_cents_leave_over_goes_to_the_largest_remainders(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert pro_rata(amount, weights) == parts


@pytest.mark.parametrize(
    ("available", "paid", "rest"),
    [
        (0, [0, 0, 0, 0, 0], 0),
        (600, [545, 55, 0, 0, 0], 0),  # senior is not whole: funds and yield share
        (1_150, [1_000, 100, 50, 0, 0], 0),  # deposits get half
        (1_230, [1_000, 100, 100, 30, 0], 0),
        (1_400, [1_000, 100, 100, 50, 150], 0),  # the first loss bears the loss
        (2_000, [1_000, 100, 100, 50, 500], 250),
    ],
)
def test_losses_are_borne_by_the_first_loss_first(
    available: int, paid: list[int], rest: int
) -> None:
    claims = [
        Claim(Rank.SENIOR, "funds", 1_000), Claim(Rank.SENIOR, "yield", 100), Claim(Rank.DEPOSIT, "a", 100),
        Claim(Rank.CASH_BACK, "a", 50), Claim(Rank.JUNIOR, "first loss", 500),
    ]  # fmt: skip

    done = waterfall(available, claims)

    assert [one.amount for one in done.allocations] == paid
    assert done.rest == rest
