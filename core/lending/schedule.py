"""The repayment schedule of a loan: a pure function of the terms and the day the money was paid out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.lending.instalments import Instalment, equal, single
from core.lending.schedules import ScheduleTerms, build, parse
from core.lending.schedules.terms import Engine, Interest, InterestPeriod
from core.lending.terms import RepaymentModel, Terms

__all__ = ["Instalment", "method", "options", "planned", "schedule"]


def schedule(terms: Terms, disbursed_on: date) -> tuple[Instalment, ...]:
    """The rows of a loan paid out on this day."""
    assert terms.principal > 0, terms
    assert terms.duration > 0, terms
    given = terms.principal, terms.interest_rate, terms.duration, terms.step, disbursed_on
    if terms.model is RepaymentModel.AD_HOC:
        return (single(*given),)
    if terms.model is RepaymentModel.FIXED:
        return equal(*given)
    return planned(options(terms, terms.principal, disbursed_on))


def planned(read: ScheduleTerms) -> tuple[Instalment, ...]:
    """The rows that these options give."""
    return tuple(
        Instalment(k, row.begins_on, row.due_on, row.principal, row.interest, row.fee)
        for k, row in enumerate(build(read).rows, start=1)
    )


def method(terms: Terms, disbursed_on: date) -> ScheduleTerms | None:
    """How rows of this loan are made; None for the one row of an ad-hoc loan."""
    if terms.model is RepaymentModel.AD_HOC:
        return None
    if terms.model is RepaymentModel.SCHEDULE:
        return options(terms, terms.principal, disbursed_on)
    return ScheduleTerms(
        principal=terms.principal, rate=terms.interest_rate, instalments=terms.duration, disbursed_on=disbursed_on,
        engine=Engine.FIXED, interest=Interest.FLAT, interest_period=InterestPeriod.REPAYMENT,
    )  # fmt: skip


def options(terms: Terms, principal: int, disbursed_on: date) -> ScheduleTerms:
    """The options of the schedule, for so much paid out on this day; days agreed that have passed are dropped."""
    assert terms.schedule is not None, terms
    rate = {} if "rate_pct" in terms.schedule else {"annual_rate_pct": str(terms.interest_rate)}
    own = {"currency": terms.currency, "principal": 1, "disbursed_on": disbursed_on.isoformat()}
    agreed = {"payable_units": False, **terms.schedule}  # loans made before there was a word for it
    read = parse({**rate, "instalments": terms.duration, **agreed, **own})
    first = read.first_due_on if read.first_due_on and read.first_due_on > disbursed_on else None
    dates = read.due_dates if read.due_dates and read.due_dates[0] > disbursed_on else ()
    return replace(read, principal=principal, first_due_on=first, due_dates=dates)
