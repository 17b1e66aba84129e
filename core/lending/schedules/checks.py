"""The rules terms must meet: within limits, and without contradiction. The first one broken is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

from config.limits import (
    LOAN_DAYS_MOST,
    LOAN_MONTHS_MOST,
    LOAN_RATE_MOST,
    SCHEDULE_ROWS_MOST,
    SCHEDULE_YEARS_MOST,
)
from core.lending.schedules.build import build
from core.lending.schedules.dates import due_dates
from core.lending.schedules.daycount import PERIODS_A_YEAR, nominal_rate
from core.lending.schedules.terms import (
    Amortization,
    Engine,
    FeeAt,
    InterestPeriod,
    MonthEnd,
    RatePer,
    ScheduleTerms,
    Unit,
)
from core.lending.schedules.values import refuse
from core.lending.schedules.workdays import known
from core.money import CURRENCIES

YEARS = (1970, 2200)  # days outside are typing errors
PERCENT = Decimal(100)
DAYS_A_WEEK = 7
PLAIN = ScheduleTerms(principal=1, rate=Decimal(0), instalments=1, disbursed_on=date(2000, 1, 1))
NOT_OF_THE_PROTOCOL = {
    "rate_per": "rate_per",
    "amortization": "amortization",
    "leap_rule": "leap_rule",
    "month_end": "month_end",
    "first_due_on": "first_due_on",
    "due_dates": "due_dates",
    "workdays": "workdays",
    "grace_on_principal": "grace_on_principal",
    "grace_on_interest": "grace_on_interest",
    "interest_free": "interest_free",
    "down_payment_pct": "down_payment",
    "instalment_multiple_of": "multiple",
    "partial_periods": "partial_periods",
    "first_day_counts": "first_day_counts",
}
Broken = Iterator[tuple[str, str]]  # field and reason


def check(terms: ScheduleTerms) -> None:
    """Refuse terms that cannot be a loan."""
    rules: tuple[Callable[[ScheduleTerms], Broken], ...] = (
        _sizes, _days, _dates, _relief, _calendar, _charges, _protocol, _multiple,
    )  # fmt: skip
    for rule in rules:
        for field, reason in rule(terms):
            refuse(field, reason)


def _sizes(terms: ScheduleTerms) -> Broken:
    if terms.principal == 0:
        yield "principal", "out_of_range"
    if not 1 <= terms.instalments <= SCHEDULE_ROWS_MOST:
        yield "instalments", "out_of_range"
    if terms.every < 1:
        yield "every", "out_of_range"
    if terms.every * terms.instalments > SCHEDULE_YEARS_MOST * PERIODS_A_YEAR[terms.unit]:
        yield "instalments", "too_long"
    if nominal_rate(terms) * PERCENT > LOAN_RATE_MOST:
        yield "annual_rate_pct" if terms.rate_per is RatePer.YEAR else "rate_pct", "out_of_range"


def _days(terms: ScheduleTerms) -> Broken:
    days = {
        "disbursed_on": [terms.disbursed_on],
        "first_due_on": [terms.first_due_on] if terms.first_due_on else [],
        "due_dates": terms.due_dates,
    }
    for field, given in days.items():
        if not all(YEARS[0] <= day.year <= YEARS[1] for day in given):
            yield field, "out_of_range"


def _dates(terms: ScheduleTerms) -> Broken:
    if terms.first_due_on and terms.due_dates:
        yield "due_dates", "given_twice"
    if terms.first_due_on and terms.first_due_on <= terms.disbursed_on:
        yield "first_due_on", "not_after_disbursement"
    if not terms.due_dates:
        return
    if len(terms.due_dates) != terms.instalments:
        yield "due_dates", "not_as_many_as_instalments"
    if terms.due_dates[0] <= terms.disbursed_on:
        yield "due_dates", "not_after_disbursement"
    if any(after <= before for before, after in pairwise(terms.due_dates)):
        yield "due_dates", "not_rising"


def _relief(terms: ScheduleTerms) -> Broken:
    if terms.grace_on_principal >= terms.instalments:
        yield "grace_on_principal", "no_instalment_left"
    if terms.grace_on_interest >= terms.instalments:
        yield "grace_on_interest", "no_instalment_left"
    if terms.interest_free > terms.instalments:
        yield "interest_free", "more_than_instalments"
    if terms.down_payment >= PERCENT:
        yield "down_payment_pct", "out_of_range"


def _charges(terms: ScheduleTerms) -> Broken:
    at_once = Decimal(0)
    for k, fee in enumerate(terms.fees):
        if fee.percent > PERCENT or fee.amount > terms.principal:
            yield f"fees[{k}]", "above_principal"
        if fee.on and not terms.disbursed_on < fee.on:
            yield f"fees[{k}].on", "not_after_disbursement"
        if fee.on and fee.on > due_dates(terms)[-1]:
            yield f"fees[{k}].on", "after_the_last_instalment"
        if fee.at is FeeAt.DISBURSEMENT:
            at_once += fee.amount + fee.percent * terms.principal / PERCENT
    if at_once >= terms.principal:
        yield "fees", "nothing_is_received"
    if terms.penalty and terms.penalty.percent > PERCENT:
        yield "penalty.percent", "out_of_range"


def _calendar(terms: ScheduleTerms) -> Broken:
    if terms.month_end is MonthEnd.ROLL and terms.unit is not Unit.MONTHS:
        yield "month_end", "only_for_months"
    if terms.partial_periods and terms.interest_period is InterestPeriod.DAILY:
        yield "partial_periods", "interest_is_daily"
    if terms.workdays.country and not known(terms.workdays.country):
        yield "workdays.country", "unknown_value"
    if len(terms.workdays.weekend) == DAYS_A_WEEK:
        yield "workdays.weekend", "no_working_day"
    if terms.workdays.open & terms.workdays.closed:
        yield "workdays.open", "given_twice"


def _protocol(terms: ScheduleTerms) -> Broken:
    """The two models of the protocol know few options: whole months, or days until the one due date."""
    if terms.engine not in (Engine.FIXED, Engine.AD_HOC):
        return
    if not terms.currency:
        yield "currency", "missing"
    elif terms.principal % CURRENCIES[terms.currency].step:
        yield "principal", "not_payable"
    for field, attribute in NOT_OF_THE_PROTOCOL.items():
        if getattr(terms, attribute) != getattr(PLAIN, attribute):
            yield field, "not_of_this_schedule"
    yield from _protocol_term(terms, fixed=terms.engine is Engine.FIXED)


def _multiple(terms: ScheduleTerms) -> Broken:
    """Instalments that round to nothing cannot be multiples of it; a loan of less than one has none to round."""
    if terms.multiple == 1 or terms.amortization is Amortization.EQUAL_PRINCIPAL:
        return
    if terms.principal < terms.multiple or terms.multiple == terms.payable:
        return
    rows = [row for row in build(terms).rows if row.begins_on < row.due_on]
    paying = rows[terms.grace_on_principal :]
    if len(paying) > 1 and paying[0].principal + paying[0].interest < terms.multiple:
        yield "instalment_multiple_of", "too_coarse"


def _protocol_term(terms: ScheduleTerms, *, fixed: bool) -> Broken:
    if terms.unit is not (Unit.MONTHS if fixed else Unit.DAYS):
        yield "unit", "not_of_this_schedule"
    if fixed and (terms.every != 1 or terms.instalments > LOAN_MONTHS_MOST):
        yield "instalments", "out_of_range"
    if not fixed and (terms.instalments != 1 or terms.every > LOAN_DAYS_MOST):
        yield "every", "out_of_range"
