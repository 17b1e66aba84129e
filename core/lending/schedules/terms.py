"""What a schedule is made from: amount, rate, calendar and charges. Amounts are minor units, rates are percent.

The names of the values are the names in JSON (docs/schedules.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Engine(StrEnum):
    """Who divides the loan into rows: two of the trade, and the two models of the protocol."""

    PROGRESSIVE = (
        "progressive"  # the instalment fits the factor of every period, then it is smoothed
    )
    CUMULATIVE = "cumulative"  # the instalment fits the nominal rate, the last row takes the rest
    FIXED = "fixed"
    AD_HOC = "ad_hoc"


class Interest(StrEnum):
    """On what interest is counted: on what is still owed, or on the whole loan to its end."""

    DECLINING = "declining"
    FLAT = "flat"


class InterestPeriod(StrEnum):
    """Whether a period costs by its days, or every period the same."""

    DAILY = "daily"
    REPAYMENT = "repayment"


class Amortization(StrEnum):
    """What is equal from row to row."""

    EQUAL_INSTALMENTS = "equal_instalments"
    EQUAL_PRINCIPAL = "equal_principal"


class Unit(StrEnum):
    """The length that `every` counts."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class RatePer(StrEnum):
    """What the rate is for."""

    YEAR = "year"
    MONTH = "month"
    TERM = "term"


class LeapRule(StrEnum):
    """Which periods of act/act count on 366 days."""

    WHOLE_YEAR = "whole_year"
    ONLY_PERIODS_WITH_FEB_29 = "only_periods_with_feb_29"


class MonthEnd(StrEnum):
    """Where the 31st falls in a short month: on its last day, or on the first day after it."""

    CLAMP = "clamp"
    ROLL = "roll"


class Shift(StrEnum):
    """Where a due date goes that is not a working day."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"
    MODIFIED = "modified"  # the next one, but the previous one if that is another month


@dataclass(frozen=True, slots=True)
class DayCount:
    """A month of 30 days or its real ones, over a year of so many days; None means the real days."""

    month: int | None
    year: int | None


@dataclass(frozen=True, slots=True)
class Workdays:
    """Which days are working days: the holidays of a country, and what is decided locally, which wins."""

    shift: Shift = Shift.NONE
    country: str = ""
    weekend: frozenset[int] = frozenset({5, 6})  # 0 = Monday
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()


class FeeAt(StrEnum):
    """When a fee is owed."""

    DISBURSEMENT = "disbursement"  # withheld from what she receives
    DATE = "date"
    INSTALMENT = "instalment"


class Base(StrEnum):
    """What a percentage is taken of: the loan for a fee once, the row for a fee of each row."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    DUE = "due"  # both


@dataclass(frozen=True, slots=True)
class Fee:
    """A charge: an amount, or a percentage of something."""

    at: FeeAt
    amount: int = 0
    percent: Decimal = Decimal(0)
    of: Base = Base.PRINCIPAL
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Penalty:
    """What being late costs: once after so many days, or again every so many days, up to a sum."""

    amount: int = 0
    percent: Decimal = Decimal(0)  # of what is overdue of the row
    after_days: int = 0
    every_days: int | None = None
    most: int | None = None
    of: Base = Base.DUE  # of which part of the row the percentage is


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """The terms of one schedule."""

    principal: int
    rate: Decimal
    instalments: int
    disbursed_on: date
    engine: Engine = Engine.PROGRESSIVE
    interest: Interest = Interest.DECLINING
    interest_period: InterestPeriod = InterestPeriod.DAILY
    amortization: Amortization = Amortization.EQUAL_INSTALMENTS
    every: int = 1
    unit: Unit = Unit.MONTHS
    day_count: DayCount = DayCount(None, 365)
    rate_per: RatePer = RatePer.YEAR
    leap_rule: LeapRule = LeapRule.WHOLE_YEAR
    first_day_counts: bool = False  # the day of disbursement bears interest, the due date does not
    first_due_on: date | None = None
    due_dates: tuple[date, ...] = ()
    month_end: MonthEnd = MonthEnd.CLAMP
    partial_periods: bool = False
    workdays: Workdays = Workdays()
    grace_on_principal: int = 0
    grace_on_interest: int = 0
    interest_free: int = 0
    down_payment: Decimal = Decimal(0)
    multiple: int = 1  # instalments are multiples of it
    payable: int = 1  # what a row asks for is a multiple of it, the last row too
    currency: str = ""
    digits: int = 2
    fees: tuple[Fee, ...] = ()
    penalty: Penalty | None = None
