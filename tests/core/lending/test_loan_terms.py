"""The terms a wallet signs are one closed type: nothing else is read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from core.errors import Refusal
from core.keys import jose
from core.lending import loan_terms
from core.lending.loan_terms import LoanTerms

TERMS = LoanTerms(
    project="Harvest", principal="2000", currency="KES", total="2060",
    due_dates=["2026-12-21"], terms_hash="a" * 64,
)  # fmt: skip


def packed(**changes: Any) -> str:
    words = {"type": loan_terms.TYPE, "credential_ids": ["kyc"], **asdict(TERMS)} | changes
    kept = {name: value for name, value in words.items() if value is not None}
    return jose.b64u(jose.dumps(kept).encode())


def test_what_is_written_is_read() -> None:
    assert loan_terms.read(loan_terms.write(TERMS, ["kyc"])) == TERMS


@pytest.mark.parametrize(
    "text",
    [
        packed(type="urn:growr:loan-terms:2"),
        packed(type=None),
        packed(rate="0"),
        packed(credential_ids=None),
        packed(credential_ids=[]),
        packed(credential_ids=[1]),
        packed(total=None),
        packed(total=2060),
        packed(due_dates="2026-12-21"),
        packed(due_dates=[1]),
        "not base64!",
        jose.b64u(b"[]"),
        jose.b64u(b"{"),
    ],
)
def test_another_type_a_field_more_or_less_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="transaction_data_invalid"):
        loan_terms.read(text)
