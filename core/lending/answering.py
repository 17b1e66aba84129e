"""The answer of a wallet: believed only if it is hers, to this question, just now, and then acted on at once.

First what she shows is judged, and only then anything of her is looked up: who has no more than the address of a
question learns nothing of her from how it is answered.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core import credentials, sscr
from core.credentials import Eligibility, Trust, binding
from core.credentials.eligibility import criteria_hash
from core.db import Session
from core.errors import Refusal
from core.keys import did
from core.lending import loan_terms, projects, proof
from core.lending.applications import apply, seal
from core.lending.asking_models import PresentationRequest
from core.lending.models import Loan, Project
from core.lending.offers import quote
from core.money import parse
from core.refusal_codes import RefusalCode


@dataclass(frozen=True, slots=True)
class Answer:
    """What a wallet showed, for which question, and whom we believe."""

    presentations: Mapping[str, str]  # by the id of their query
    nonce: str
    audience: str
    trust: Trust
    now: datetime

    @property
    def holder_did(self) -> str:
        """The key of the first presentation by its name; nothing of it is believed here."""
        return did.from_jwk(binding.shown_by(next(iter(self.presentations.values()))))


def settle(db: Session, *, request_id: uuid.UUID, answer: Answer) -> PresentationRequest:
    """Make the loan, or write down for a desk whether the conditions are met; once.

    Refuses question_over, credential_refused, terms_changed, and of a loan all that `apply` refuses.
    """
    request = _lock(db, request_id, answer.now)
    if request.user_id is None:
        request.statement = _attested(db, request, answer)
        credentials.use_nonce(db, answer.nonce, answer.now)
    else:
        request.loan_id = _borrow(db, request, request.user_id, answer).id
    request.answered_at, request.problem = answer.now, ""
    request.terms = request.terms_text = ""  # they are with the loan
    return request


def _lock(db: Session, request_id: uuid.UUID, now: datetime) -> PresentationRequest:
    """Two answers come one after the other, and the second one too late."""
    query = select(PresentationRequest).where(PresentationRequest.id == request_id)
    again = query.with_for_update().execution_options(populate_existing=True)
    found = db.scalars(again).one()
    if found.answered_at is not None or found.expires_at <= now:
        raise Refusal(RefusalCode.QUESTION_OVER)
    return found


def _attested(db: Session, request: PresentationRequest, answer: Answer) -> str | None:
    """Yes or no, signed. What could not be believed is neither."""
    project = projects.get(db, request.project_id)
    try:
        eligible = _prove(db, project, answer)
    except Refusal as refusal:
        if refusal.code != RefusalCode.NOT_ELIGIBLE:
            raise
        asked = criteria_hash(project.eligibility_criteria)
        eligible = Eligibility(answer.holder_did, asked, False, answer.now)
    return proof.statement(db, eligible, project)


def _prove(
    db: Session,
    project: Project,
    answer: Answer,
    keys: frozenset[str] | None = None,
    terms: Sequence[str] = (),
) -> Eligibility:
    return proof.check(
        db, project, answer.presentations, holder_did=answer.holder_did, audience=answer.audience, nonce=answer.nonce,
        trust=answer.trust, now=answer.now, holder_keys=keys, transaction_data=terms,
    )  # fmt: skip


def _borrow(db: Session, request: PresentationRequest, user_id: uuid.UUID, answer: Answer) -> Loan:
    project, keys = projects.get(db, request.project_id), sscr.wallet_keys(db, user_id)
    _prove(db, project, answer, keys, (request.terms,))
    agreed = loan_terms.read(request.terms)
    amount = parse(agreed.currency, agreed.principal)
    today = quote(
        db, project_id=project.id, user_id=user_id, amount=amount, duration=request.duration, now=answer.now
    )  # fmt: skip
    terms_hash = seal(request.terms_text, request.language, today.terms.to_json())
    if loan_terms.of(today, project=project.name, terms_hash=terms_hash) != agreed:
        raise Refusal(
            RefusalCode.TERMS_CHANGED
        )  # a day has passed: she agrees only to what she read
    return apply(
        db, user_id=user_id, project_id=project.id, amount=amount, duration=request.duration,
        presentations=answer.presentations, holder_did=answer.holder_did, nonce=answer.nonce,
        audience=answer.audience, trust=answer.trust, terms_text=request.terms_text,
        language=request.language, idempotency_key=f"wallet:{request.id}", now=answer.now,
        holder_keys=keys, transaction_data=(request.terms,),
    )  # fmt: skip
