"""The nine credential types, each in one table: schema, type metadata and checks are all read from here.

`open` claims everybody sees, `hidden` ones their owner shows one by one, `answered` ones are the issuer's yes or no to
a question, so that nobody need see the figure behind it. Amounts in `*_over` are whole units of `currency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from core.credentials.fields import (
    BOOLEAN,
    CODE,
    COUNT,
    COUNTRY,
    CURRENCY,
    DAY,
    DECIMAL,
    DID,
    KEYED_HASH,
    MONEY,
    RATIO,
    TEXT,
    Field,
    answers,
    bands,
    many,
    one_of,
    pattern,
    record,
    whole_number,
)


class CredentialType(StrEnum):
    """What a credential is about."""

    KYC = "kyc"
    COMMUNITY_MEMBERSHIP = "community_membership"
    CREDIT_HISTORY = "credit_history"
    CREDIT_SUMMARY = "credit_summary"
    FINANCIAL_DATA = "financial_data"
    SAVINGS_HISTORY = "savings_history"
    BUSINESS_ACTIVITY = "business_activity"
    OWNERSHIP = "ownership"
    SOCIAL_ENDORSEMENT = "social_endorsement"
    FINANCIAL_HEALTH = "financial_health"


class EvidenceLevel(StrEnum):
    """What stands behind a credential, the weakest first."""

    SELF_DECLARED = "self_declared"
    COMMUNITY_ATTESTED = "community_attested"
    DATA_VERIFIED = "data_verified"
    INSTITUTION_SIGNED = "institution_signed"


@dataclass(frozen=True)
class Kind:
    """One type. Without its `required` claims, which are open, a credential of it says nothing."""

    hard_soft: str
    proof_of: str
    evidence: EvidenceLevel  # unless the issuer says otherwise
    open: Mapping[str, Field]
    hidden: Mapping[str, Field]
    answered: Mapping[str, Field]
    needed: str

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {**self.open, **self.hidden, **self.answered}

    @cached_property
    def visible(self) -> frozenset[str]:
        return frozenset(self.open)

    @cached_property
    def selective(self) -> frozenset[str]:
        return frozenset(self.hidden)

    @cached_property
    def predicates(self) -> frozenset[str]:
        return frozenset(self.answered)

    @cached_property
    def required(self) -> frozenset[str]:
        return frozenset(self.needed.split())


# Every credential carries these in the open, beside iss, vct, iat, nbf, exp and cnf.
COMMON = {
    "schema_id": CODE,
    "evidence_level": one_of(*EvidenceLevel),
    "hard_soft": one_of("hard", "soft"),
    "proof_of": one_of("identity", "creditworthiness", "trustworthiness", "reputation"),
    "as_of": DAY,
}

AGES = (18, 21, 25, 35, 50, 65)
MEMBER_YEARS = (1, 2, 5)
SCORES = tuple(range(300, 801, 50))
LOANS = (1, 3, 5, 10)
PERCENTS = (50, 70, 80, 90, 95)
DAYS_PAST_DUE = (1, 15, 30, 60, 90)
AMOUNTS = (1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000)
SHARE_OF_INCOME = (20, 30, 40, 50)
MONTHS_SAVING = (3, 6, 12, 24)
YEARS_IN_BUSINESS = (1, 2, 5)
HECTARES = ("0.5", 1, 2, 5, 10)
MARKS = (50, 70, 90)

_DAYS_LATE = whole_number(0, 100_000)
_DAYS_LATE_BY_MONTH = pattern(r"[0-6CX-]{1,24}")  # the newest month first

KINDS: dict[CredentialType, Kind] = {
    CredentialType.KYC: Kind(
        "hard",
        "identity",
        EvidenceLevel.INSTITUTION_SIGNED,
        open={
            "kyc_passed": BOOLEAN,
            "level": one_of("none", "basic", "standard", "enhanced"),
            "aml_screened_at": DAY,
            "aml_result": one_of("clear", "review"),
            "method": one_of("id_document", "biometric", "agent", "web_of_trust"),
            "verifier_name": TEXT,
        },
        hidden={
            "given_name": TEXT,
            "family_name": TEXT,
            "birthdate": DAY,
            "gender": TEXT,
            "nationality": COUNTRY,
            "residence": record(country=COUNTRY, region=TEXT),
            "document": record(
                type=CODE,
                issuing_country=COUNTRY,
                number_last4=pattern(r"[A-Za-z0-9]{1,4}"),
                number_hmac=KEYED_HASH,
                expires=DAY,
            ),
            "phone_verified": BOOLEAN,
        },
        answered={"age_over": bands(*AGES), "resident_of": answers("[A-Z]{2}")},
        needed="kyc_passed level method",
    ),
    CredentialType.COMMUNITY_MEMBERSHIP: Kind(
        "soft",
        "trustworthiness",
        EvidenceLevel.COMMUNITY_ATTESTED,
        open={
            "group_kind": one_of("coop", "vsla", "association", "church_group", "chama"),
            "group_did": DID,
        },
        hidden={
            "group_name": TEXT,
            "role": TEXT,
            "member_since": DAY,
            "standing": one_of("good", "suspended"),
            "dues_paid_ratio": RATIO,
            "members_count": COUNT,
            "attendance_ratio": RATIO,
        },
        answered={"member_over_years": bands(*MEMBER_YEARS), "in_good_standing": BOOLEAN},
        needed="group_kind",
    ),
    CredentialType.CREDIT_HISTORY: Kind(
        "hard",
        "creditworthiness",
        EvidenceLevel.DATA_VERIFIED,
        open={
            "product": TEXT,
            "loan_status": one_of("current", "closed", "written_off", "restructured"),
            "lender": TEXT,
        },
        hidden={
            "loan_ref_hmac": KEYED_HASH,
            "opened_at": DAY,
            "closed_at": DAY,
            "principal": MONEY,
            "installments_due": COUNT,
            "installments_paid": COUNT,
            "days_past_due_max": _DAYS_LATE,
            "dpd_string": _DAYS_LATE_BY_MONTH,
            "arrears_amount": MONEY,
            "collateral_type": CODE,
            "purpose": TEXT,
            "guarantors_count": COUNT,
        },
        answered={},
        needed="product loan_status lender",
    ),
    CredentialType.CREDIT_SUMMARY: Kind(
        "hard",
        "creditworthiness",
        EvidenceLevel.DATA_VERIFIED,
        open={"lender": TEXT, "currency": CURRENCY},
        hidden={
            "loans_count": COUNT,
            "loans_repaid": COUNT,
            "total_borrowed": MONEY,
            "total_repaid": MONEY,
            "on_time_ratio": RATIO,
            "worst_dpd_24m": _DAYS_LATE,
            "open_exposure": MONEY,
            "score": record(
                "value",
                "scale",
                "model",
                value=COUNT,
                scale=TEXT,
                model=TEXT,
                model_version=CODE,
                reasons=many(CODE, 10),
            ),
        },
        answered={
            "score_over": bands(*SCORES),
            "loans_repaid_over": bands(*LOANS),
            "on_time_ratio_over": bands(*PERCENTS),
            "largest_repaid_over": bands(*AMOUNTS),
            "dpd_max_under": bands(*DAYS_PAST_DUE),
            "no_default_24m": BOOLEAN,
        },
        needed="lender currency",
    ),
    CredentialType.FINANCIAL_DATA: Kind(
        "hard",
        "creditworthiness",
        EvidenceLevel.DATA_VERIFIED,
        open={
            "period_months": whole_number(1, 120),
            "sources": many(one_of("mobile_money", "bank", "till", "ledger"), 4),
            "currency": CURRENCY,
        },
        hidden={
            "avg_monthly_inflow": MONEY,
            "avg_monthly_outflow": MONEY,
            "avg_monthly_balance": MONEY,
            "inflow_volatility_cv": DECIMAL,
            "active_days_ratio": RATIO,
            "products": many(CODE, 20),
            "bill_payments_on_time_ratio": RATIO,
        },
        answered={
            "inflow_over": bands(*AMOUNTS),
            "net_positive_months_over": bands(3, 6, 9, 12),
            "dti_under": bands(*SHARE_OF_INCOME),
        },
        needed="period_months sources currency",
    ),
    CredentialType.SAVINGS_HISTORY: Kind(
        "soft",
        "trustworthiness",
        EvidenceLevel.COMMUNITY_ATTESTED,
        open={
            "scheme": one_of("rosca", "vsla", "sacco", "bank", "mobile"),
            "cycle": one_of("weekly", "monthly"),
            "since": DAY,
            "currency": CURRENCY,
        },
        hidden={
            "deposits_count": COUNT,
            "expected_count": COUNT,
            "longest_gap_days": COUNT,
            "total_saved": MONEY,
            "current_balance": MONEY,
            "group_ref": TEXT,
        },
        answered={
            "regularity_over": bands(*PERCENTS),
            "months_saving_over": bands(*MONTHS_SAVING),
            "total_saved_over": bands(*AMOUNTS),
        },
        needed="scheme cycle",
    ),
    CredentialType.BUSINESS_ACTIVITY: Kind(
        "hard",
        "creditworthiness",
        EvidenceLevel.COMMUNITY_ATTESTED,
        open={
            "sector_isic": pattern(r"[A-U]?[0-9]{0,4}"),
            "started_at": DAY,
            "form": one_of("sole", "coop", "company"),
            "currency": CURRENCY,
        },
        hidden={
            "turnover_last12m": MONEY,
            "avg_monthly_sales": MONEY,
            "gross_margin_band": CODE,
            "employees_count": COUNT,
            "buyers_count": COUNT,
            "offtake_contracts": many(
                record(buyer=TEXT, crop=CODE, qty=TEXT, price=MONEY, until=DAY), 10
            ),
            "seasonality": many(whole_number(0, 1_000), 12),
            "registration_no_hmac": KEYED_HASH,
        },
        answered={
            "turnover_over": bands(*AMOUNTS),
            "years_in_business_over": bands(*YEARS_IN_BUSINESS),
            "has_offtake_contract": BOOLEAN,
        },
        needed="sector_isic form",
    ),
    CredentialType.OWNERSHIP: Kind(
        "hard",
        "creditworthiness",
        EvidenceLevel.COMMUNITY_ATTESTED,
        open={
            "asset_type": one_of("land", "livestock", "machine", "vehicle", "stock", "building"),
            "title_kind": one_of("freehold", "leasehold", "customary", "attested"),
            "currency": CURRENCY,
        },
        hidden={
            "asset_ref_hmac": KEYED_HASH,
            "area_ha": DECIMAL,
            "count": COUNT,
            "serial_hmac": KEYED_HASH,
            "admin_region": TEXT,
            "geo_cell": CODE,
            "valuation": record("amount", "date", amount=MONEY, date=DAY, method=TEXT),
            "encumbered": BOOLEAN,
            "co_owners_count": COUNT,
            "evidence_ref": CODE,
        },
        answered={
            "land_over": bands(*HECTARES),
            "unencumbered": BOOLEAN,
            "value_over": bands(*AMOUNTS),
        },
        needed="asset_type title_kind",
    ),
    CredentialType.SOCIAL_ENDORSEMENT: Kind(
        "soft",
        "reputation",
        EvidenceLevel.COMMUNITY_ATTESTED,
        open={
            "endorsement_kind": one_of("knows", "vouches", "guarantees", "traded_with"),
            "endorser_reputation_tier": whole_number(0, 5),
        },
        hidden={
            "endorser_did": DID,
            "relation": CODE,
            "known_since": DAY,
            "statement_code": CODE,
            "liability_cap": MONEY,
        },
        answered={"endorsers_over": bands(1, 3, 5)},
        needed="endorsement_kind",
    ),
    CredentialType.FINANCIAL_HEALTH: Kind(
        "soft",
        "trustworthiness",
        EvidenceLevel.INSTITUTION_SIGNED,
        open={"programme": TEXT, "provider": TEXT, "completed_at": DAY},
        hidden={
            "score": whole_number(0, 100),
            "modules": many(CODE, 40),
            "language": pattern(r"[a-z]{2,3}(-[A-Z]{2})?"),
            "mentor_hours": COUNT,
            "certificate_no": CODE,
        },
        answered={"passed": BOOLEAN, "score_over": bands(*MARKS)},
        needed="programme provider",
    ),
}
