"""Reads project.json (docs/projects.md) into the columns of a project, and refuses every mistake by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from config.limits import (
    AFFORDABILITY_MOST,
    LOAN_DAYS_MOST,
    LOAN_MONTHS_MOST,
    LOAN_RATE_MOST,
    MENU_OPTIONS,
    PAUSE_DAYS_MOST,
    PROJECT_MOST,
    SCHEDULE_ROWS_MOST,
)
from core import credentials, money
from core.errors import Refusal
from core.lending import community_file, fairness, project_options
from core.lending.terms import RepaymentModel
from core.money import CURRENCIES
from core.refusal_codes import RefusalCode

Values = dict[str, Any]
Reader = Callable[[str, Any, Mapping[str, Any]], Any]

RAILS = ("mpesa",)
REFERENCE_CHARACTERS = 80
MONTHS_OF = {"year": 1, "month": 12}  # what `interest_rate` is multiplied by to be a year's
_DID_CHARACTERS = 200
_DURATIONS_MOST = {
    RepaymentModel.FIXED: LOAN_MONTHS_MOST,
    RepaymentModel.AD_HOC: LOAN_DAYS_MOST,
    RepaymentModel.SCHEDULE: SCHEDULE_ROWS_MOST,
}


def read(data: Mapping[str, Any]) -> Values:
    """Every column of the project that `data` describes. Refuses `project_invalid` with the field and the reason."""
    for name in data:
        if name not in FIELDS:
            refuse(name, "unknown")
    values: Values = {}
    for name, (reader, default) in FIELDS.items():
        if name in data:
            values[name] = reader(name, data[name], values)
        elif default is REQUIRED:
            refuse(name, "missing")
        else:
            values[name] = default
    del values["interest_rate_per"]  # the rate is a year's from here on
    _check_together(values)
    return values


def refuse(field: str, reason: str) -> NoReturn:
    """Say no to one field of a project."""
    raise Refusal(RefusalCode.PROJECT_INVALID, field=field, reason=reason)


def amount(field: str, given: Any, values: Mapping[str, Any]) -> int:
    """An amount in whole units of the currency, as text or number, that its rails can pay."""
    if isinstance(given, bool) or not isinstance(given, str | int | Decimal):
        refuse(field, "not_an_amount")
    try:
        found = money.parse(values["currency"], str(given))
    except Refusal:
        refuse(field, "not_an_amount")
    if not 0 < found.minor <= PROJECT_MOST:
        refuse(field, "out_of_range")
    if found.minor % CURRENCIES[found.currency].step:
        refuse(field, "not_payable")
    return found.minor


def _text(least: int, most: int) -> Reader:
    def read_text(field: str, given: Any, _: Mapping[str, Any]) -> str:
        if not isinstance(given, str) or not least <= len(given.strip()) <= most:
            refuse(field, "text_length")
        return given.strip()

    return read_text


def _whole(least: int, most: int) -> Reader:
    def read_whole(field: str, given: Any, _: Mapping[str, Any]) -> int:
        if isinstance(given, bool) or not isinstance(given, int):
            refuse(field, "not_a_whole_number")
        if not least <= given <= most:
            refuse(field, "out_of_range")
        return given

    return read_whole


def _percent(most: int) -> Reader:
    def read_percent(field: str, given: Any, _: Mapping[str, Any]) -> Decimal:
        if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
            refuse(field, "not_a_number")
        try:
            rate = Decimal(str(given))
        except InvalidOperation:
            refuse(field, "not_a_number")
        if not rate.is_finite() or not 0 <= rate <= most:
            refuse(field, "out_of_range")
        if rate != round(rate, 4):
            refuse(field, "too_precise")
        return rate

    return read_percent


def _rate_per(field: str, given: Any, _: Mapping[str, Any]) -> str:
    if given not in MONTHS_OF:
        refuse(field, "year_or_month")
    return str(given)


def _rate(field: str, given: Any, values: Mapping[str, Any]) -> Decimal:
    """Percent a year: twelve times what was said for a month."""
    rate: Decimal = (
        _percent(LOAN_RATE_MOST)(field, given, values) * MONTHS_OF[values["interest_rate_per"]]
    )
    if rate > LOAN_RATE_MOST:
        refuse(field, "out_of_range")
    return rate


def _one(field: str, given: Any, values: Mapping[str, Any]) -> int:
    if _whole(1, 10)(field, given, values) > 1:
        refuse(field, "only_one_for_now")  # the menus show one open loan
    return 1


def _flag(field: str, given: Any, _: Mapping[str, Any]) -> bool:
    if not isinstance(given, bool):
        refuse(field, "not_true_or_false")
    return given


def _day(field: str, given: Any, _: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        refuse(field, "not_a_date")


def _currency(field: str, given: Any, _: Mapping[str, Any]) -> str:
    if not isinstance(given, str) or given not in CURRENCIES:
        refuse(field, "unknown_currency")
    return given


def _model(field: str, given: Any, _: Mapping[str, Any]) -> RepaymentModel:
    try:
        return RepaymentModel(given)
    except ValueError:
        refuse(field, "unknown_model")


def _duration(field: str, given: Any, values: Mapping[str, Any]) -> int:
    found: int = _whole(1, _DURATIONS_MOST[values["repayment_model"]])(field, given, values)
    return found


def _durations(field: str, given: Any, values: Mapping[str, Any]) -> list[int]:
    if not isinstance(given, list) or not 1 <= len(given) <= MENU_OPTIONS:
        refuse(field, "one_to_five_choices")
    return sorted({_duration(field, choice, values) for choice in given})


def _criteria(field: str, given: Any, _: Mapping[str, Any]) -> credentials.Criteria:
    try:
        credentials.dcql.check(given)
    except Refusal as refusal:
        refuse(field, f"malformed {refusal.facts['part']}")
    if asked := fairness.protected(credentials.dcql.every(given)):
        refuse(field, f"protected_attribute {asked}")
    criteria: credentials.Criteria = given
    return criteria


def _rails(field: str, given: Any, _: Mapping[str, Any]) -> list[str]:
    if not isinstance(given, list) or not given or any(rail not in RAILS for rail in given):
        refuse(field, "unknown_rail")
    return given


def _dids(field: str, given: Any, _: Mapping[str, Any]) -> list[str]:
    if not isinstance(given, list) or not all(
        isinstance(did, str) and _is_did(did) for did in given
    ):
        refuse(field, "not_a_did")
    return given


def _did(field: str, given: Any, _: Mapping[str, Any]) -> str:
    if not isinstance(given, str) or not (given == "" or _is_did(given)):
        refuse(field, "not_a_did")
    return given


def _is_did(text: str) -> bool:
    return len(text) <= _DID_CHARACTERS and re.fullmatch(r"did:[a-z0-9]+:\S+", text) is not None


def _check_together(values: Values) -> None:
    """The rules that concern more than one field."""
    if values["end_date"] < values["start_date"]:
        refuse("end_date", "before_start_date")
    if values["loan_max_amount"] < values["loan_min_amount"]:
        refuse("loan_max_amount", "below_loan_min_amount")
    if values["limit"] is None:
        values["limit"] = values["amount"]
    if values["limit"] < values["loan_min_amount"]:
        refuse("limit", "below_loan_min_amount")
    if values["default_after_days"] <= values["grace_period"]:
        refuse("default_after_days", "within_grace_period")
    community_file.check_together(values)
    _check_durations(values)
    project_options.gather(values)
    project_options.check_schedule(values)


def _check_durations(values: Values) -> None:
    least, most = values["loan_min_duration"], values["loan_max_duration"]
    if most < least:
        refuse("loan_max_duration", "below_loan_min_duration")
    if values["loan_durations"] is None:
        if most - least >= MENU_OPTIONS:
            refuse("loan_durations", "missing")
        values["loan_durations"] = list(range(least, most + 1))
    if any(not least <= choice <= most for choice in values["loan_durations"]):
        refuse("loan_durations", "out_of_range")
    rows = most if values["repayment_model"] is RepaymentModel.FIXED else 1
    first = project_options.first_payout(values["loan_min_amount"], values["tranches"])
    if first < 2 * rows * CURRENCIES[values["currency"]].step:
        refuse("loan_min_amount", "instalments_too_small")


REQUIRED = object()
FIELDS: dict[str, tuple[Reader, Any]] = {  # in this order: a field may look at those above it
    "name": (_text(1, 60), REQUIRED),
    "description": (_text(0, 1_000), ""),
    "is_public": (_flag, False),
    "start_date": (_day, REQUIRED),
    "end_date": (_day, REQUIRED),
    "currency": (_currency, REQUIRED),
    "amount": (amount, REQUIRED),
    "limit": (amount, None),
    "eligibility_criteria": (_criteria, REQUIRED),
    "loan_type": (_text(1, 40), "personal"),
    "repayment_model": (_model, REQUIRED),
    "loan_min_amount": (amount, REQUIRED),
    "loan_max_amount": (amount, REQUIRED),
    "loan_min_duration": (_duration, REQUIRED),
    "loan_max_duration": (_duration, REQUIRED),
    "loan_durations": (_durations, None),
    "interest_rate_per": (_rate_per, "year"),
    "interest_rate": (_rate, REQUIRED),
    "disbursement_fee": (_percent(50), Decimal(0)),
    "cash_back_rate": (_percent(100), Decimal(0)),
    "grace_period": (_whole(0, 365), 0),
    "default_after_days": (_whole(1, 1_000), 90),
    **project_options.FIELDS,
    "payment_rails": (_rails, ["mpesa"]),
    "max_open_loans": (_one, 1),
    "trusted_issuers": (_dids, []),
    "verifier_did": (_did, ""),
    "approval_reference": (_text(0, REFERENCE_CHARACTERS), ""),
    "community_model": (community_file.community_model, None),
    "risk_deposit_rate": (_percent(50), Decimal(0)),
    "ladder": (community_file.ladder(amount), None),
    "funding": (community_file.funding(amount, _percent(LOAN_RATE_MOST)), None),
    "affordability": (_percent(AFFORDABILITY_MOST), None),
    "pause_days": (_whole(0, PAUSE_DAYS_MOST), 0),
}
