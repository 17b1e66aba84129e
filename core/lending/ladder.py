"""The ladder of a borrower: whoever repays on time may ask for more next time. Pure.

Loans are looked at in the order in which they ended. One repaid on time is a rung up; one repaid late changes nothing;
after one in default she stands one step of the ladder lower; one that was written off brings her back to its foot.
Nothing is ever raised by itself: the ladder only says how much she may ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Past(StrEnum):
    """How a loan of hers ended."""

    ON_TIME = "on_time"
    LATE = "late"
    DEFAULTED = "defaulted"  # repaid after all, or by her group
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class Step:
    """After so many loans repaid on time a loan may be so large, in minor units."""

    repaid_on_time: int
    most: int


def rungs(past: Iterable[Past], steps: Sequence[Step]) -> int:
    """How many loans repaid on time count for her today."""
    count = 0
    for end in past:
        if end is Past.ON_TIME:
            count += 1
        elif end is Past.DEFAULTED:
            count = _one_step_lower(count, steps)
        elif end is Past.WRITTEN_OFF:
            count = 0
    return count


def most(past: Iterable[Past], steps: Sequence[Step]) -> int:
    """The largest loan she may ask for. The steps rise, and the first is for everybody."""
    count = rungs(past, steps)
    return max(step.most for step in steps if step.repaid_on_time <= count)


def _one_step_lower(count: int, steps: Sequence[Step]) -> int:
    reached = [step.repaid_on_time for step in steps if step.repaid_on_time <= count]
    return reached[-2] if len(reached) > 1 else 0
