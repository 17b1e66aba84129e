"""Which yes or no follows from which figure: answered by the issuer, once, and signed.

An answer "no" is issued as well: if it were left out, its absence would say it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from core.credentials.catalogue import (
    AGES,
    AMOUNTS,
    DAYS_PAST_DUE,
    HECTARES,
    LOANS,
    MARKS,
    MEMBER_YEARS,
    MONTHS_SAVING,
    PERCENTS,
    SCORES,
    YEARS_IN_BUSINESS,
    CredentialType,
)
from core.errors import Refusal
from core.refusal_codes import RefusalCode

Claims = Mapping[str, Any]
Answer = Callable[[Claims, date], Any]  # None: the figure is not there


def follow(type: CredentialType, claims: Claims, *, on: date) -> dict[str, Any]:
    """The answers that follow from the claims of a type on a day."""
    found = {name: answer(claims, on) for name, answer in ANSWERS.get(type, {}).items()}
    return {name: value for name, value in found.items() if value is not None}


def over(value: int | Decimal, steps: Iterable[int | str]) -> dict[str, bool]:
    """Whether `value` reaches each step."""
    return {str(step): value >= Decimal(step) for step in steps}


def years(since: str, on: date) -> int:
    """Whole years from an ISO date to `on`."""
    return _since(since, on).years


def _since(since: str, on: date) -> relativedelta:
    try:
        return relativedelta(on, date.fromisoformat(since))
    except (TypeError, ValueError) as error:
        raise Refusal(RefusalCode.DATE_MALFORMED, date=since) from error


def _figure(*path: str, steps: Iterable[int | str]) -> Answer:
    """A figure, or an amount of money in whole units, compared with steps."""

    def answer(claims: Claims, _: date) -> dict[str, bool] | None:
        value: Any = claims
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping):
            value = value.get("value")
        return None if value is None else over(Decimal(str(value)), steps)

    return answer


def _percent(name: str) -> Answer:
    def answer(claims: Claims, _: date) -> dict[str, bool] | None:
        return over(Decimal(claims[name]) * 100, PERCENTS) if name in claims else None

    return answer


def _years(name: str, steps: Iterable[int]) -> Answer:
    return lambda claims, on: over(years(claims[name], on), steps) if name in claims else None


def _months(claims: Claims, on: date) -> dict[str, bool] | None:
    if "since" not in claims:
        return None
    passed = _since(claims["since"], on)
    return over(passed.years * 12 + passed.months, MONTHS_SAVING)


def _regularity(claims: Claims, _: date) -> dict[str, bool] | None:
    made, expected = claims.get("deposits_count"), claims.get("expected_count")
    return over(Decimal(100 * made) / expected, PERCENTS) if made is not None and expected else None


def _late(claims: Claims, _: date) -> dict[str, bool] | None:
    worst = claims.get("worst_dpd_24m")
    return None if worst is None else {str(days): worst < days for days in DAYS_PAST_DUE}


def _residence(claims: Claims, _: date) -> dict[str, bool] | None:
    country = claims.get("residence", {}).get("country")
    return {country: True} if country else None


def _standing(claims: Claims, _: date) -> bool | None:
    return claims["standing"] == "good" if "standing" in claims else None


def _unencumbered(claims: Claims, _: date) -> bool | None:
    return not claims["encumbered"] if "encumbered" in claims else None


def _contracts(claims: Claims, _: date) -> bool | None:
    return bool(claims["offtake_contracts"]) if "offtake_contracts" in claims else None


ANSWERS: dict[CredentialType, dict[str, Answer]] = {
    CredentialType.KYC: {"age_over": _years("birthdate", AGES), "resident_of": _residence},
    CredentialType.COMMUNITY_MEMBERSHIP: {
        "member_over_years": _years("member_since", MEMBER_YEARS),
        "in_good_standing": _standing,
    },
    CredentialType.CREDIT_SUMMARY: {
        "score_over": _figure("score", "value", steps=SCORES),
        "loans_repaid_over": _figure("loans_repaid", steps=LOANS),
        "on_time_ratio_over": _percent("on_time_ratio"),
        "dpd_max_under": _late,
    },
    CredentialType.FINANCIAL_DATA: {"inflow_over": _figure("avg_monthly_inflow", steps=AMOUNTS)},
    CredentialType.SAVINGS_HISTORY: {
        "regularity_over": _regularity,
        "months_saving_over": _months,
        "total_saved_over": _figure("total_saved", steps=AMOUNTS),
    },
    CredentialType.BUSINESS_ACTIVITY: {
        "turnover_over": _figure("turnover_last12m", steps=AMOUNTS),
        "years_in_business_over": _years("started_at", YEARS_IN_BUSINESS),
        "has_offtake_contract": _contracts,
    },
    CredentialType.OWNERSHIP: {
        "land_over": _figure("area_ha", steps=HECTARES),
        "unencumbered": _unencumbered,
        "value_over": _figure("valuation", "amount", steps=AMOUNTS),
    },
    CredentialType.FINANCIAL_HEALTH: {"score_over": _figure("score", steps=MARKS)},
}
