"""Reads the options of project.json that go beyond the two models of the protocol, and refuses every mistake by name.

They are kept as the terms of a loan keep them (`Terms.to_json`), so that a loan copies them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from config.limits import COOLING_OFF_DAYS_MOST, GRACE_DAYS_MOST, TRANCHES_MOST
from core.errors import Refusal
from core.lending import schedules
from core.lending.allocation import Allocation
from core.lending.schedules.fields import penalty as read_penalty
from core.lending.schedules.reading import FIELDS as SCHEDULE_FIELDS
from core.lending.schedules.terms import Engine, FeeAt, Interest, Penalty
from core.lending.schedules.values import Given
from core.lending.terms import Payoff, Prepayment, Recalculation, RepaymentModel, Rest, Terms
from core.lending.tranches import WHOLE
from core.money import CURRENCIES
from core.refusal_codes import RefusalCode

Values = Mapping[str, Any]
Reader = Callable[[str, Any, Values], Any]

OF_THE_PROJECT = {  # said elsewhere in the file, or by the day of each loan
    "principal", "annual_rate_pct", "rate_pct", "rate_per", "instalments", "disbursed_on", "first_due_on", "due_dates",
    "currency", "penalty",
}  # fmt: skip
ENGINES = (Engine.PROGRESSIVE, Engine.CUMULATIVE)
RECALCULATION = {"rest", "prepayment", "past_due_bears_interest"}


def schedule(field: str, given: Any, values: Values) -> dict[str, Any]:
    """The options of docs/schedules.md without amount, rate, number and days; by default instalments are payable."""
    if not isinstance(given, Mapping):
        _refuse(field, "not_an_object")
    for name in given:
        if name in OF_THE_PROJECT:
            _refuse(f"{field}.{name}", "not_here")
        if name not in SCHEDULE_FIELDS:
            _refuse(f"{field}.{name}", "unknown")
    if given.get("schedule", Engine.PROGRESSIVE) not in ENGINES:
        _refuse(f"{field}.schedule", "not_of_this_model")
    currency = CURRENCIES[values["currency"]]
    whole = Decimal(currency.step).scaleb(-currency.exponent).normalize()
    own = {"instalment_multiple_of": f"{whole:f}", "payable_units": True}
    found: dict[str, Any] = _exact({**own, **given})
    return found


def allocation(field: str, given: Any, _: Values) -> Allocation:
    """The name of a preset, or the tables in full."""
    with _told_as(field, own="allocation"):
        return Allocation.from_json(given)


def recalculation(field: str, given: Any, _: Values) -> Recalculation | None:
    """`true` for the daily rest, or an object."""
    if isinstance(given, bool):
        return Recalculation() if given else None
    with _told_as(field):
        read = Given({}, set()).object("", given, RECALCULATION)
        bears = "past_due_bears_interest" not in read.data or read.flag("past_due_bears_interest")
        return Recalculation(
            rest=read.one_of("rest", Rest, Rest.DAILY), past_due_bears_interest=bears,
            prepayment=read.one_of("prepayment", Prepayment, Prepayment.BY_TABLE),
        )  # fmt: skip


def penalty(field: str, given: Any, values: Values) -> Penalty | None:
    """What being late costs by itself: as in docs/schedules.md."""
    with _told_as(field, own="penalty"):
        found = read_penalty(
            Given({"penalty": _exact(given)}, {"penalty"}), CURRENCIES[values["currency"]].exponent
        )
    if found and found.percent > 100:  # noqa: PLR2004
        _refuse(f"{field}.percent", "out_of_range")
    return found


def payoff(field: str, given: Any, _: Values) -> Payoff:
    """Which interest ends a loan early."""
    if given not in list(Payoff):
        _refuse(field, "unknown_value")
    return Payoff(given)


def small(field: str, given: Any, values: Values) -> int:
    """An amount below the smallest loan, in whole units; nothing is allowed."""
    currency = CURRENCIES[values["currency"]]
    with _told_as(field, own=field):
        found = Given({field: _exact(given)}, {field}).money(field, currency.exponent)
    if found >= values["loan_min_amount"]:
        _refuse(field, "out_of_range")
    return found


def first_payout(amount: int, tranches: Sequence[int] | None) -> int:
    """What of a loan is paid out at approval, in minor units: it has a table of its own."""
    return amount * tranches[0] // WHOLE if tranches else amount


def gather(values: dict[str, Any]) -> None:
    """Put the options among the columns of a project into the one column that holds them; they must fit together."""
    given = {name: values.pop(name) for name in NAMES}
    model, is_free = values["repayment_model"], values["repayment_model"] is RepaymentModel.SCHEDULE
    for name in ("schedule", "recalculation"):
        if given[name] is not None and not is_free:
            _refuse(name, "not_of_this_model")
    if given["payoff"] is not Payoff.TO_DATE and not is_free:
        _refuse("payoff", "not_of_this_model")
    if is_free and given["schedule"] is None:
        _refuse("schedule", "missing")
    is_flat = is_free and given["schedule"].get("interest") == Interest.FLAT
    if given["recalculation"] is not None and is_flat:
        _refuse("recalculation", "not_with_flat_interest")  # it does not follow the balance
    plain = Terms(values["currency"], 1, model, 1, Decimal(0), **given).to_json()
    values["options"] = {name: plain[name] for name in NAMES if name in plain}


def check_schedule(values: Values) -> None:
    """Every loan the project may make must have a schedule: the smallest and the largest, the shortest and longest."""
    options = values["options"].get("schedule")
    if options is None:
        return
    tranches, least = values["options"].get("tranches"), values["loan_min_amount"]
    for principal in (first_payout(least, tranches), least, values["loan_max_amount"]):
        for duration in (values["loan_min_duration"], values["loan_max_duration"]):
            for day in (values["start_date"], values["end_date"]):
                _check_table(options, values, principal, duration, day)


def _check_table(
    options: Mapping[str, Any], values: Values, principal: int, duration: int, day: date
) -> None:
    currency = CURRENCIES[values["currency"]]
    asked = {
        **options, "principal": str(Decimal(principal).scaleb(-currency.exponent)), "instalments": duration,
        "annual_rate_pct": str(values["interest_rate"]), "currency": values["currency"],
        "disbursed_on": day.isoformat(),
    }  # fmt: skip
    with _told_as("schedule", own="instalments", name="loan_max_duration"):
        terms = schedules.read(asked)
        table = schedules.build(terms)
    if any(fee.at is not FeeAt.INSTALMENT for fee in terms.fees):
        _refuse(
            "schedule.fees", "only_at_instalment"
        )  # the others: disbursement_fee, growr loan charge
    is_paid_off_early = (
        len(table.rows) < duration
    )  # each rounded up: no row is left for the last ones
    if is_paid_off_early or min(row.due for row in table.rows) < currency.step:
        _refuse("loan_min_amount", "instalments_too_small")


def _exact(given: Any) -> Any:
    """The same with numbers of JSON that have decimals as text: what the file says, digit for digit."""
    if isinstance(given, float):
        return str(Decimal(str(given)))
    if isinstance(given, Mapping):
        return {name: _exact(value) for name, value in given.items()}
    return [_exact(value) for value in given] if isinstance(given, list) else given


@contextmanager
def _told_as(field: str, *, own: str = "", name: str = "") -> Iterator[None]:
    """What a reader of terms refuses, told as the field of the project; the reader's `own` name is `name` there."""
    try:
        yield
    except Refusal as refusal:
        inner = str(refusal.facts["field"])
        if inner == own:
            _refuse(name or field, refusal.facts["reason"])
        _refuse(f"{field}.{inner.removeprefix(own).strip('.')}", refusal.facts["reason"])


def _refuse(field: str, reason: str) -> NoReturn:
    raise Refusal(RefusalCode.PROJECT_INVALID, field=field.rstrip("."), reason=reason)


def _flag(field: str, given: Any, _: Values) -> bool:
    if not isinstance(given, bool):
        _refuse(field, "not_true_or_false")
    return given


def _days(most: int) -> Reader:
    def read(field: str, given: Any, _: Values) -> int:
        if isinstance(given, bool) or not isinstance(given, int):
            _refuse(field, "not_a_whole_number")
        if not 0 <= given <= most:
            _refuse(field, "out_of_range")
        return given

    return read


def _tranches(field: str, given: Any, _: Values) -> tuple[int, ...]:
    """Whole percents of the payouts, a hundred together; none where all is paid out at once."""
    if not isinstance(given, list) or any(type(one) is not int for one in given):
        _refuse(field, "not_whole_numbers")
    if given and not (len(given) <= TRANCHES_MOST and min(given) > 0 and sum(given) == WHOLE):
        _refuse(field, "not_a_hundred_percent")
    return tuple(given) if len(given) > 1 else ()


READERS: dict[str, Reader] = {
    "tranches": _tranches,
    "schedule": schedule,
    "recalculation": recalculation,
    "payoff": payoff,
    "allocation": allocation,
    "penalty": penalty,
    "cooling_off_days": _days(COOLING_OFF_DAYS_MOST),
    "in_duplum": _flag,
    "close_below": small,
    "arrears_grace_days": _days(GRACE_DAYS_MOST),
    "arrears_tolerance": small,
}
NAMES = tuple(READERS)
FIELDS = {
    each.name: (READERS[each.name], each.default) for each in fields(Terms) if each.name in READERS
}
