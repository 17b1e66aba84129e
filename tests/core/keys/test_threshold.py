"""Any two of three parts do what the whole key does; one does not."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.keys import oprf, threshold
from core.keys import ristretto as group


@settings(max_examples=15, deadline=None)
@given(data=st.binary(max_size=64))
def test_any_two_of_three_give_what_the_whole_key_gives_and_one_does_not(data: bytes) -> None:
    key = group.random_scalar()
    _, blinded = oprf.blind(data)
    whole = oprf.evaluate(key, blinded)

    made = [oprf.evaluate(part, blinded) for part in threshold.split(key)]

    for one, other in permutations((1, 2, 3), 2):
        assert threshold.combine({one: made[one - 1], other: made[other - 1]}) == whole
    assert whole not in made


def test_a_part_counted_under_another_number_gives_something_else() -> None:
    key = group.random_scalar()
    _, blinded = oprf.blind(b"data")
    made = [oprf.evaluate(part, blinded) for part in threshold.split(key)]

    assert threshold.combine({1: made[1], 2: made[0]}) != oprf.evaluate(key, blinded)


def test_a_key_is_split_another_way_each_time() -> None:
    key = group.random_scalar()

    assert not set(threshold.split(key)) & set(threshold.split(key))


def test_fewer_than_two_parts_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="unknowns"):
        threshold.combine({1: group.times(group.random_scalar())})
