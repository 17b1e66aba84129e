"""Believe a credential only if every single check passes, whatever its format; every refusal has one stable reason.

Each format has its own reader; the status lists, which another may hold, are asked last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from config.limits import CREDENTIAL_CHARACTERS
from core.credentials import presentations, sdjwt_verify, status_ref, vcjwt
from core.credentials.errors import refused, refusing
from core.credentials.question import Question, Verified
from core.credentials.signers import Trust
from core.credentials.status_ref import StatusReader
from core.credentials.types import CredentialType
from core.keys import jose


def verify(
    text: str,
    *,
    trust: Trust,
    type: CredentialType | None,
    audience: str | None,
    nonce: str | None,
    now: datetime,
    require_binding: bool = True,
    transaction_data: Sequence[str] = (),
    status: StatusReader | None = None,
) -> Verified:
    """What a credential or presentation proves; `status` answers for its lists, and without it none may be named.

    Refuses `credential_refused` with the reason.
    """
    assert not require_binding or (audience and nonce), (
        "a binding is for one verifier and one nonce"
    )
    question = Question(trust, audience, nonce, now, type, require_binding, tuple(transaction_data))
    with refusing():
        found = _read(text, question)
    status_ref.check(found.status, status)
    return found


def _read(text: str, question: Question) -> Verified:
    if len(text) > CREDENTIAL_CHARACTERS:
        raise refused("malformed", "too_large")
    if text.startswith("{"):
        return _read_json(text, question)
    if "~" in text:
        return sdjwt_verify.read(text, question)
    if question.transaction_data:
        raise refused("binding", "transaction")  # only a key binding of an SD-JWT can approve one
    token = jose.parse(text)
    if token.header.get("typ") == presentations.TYP:
        return presentations.read_token(token, question)
    found = vcjwt.read(text, question)
    if question.require_binding:
        raise refused("binding", "missing")
    return found


def _read_json(text: str, question: Question) -> Verified:
    document = jose.loads(text)
    if not isinstance(document, dict):
        raise refused("malformed", "json")
    if question.transaction_data:
        raise refused("binding", "transaction")
    return presentations.read_document(document, question)
