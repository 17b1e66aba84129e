"""The fields of the terms that are objects of their own: rate, calendar, fees and penalty."""

from __future__ import annotations

from decimal import Decimal

from config.limits import SCHEDULE_FEES_MOST
from core.lending.schedules.terms import Base, Fee, FeeAt, Penalty, RatePer, Shift, Workdays
from core.lending.schedules.values import REQUIRED, Given

FEE = {"at", "amount", "percent", "of", "on"}
PENALTY = {"amount", "percent", "of", "after_days", "every_days", "most"}
WORKDAYS = {"shift", "country", "weekend", "closed", "open"}
WEEK = {name: k for k, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def rate(given: Given) -> Decimal:
    """The rate, under the one name that fits what it is for."""
    yearly = given.get("annual_rate_pct", None) is not None
    if yearly and given.get("rate_pct", None) is not None:
        given.refuse("rate_pct", "given_twice")
    if yearly and given.one_of("rate_per", RatePer, RatePer.YEAR) is not RatePer.YEAR:
        given.refuse("rate_per", "rate_is_annual")
    return given.percent("annual_rate_pct" if yearly else "rate_pct")


def fees(given: Given, digits: int) -> tuple[Fee, ...]:
    """Every fee of the list."""
    listed = given.get("fees", [])
    if not isinstance(listed, list) or len(listed) > SCHEDULE_FEES_MOST:
        given.refuse("fees", "not_a_short_list")
    return tuple(
        _fee(given.object(f"fees[{k}]", each, FEE), digits) for k, each in enumerate(listed)
    )


def penalty(given: Given, digits: int) -> Penalty | None:
    """What being late costs, if anything."""
    found = given.inner("penalty", PENALTY)
    if found is None:
        return None
    _one_size(found)
    every = found.whole("every_days", 0)
    if "every_days" in found.data and not every:
        found.refuse("every_days", "out_of_range")
    return Penalty(
        amount=found.money("amount", digits, 0),
        percent=found.percent("percent", 0),
        of=found.one_of("of", Base, Base.DUE),
        after_days=found.whole("after_days", 0),
        every_days=every or None,
        most=None if found.get("most", None) is None else found.money("most", digits),
    )


def workdays(given: Given) -> Workdays:
    """Which days are working days, and where a due date moves that is none."""
    found = given.inner("workdays", WORKDAYS)
    if found is None:
        return Workdays()
    country = found.get("country", "")
    if not isinstance(country, str):
        found.refuse("country", "unknown_value")
    return Workdays(
        shift=found.one_of("shift", Shift, Shift.NEXT),
        country=country,
        weekend=_weekend(found),
        closed=frozenset(found.days("closed")),
        open=frozenset(found.days("open")),
    )


def _fee(given: Given, digits: int) -> Fee:
    _one_size(given)
    at = given.one_of("at", FeeAt)
    if at is not FeeAt.DATE and given.get("on", None) is not None:
        given.refuse("on", "not_of_this_kind")
    return Fee(
        at=at,
        amount=given.money("amount", digits, 0),
        percent=given.percent("percent", 0),
        of=given.one_of("of", Base, Base.PRINCIPAL),
        on=given.day("on", REQUIRED if at is FeeAt.DATE else None),
    )


def _one_size(given: Given) -> None:
    """A charge is an amount or a percentage, not both and not neither."""
    sizes = [given.number(name, 0) for name in ("amount", "percent")]
    if sum(size != 0 for size in sizes) != 1:
        given.refuse("amount", "amount_or_percent")


def _weekend(given: Given) -> frozenset[int]:
    names = given.get("weekend", ["sat", "sun"])
    if not isinstance(names, list) or any(
        not isinstance(name, str) or name not in WEEK for name in names
    ):
        given.refuse("weekend", "unknown_value")
    return frozenset(WEEK[name] for name in names)
