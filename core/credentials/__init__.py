"""Credentials: issue them, show part of them, believe them or refuse them, and decide by them."""

from core.credentials import claims
from core.credentials.eligibility import (
    Criterion,
    Eligibility,
    attest,
    check_criteria,
    check_eligibility,
    read_attestation,
    requested,
)
from core.credentials.errors import refused
from core.credentials.nonces import forget_nonces, new_nonce, use_nonce
from core.credentials.sdjwt import Issuer, contents, issue, parse, present, received
from core.credentials.types import KINDS, CredentialType, EvidenceLevel, type_of, vct
from core.credentials.verify import Trust, Verified, verify

__all__ = [
    "KINDS",
    "CredentialType",
    "Criterion",
    "Eligibility",
    "EvidenceLevel",
    "Issuer",
    "Trust",
    "Verified",
    "attest",
    "check_criteria",
    "check_eligibility",
    "claims",
    "contents",
    "forget_nonces",
    "issue",
    "new_nonce",
    "parse",
    "present",
    "read_attestation",
    "received",
    "refused",
    "requested",
    "type_of",
    "use_nonce",
    "vct",
    "verify",
]
