"""Credentials: issue them, show part of them, believe them or refuse them, and decide by them."""

from core.credentials import claims, dcql, status, trust
from core.credentials.dcql import Criteria, Criterion
from core.credentials.eligibility import (
    Eligibility,
    Shown,
    attest,
    check_eligibility,
    read_attestation,
    requested,
)
from core.credentials.errors import refused
from core.credentials.formats import Format, issue, missing_claims, present
from core.credentials.issuer import Issuer, address_keys, trusted_keys
from core.credentials.labels import TITLES
from core.credentials.minting import mint
from core.credentials.nonces import forget_nonces, new_nonce, use_nonce
from core.credentials.question import Verified
from core.credentials.sdjwt import Held, contents, parse, received
from core.credentials.signers import Trust
from core.credentials.status_reading import status_reader
from core.credentials.status_ref import StatusAnswer, StatusReader, StatusRef
from core.credentials.types import KINDS, CredentialType, EvidenceLevel, type_of, vct
from core.credentials.verify import verify

__all__ = [
    "KINDS",
    "TITLES",
    "CredentialType",
    "Criteria",
    "Criterion",
    "Eligibility",
    "EvidenceLevel",
    "Format",
    "Held",
    "Issuer",
    "Shown",
    "StatusAnswer",
    "StatusReader",
    "StatusRef",
    "Trust",
    "Verified",
    "address_keys",
    "attest",
    "check_eligibility",
    "claims",
    "contents",
    "dcql",
    "forget_nonces",
    "issue",
    "mint",
    "missing_claims",
    "new_nonce",
    "parse",
    "present",
    "read_attestation",
    "received",
    "refused",
    "requested",
    "status",
    "status_reader",
    "trust",
    "trusted_keys",
    "type_of",
    "use_nonce",
    "vct",
    "verify",
]
