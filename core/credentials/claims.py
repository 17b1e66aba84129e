"""From plain facts to the claims of a credential: bands are answered here, once, and signed as yes or no.

An answer "no" is issued as well: if it were left out, its absence would say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.credentials import answers, shape
from core.credentials.catalogue import KINDS, CredentialType
from core.errors import Refusal
from core.money import CURRENCIES, Money
from core.refusal_codes import RefusalCode

_GIVEN: dict[
    CredentialType, dict[str, Any]
] = {  # what an organisation means that says nothing else
    CredentialType.KYC: {"kyc_passed": True, "level": "basic", "method": "agent"},
    CredentialType.COMMUNITY_MEMBERSHIP: {"group_kind": "coop"},
}


def build(type: CredentialType, facts: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """The claims of a type from the facts an issuer confirms; `on` is the day they hold.

    An answer may be given where no fact tells it, e.g. `passed`; where one does, they must agree.

    Refuses claim_unknown, claim_missing, claim_malformed, date_malformed.
    """
    claims = {**_answered(type, facts, on), "as_of": on.isoformat()}
    shape.check_whole(type, {**claims, "evidence_level": KINDS[type].evidence})
    return claims


def kyc(facts: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """Who she is, from the names of section KYC; `birthdate` gives age_over, `residence.country` resident_of."""
    return _answered(CredentialType.KYC, facts, on)


def community_membership(facts: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """What group she belongs to; `member_since` gives member_over_years, `standing` gives in_good_standing."""
    return _answered(CredentialType.COMMUNITY_MEMBERSHIP, facts, on)


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
    unknown = facts.keys() - KINDS[type].fields.keys()
    if unknown:
        raise Refusal(RefusalCode.CLAIM_UNKNOWN, type=type, names=sorted(unknown))
    return {name: _json(value) for name, value in facts.items() if value is not None}


def _answered(type: CredentialType, facts: Mapping[str, Any], on: date) -> dict[str, Any]:
    claims: dict[str, Any] = {**_GIVEN.get(type, {}), **plain(type, facts)}
    for name, found in answers.follow(type, claims, on=on).items():
        claims[name] = _agreed(type, name, found, claims.get(name, found))
    return claims


def _agreed(type: CredentialType, name: str, found: Any, given: Any) -> Any:
    """The answer that follows from a fact, with what was given beside it, e.g. of other countries."""
    if isinstance(found, dict) and isinstance(given, dict):
        both = {**given, **found}
        agreed = both == {**found, **given}
    else:
        both, agreed = found, given is found
    if not agreed:
        raise Refusal(RefusalCode.CLAIM_MALFORMED, type=type, names=[name])
    return both


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
