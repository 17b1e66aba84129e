"""Money is rounded half to even, to whole minor units or to a multiple the instalment must have."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

CONTEXT = Context(
    prec=28, rounding=ROUND_HALF_EVEN
)  # the same numbers whatever the caller's context

FACTOR_PLACES = Decimal(
    "1e-19"
)  # of a factor; more of them make ties of what is none: 750 x 7 % / 12 is 4.37


def cents(value: Decimal) -> int:
    """The nearest whole number of minor units."""
    return round(value)  # half to even, that is what round() of a Decimal does


def to_multiple(value: Decimal, multiple: int, rounding: str = ROUND_HALF_EVEN) -> int:
    """The nearest multiple, or plain minor units where that would be nothing at all (refused of a new loan)."""
    if multiple == 1:
        return cents(value)
    return int((value / multiple).to_integral_value(rounding)) * multiple or cents(value)


HALF_EVEN, HALF_UP = ROUND_HALF_EVEN, ROUND_HALF_UP
