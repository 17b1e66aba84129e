"""From plain facts to the claims of a credential: bands are answered here, once, and signed as yes or no.

An answer "no" is issued as well: if it were left out, its absence would say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from core.credentials.types import KINDS, CredentialType
from core.errors import Refusal
from core.money import CURRENCIES, Money

AGES = (18, 21, 25, 35, 50, 65)
MEMBER_YEARS = (1, 2, 5)


def build(type: CredentialType, facts: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """The claims of a type from the facts an issuer confirms; `on` is the day they hold."""
    builders = {CredentialType.KYC: kyc, CredentialType.COMMUNITY_MEMBERSHIP: community_membership}
    claims = builders[type](facts, on=on) if type in builders else plain(type, facts)
    return {**claims, "as_of": on.isoformat()}


def kyc(facts: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """Who she is, from the names of section KYC; `birthdate` gives age_over, `residence.country` resident_of."""
    claims = {
        "kyc_passed": True,
        "level": "basic",
        "method": "agent",
        **plain(CredentialType.KYC, facts),
    }
    if "birthdate" in claims:
        claims["age_over"] = over(years(claims["birthdate"], on), AGES)
    country = claims.get("residence", {}).get("country")
    if country:
        claims["resident_of"] = {country: True}
    return claims


def community_membership(facts: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """What group she belongs to; `member_since` gives member_over_years, `standing` gives in_good_standing."""
    type = CredentialType.COMMUNITY_MEMBERSHIP
    claims = {"group_kind": "coop", **plain(type, facts)}
    if "member_since" in claims:
        claims["member_over_years"] = over(years(claims["member_since"], on), MEMBER_YEARS)
    if "standing" in claims:
        claims["in_good_standing"] = claims["standing"] == "good"
    return claims


def credit_history(
    *,
    product: str,
    status: str,
    lender: str,
    loan_ref_hmac: str,
    opened_at: date,
    closed_at: date | None,
    principal: Money,
    installments_due: int,
    installments_paid: int,
    days_past_due_max: int,
    **more: Any,
) -> dict[str, Any]:
    """How one loan went, from the lender's own books; `status` is current, closed, written_off or restructured."""
    facts = {
        "product": product,
        "loan_status": status,  # `status` itself is where SD-JWT VC keeps revocation
        "lender": lender,
        "loan_ref_hmac": loan_ref_hmac,
        "opened_at": opened_at,
        "closed_at": closed_at,
        "principal": principal,
        "installments_due": installments_due,
        "installments_paid": installments_paid,
        "days_past_due_max": days_past_due_max,
    }
    return plain(CredentialType.CREDIT_HISTORY, {**facts, **more})


def plain(type: CredentialType, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts under their names as JSON: money as decimal text with its currency, dates as ISO 8601."""
    kind = KINDS[type]
    unknown = facts.keys() - kind.visible - kind.selective
    if unknown:
        raise Refusal("claim_unknown", type=type, names=sorted(unknown))
    return {name: _json(value) for name, value in facts.items() if value is not None}


def over(value: int, bands: Iterable[int]) -> dict[str, bool]:
    """Whether `value` reaches each band."""
    return {str(band): value >= band for band in bands}


def years(since: str, on: date) -> int:
    """Whole years from an ISO date to `on`."""
    try:
        return relativedelta(on, date.fromisoformat(since)).years
    except (TypeError, ValueError) as error:
        raise Refusal("date_malformed", date=since) from error


def _json(value: Any) -> Any:
    if isinstance(value, Money):
        amount = Decimal(value.minor).scaleb(-CURRENCIES[value.currency].exponent)
        return {"value": str(amount), "currency": value.currency}
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    assert not isinstance(value, float), "a claim holds no float"
    return (
        {name: _json(item) for name, item in value.items()} if isinstance(value, Mapping) else value
    )
