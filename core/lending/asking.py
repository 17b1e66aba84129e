"""The conditions of a project, asked of a wallet that is not here: for a loan by phone, or at an originator's desk.

What a wallet shows is looked at and forgotten: there stays a loan or a signed "meets", "does not meet".
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from config.limits import (
    WALLET_QUESTION_DAYS,
    WALLET_QUESTION_SECONDS,
    WALLET_QUESTION_TRIES,
    WALLET_QUESTIONS_PER_DAY,
    WALLET_STATEMENT_DAYS,
)
from core.credentials import Criterion, Issuer, dcql, dcql_query, openid_vp
from core.credentials.openid_vp import Asked, Verifier
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, jose, secret_names
from core.lending import loan_terms, projects
from core.lending.applications import seal
from core.lending.asking_models import PresentationRequest
from core.lending.models import Loan, Project
from core.lending.offers import Quote
from core.lending.proof import believed
from core.refusal_codes import RefusalCode

MINUTES = WALLET_QUESTION_SECONDS // 60


class Outcome(StrEnum):
    """What a wallet answered to a desk."""

    MEETS = "meets"
    MEETS_NOT = "does not meet"
    WAITING = "waiting"
    OVER = "over"  # nobody answered in time, or nothing that could be believed


def ask_for_loan(
    db: Session,
    *,
    issuer: Issuer,
    user_id: uuid.UUID,
    project_id: uuid.UUID,
    quote: Quote,
    terms_text: str,
    language: str,
    idempotency_key: str,
    now: datetime,
) -> PresentationRequest:
    """Ask her wallet whether she may have this loan and agrees to its terms; the same key again asks once.

    An older question to her is over. Refuses questions_too_many.
    """
    if (known := _by_key(db, idempotency_key)) is not None:
        return known
    _check_rate(db, user_id, now)
    hers = update(PresentationRequest).where(PresentationRequest.user_id == user_id, *_open(now))
    db.execute(hers.values(expires_at=now))
    project = projects.get(db, project_id)
    terms_hash = seal(terms_text, language, quote.terms.to_json())
    terms = loan_terms.of(quote, project=project.name, terms_hash=terms_hash)
    ids = [one["id"] for one in query(db, project, issuer)["credentials"]]
    return _add(
        db, PresentationRequest(
            project_id=project_id, user_id=user_id, idempotency_key=idempotency_key, language=language,
            duration=quote.duration, terms_text=terms_text, terms=loan_terms.write(terms, ids),
        ), now,
    )  # fmt: skip


def ask_at_desk(
    db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, language: str, now: datetime
) -> PresentationRequest:
    """Ask the wallet of whoever stands there whether she meets the conditions of a project. Refuses project_unknown."""
    projects.find(db, organisation_id=organisation_id, project_id=project_id)
    key = f"desk:{uuid.uuid4().hex}"
    made = PresentationRequest(project_id=project_id, idempotency_key=key, language=language)
    return _add(db, made, now)


def address(keyring: Keyring, request: PresentationRequest, issuer: Issuer) -> str:
    """The page of a question; who knows it can print the code, and read the questions and the terms, not who she is."""
    return f"{issuer.base_url}/ask/{secret_names.name(_key(keyring, 'page'), request.id)}"


def link(keyring: Keyring, request: PresentationRequest, issuer: Issuer) -> str:
    """What the QR code of a question holds."""
    where = f"{address(keyring, request, issuer)}/request"
    return openid_vp.link(Verifier.of(keyring, issuer), where)


def find(db: Session, *, keyring: Keyring, secret: str, now: datetime) -> PresentationRequest:
    """The open question of this secret; refuses question_over for any other text."""
    request_id = secret_names.id_of(_key(keyring, "page"), secret)
    query = select(PresentationRequest).where(PresentationRequest.id == request_id, *_open(now))
    found = db.scalar(query) if request_id else None
    if found is None:
        raise Refusal(RefusalCode.QUESTION_OVER)
    return found


def question(
    db: Session, request: PresentationRequest, *, keyring: Keyring, issuer: Issuer, encrypted: bool
) -> Asked:
    """What is asked: nonce, state and key are made of the id of the request and kept nowhere."""
    key = keyring.p256_key(f"wallet question/{request.id.hex}") if encrypted else None
    return Asked(
        query=query(db, projects.get(db, request.project_id), issuer),
        nonce=secret_names.name(_key(keyring, "nonce"), request.id),
        state=secret_names.name(_key(keyring, "state"), request.id),
        response_uri=f"{address(keyring, request, issuer)}/answer",
        transaction_data=(request.terms,) if request.terms else (), encryption=key,
    )  # fmt: skip


def query(db: Session, project: Project, issuer: Issuer) -> dict[str, Any]:
    """The conditions of a project as a DCQL query, for types of this node and of the issuers it believes."""
    hosts = [issuer.base_url, *believed(db, project)]
    return dcql_query.query(project.eligibility_criteria, list(dict.fromkeys(hosts)))


def criteria(project: Project) -> list[list[Criterion]]:
    """Each way to meet the conditions of a project."""
    return dcql.options(project.eligibility_criteria)


def outcome(request: PresentationRequest, now: datetime) -> Outcome:
    """What is known at a desk."""
    if request.statement is not None:
        met = jose.parse(request.statement).payload["met"]
        return Outcome.MEETS if met else Outcome.MEETS_NOT
    is_open = request.expires_at > now and request.tries < WALLET_QUESTION_TRIES
    return Outcome.WAITING if is_open else Outcome.OVER


def by_wallet(db: Session, loan: Loan) -> bool:
    """Whether she agreed to this loan in her own wallet."""
    query = select(PresentationRequest.id).where(PresentationRequest.loan_id == loan.id)
    return db.scalar(query) is not None


def count_try(db: Session, request: PresentationRequest, now: datetime) -> None:
    """Count an answer before it is looked at; the caller commits. Refuses question_over."""
    mine = update(PresentationRequest).where(PresentationRequest.id == request.id, *_open(now))
    counted = mine.values(tries=PresentationRequest.tries + 1).returning(PresentationRequest.id)
    if db.execute(counted).first() is None:
        raise Refusal(RefusalCode.QUESTION_OVER)


def note_problem(db: Session, request_id: uuid.UUID, problem: str) -> None:
    """Keep why an answer was not taken, in a word."""
    mine = update(PresentationRequest).where(PresentationRequest.id == request_id)
    db.execute(mine.values(problem=problem[:60]))


def forget_questions(db: Session, *, now: datetime) -> None:
    """Delete what nobody answered, and after a month what was answered at a desk; of a loan it stays with the loan."""
    over = PresentationRequest.expires_at <= now - timedelta(days=WALLET_QUESTION_DAYS)
    db.execute(delete(PresentationRequest).where(over, PresentationRequest.answered_at.is_(None)))
    old = PresentationRequest.expires_at <= now - timedelta(days=WALLET_STATEMENT_DAYS)
    db.execute(delete(PresentationRequest).where(old, PresentationRequest.user_id.is_(None)))


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What a question that can still be answered is like."""
    return (
        PresentationRequest.expires_at > now, PresentationRequest.answered_at.is_(None),
        PresentationRequest.tries < WALLET_QUESTION_TRIES,
    )  # fmt: skip


def _add(db: Session, made: PresentationRequest, now: datetime) -> PresentationRequest:
    made.id, made.created_at, made.tries = uuid.uuid4(), now, 0
    made.expires_at = now + timedelta(seconds=WALLET_QUESTION_SECONDS)
    db.add(made)
    db.flush()
    return made


def _by_key(db: Session, key: str) -> PresentationRequest | None:
    found = select(PresentationRequest).where(PresentationRequest.idempotency_key == key)
    return db.scalar(found)


def _check_rate(db: Session, user_id: uuid.UUID, now: datetime) -> None:
    recent = PresentationRequest.created_at > now - timedelta(days=1)
    mine = select(func.count()).where(PresentationRequest.user_id == user_id, recent)
    if (db.scalar(mine) or 0) >= WALLET_QUESTIONS_PER_DAY:
        raise Refusal(RefusalCode.QUESTIONS_TOO_MANY)


def _key(keyring: Keyring, use: str) -> bytes:
    return keyring.derive(f"wallet question/{use}")
