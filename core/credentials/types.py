"""The credential types: which claims are in the open, which are shown one by one, which answer yes or no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class CredentialType(StrEnum):
    """What a credential is about."""

    KYC = "kyc"
    COMMUNITY_MEMBERSHIP = "community_membership"
    CREDIT_HISTORY = "credit_history"


class EvidenceLevel(StrEnum):
    """What stands behind a credential, the weakest first."""

    SELF_DECLARED = "self_declared"
    COMMUNITY_ATTESTED = "community_attested"
    DATA_VERIFIED = "data_verified"
    INSTITUTION_SIGNED = "institution_signed"


@dataclass(frozen=True, slots=True)
class Kind:
    """One type: everybody sees `visible` claims, the owner shows `selective` ones, `predicates` answer questions."""

    hard_soft: str
    proof_of: str
    evidence: EvidenceLevel  # unless the issuer says otherwise
    visible: frozenset[str]
    selective: frozenset[str]
    predicates: frozenset[str]
    required: frozenset[str]  # visible ones without which the credential says nothing


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Every credential carries these in the open, beside iss, vct, iat, nbf, exp and cnf.
COMMON = _names("schema_id evidence_level hard_soft proof_of as_of")

KINDS = {
    CredentialType.KYC: Kind(
        "hard",
        "identity",
        EvidenceLevel.INSTITUTION_SIGNED,
        visible=_names("kyc_passed level aml_screened_at aml_result method verifier_name"),
        selective=_names(
            "given_name family_name birthdate gender nationality residence document phone_verified"
        ),
        predicates=_names("age_over resident_of"),
        required=_names("kyc_passed level method"),
    ),
    CredentialType.COMMUNITY_MEMBERSHIP: Kind(
        "soft",
        "trustworthiness",
        EvidenceLevel.COMMUNITY_ATTESTED,
        visible=_names("group_kind group_did"),
        selective=_names(
            "group_name role member_since standing dues_paid_ratio members_count attendance_ratio"
        ),
        predicates=_names("member_over_years in_good_standing"),
        required=_names("group_kind"),
    ),
    CredentialType.CREDIT_HISTORY: Kind(
        "hard",
        "creditworthiness",
        EvidenceLevel.DATA_VERIFIED,
        visible=_names("product loan_status lender"),
        selective=_names(
            "loan_ref_hmac opened_at closed_at principal installments_due installments_paid"
            " days_past_due_max dpd_string arrears_amount collateral_type purpose guarantors_count"
        ),
        predicates=frozenset(),
        required=_names("product loan_status lender"),
    ),
}

_VCT = re.compile(rf"https?://[^\s?#]+/vct/({'|'.join(CredentialType)})/1")


def vct(base_url: str, type: CredentialType) -> str:
    """The address that names version 1 of a type at the node of `base_url`."""
    return f"{base_url}/vct/{type}/1"


def type_of(vct: object) -> CredentialType | None:
    """The type a `vct` names, if it is one of ours: any node may host it, trust is in the issuer."""
    found = _VCT.fullmatch(vct) if isinstance(vct, str) else None
    return CredentialType(found[1]) if found else None
