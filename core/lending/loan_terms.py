"""The terms of a loan as her own wallet shows and signs them (`transaction_data` of OpenID4VP 1.0).

One closed type: who reads it refuses every other type, every other field, and every field that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.errors import Refusal
from core.keys import jose
from core.keys.jose import Broken
from core.lending.offers import Quote
from core.refusal_codes import RefusalCode

TYPE = "urn:growr:loan-terms:1"


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What she agrees to. `terms_hash` is the SHA-256 that is kept with the loan: text, language and every term."""

    project: str
    principal: str
    currency: str
    total: str
    due_dates: list[str]
    terms_hash: str


_FIELDS = {field.name for field in fields(LoanTerms)}


def of(quote: Quote, *, project: str, terms_hash: str) -> LoanTerms:
    """The terms of a quote."""
    return LoanTerms(
        project=project, principal=quote.amount.plain, currency=quote.amount.currency, total=quote.total.plain,
        due_dates=[on.isoformat() for on, _ in quote.instalments], terms_hash=terms_hash,
    )  # fmt: skip


def write(terms: LoanTerms, credential_ids: Sequence[str]) -> str:
    """One entry of `transaction_data`; a wallet signs its hash with one of these credentials."""
    said = {"type": TYPE, "credential_ids": list(credential_ids), **asdict(terms)}
    return jose.b64u(jose.dumps(said).encode())


def read(text: str) -> LoanTerms:
    """The terms in an entry. Refuses transaction_data_invalid: another type, a field too many or too few."""
    try:
        said = jose.loads(jose.unb64u(text))
    except Broken as broken:
        raise Refusal(RefusalCode.TRANSACTION_DATA_INVALID, detail=broken.detail) from broken
    if not isinstance(said, dict) or said.get("type") != TYPE:
        raise Refusal(RefusalCode.TRANSACTION_DATA_INVALID, detail="type")
    told = {name: value for name, value in said.items() if name != "type"}
    ids = told.pop("credential_ids", None)
    fits = told.keys() == _FIELDS and all(_is_fit(name, value) for name, value in told.items())
    if not fits or not ids or not _are_texts(ids):
        raise Refusal(RefusalCode.TRANSACTION_DATA_INVALID, detail="fields")
    return LoanTerms(**told)


def _is_fit(name: str, value: Any) -> bool:
    if name == "due_dates":
        return _are_texts(value)
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
