"""Rows in whole payable units: a phone pays whole shillings, so no row asks for cents.

What a row asks for is rounded on the running total, so that no error adds up: all rows together differ by half a unit
from the exact sum, and never by two. The interest of the row takes the difference; where a row has none, its principal.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.lending.schedules.periods import Part
from core.money import round_to


def in_units(step: int, parts: Sequence[Part], fees: Sequence[int]) -> list[Part]:
    """The same rows, each with its fee a multiple of `step` minor units; the last one pays the principal off."""
    if step == 1:
        return list(parts)
    exact = asked = moved = 0
    found: list[Part] = []
    for (principal, interest), fee in zip(parts, fees, strict=True):
        exact += principal + interest + fee
        due = round_to(Decimal(exact), step) - asked
        is_last = len(found) == len(parts) - 1
        part = _row(principal + moved, interest, due - fee, step, is_last=is_last)
        moved += principal - part[0]
        asked += sum(part) + fee
        found.append(part)
    return found


def _row(principal: int, interest: int, due: int, step: int, *, is_last: bool) -> Part:
    """Principal and interest of a row that asks for `due`."""
    if not is_last and (not interest or due < principal):
        return max(0, due - interest), min(interest, max(0, due))
    short = max(0, principal - due)
    return principal, due + -(-short // step) * step - principal
