"""Reads the terms of a schedule from JSON (docs/schedules.md), and refuses every mistake by field and reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.lending.schedules.checks import check
from core.lending.schedules.fields import fees, penalty, rate, workdays
from core.lending.schedules.terms import (
    Amortization,
    DayCount,
    Engine,
    Interest,
    InterestPeriod,
    LeapRule,
    MonthEnd,
    RatePer,
    ScheduleTerms,
    Unit,
)
from core.lending.schedules.values import Given, refuse
from core.money import CURRENCIES

DIGITS = 2  # where no currency is named
FIELDS = {
    "principal", "annual_rate_pct", "rate_pct", "rate_per", "interest", "interest_period", "amortization", "schedule",
    "instalments", "every", "unit", "day_count", "disbursed_on", "first_due_on", "due_dates", "instalment_multiple_of",
    "leap_rule", "month_end", "partial_periods", "first_day_counts",
    "workdays", "grace_on_principal", "grace_on_interest", "interest_free",
    "down_payment_pct", "currency", "fees", "penalty", "payable_units",
}  # fmt: skip
DAY_COUNTS = {
    f"{month}/{year}": DayCount(days, length)
    for month, days in (("30", 30), ("act", None))
    for year, length in (("360", 360), ("364", 364), ("365", 365), ("act", None))
}


def read(data: Any) -> ScheduleTerms:
    """The terms that one JSON object describes, within every rule they must meet."""
    terms = parse(data)
    check(terms)
    return terms


def parse(data: Any) -> ScheduleTerms:
    """The terms that one JSON object describes, field by field; whether they fit together is not looked at."""
    if not isinstance(data, Mapping):
        refuse("terms", "not_an_object")
    given = Given(data, FIELDS)
    currency = given.choice("currency", {code: code for code in CURRENCIES}, "")
    digits = CURRENCIES[currency].exponent if currency else DIGITS
    payable = _payable(given, currency)
    return ScheduleTerms(
        currency=currency,
        digits=digits,
        principal=given.money("principal", digits),
        rate=rate(given),
        rate_per=given.one_of("rate_per", RatePer, RatePer.YEAR),
        instalments=given.whole("instalments"),
        disbursed_on=given.day("disbursed_on"),
        **_method(given),
        **_calendar(given),
        **_relief(given),
        multiple=max(1, given.money("instalment_multiple_of", digits, 0) or payable),
        payable=payable,
        fees=fees(given, digits),
        penalty=penalty(given, digits),
    )


def _payable(given: Given, currency: str) -> int:
    """The unit that every row asks for a multiple of; the two models of the protocol are payable by themselves."""
    is_asked = given.flag("payable_units", default=True)
    is_protocol = given.get("schedule", "") in (Engine.FIXED, Engine.AD_HOC)
    return CURRENCIES[currency].step if currency and is_asked and not is_protocol else 1


def _method(given: Given) -> dict[str, Any]:
    return {
        "engine": given.one_of("schedule", Engine, Engine.PROGRESSIVE),
        "interest": given.one_of("interest", Interest, Interest.DECLINING),
        "interest_period": given.one_of("interest_period", InterestPeriod, InterestPeriod.DAILY),
        "amortization": given.one_of("amortization", Amortization, Amortization.EQUAL_INSTALMENTS),
        "day_count": given.choice("day_count", DAY_COUNTS, DayCount(None, 365)),
        "leap_rule": given.one_of("leap_rule", LeapRule, LeapRule.WHOLE_YEAR),
        "partial_periods": given.flag("partial_periods"),
        "first_day_counts": given.flag("first_day_counts"),
    }


def _calendar(given: Given) -> dict[str, Any]:
    return {
        "every": given.whole("every", 1),
        "unit": given.one_of("unit", Unit, Unit.MONTHS),
        "first_due_on": given.day("first_due_on", None),
        "due_dates": given.days("due_dates"),
        "month_end": given.one_of("month_end", MonthEnd, MonthEnd.CLAMP),
        "workdays": workdays(given),
    }


def _relief(given: Given) -> dict[str, Any]:
    return {
        "grace_on_principal": given.whole("grace_on_principal", 0),
        "grace_on_interest": given.whole("grace_on_interest", 0),
        "interest_free": given.whole("interest_free", 0),
        "down_payment": given.percent("down_payment_pct", 0),
    }
