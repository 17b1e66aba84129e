"""From yes to a loan: her eligibility is verified, the terms are copied, the money is asked for. All or nothing."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import rfc8785
from sqlalchemy import func, select

from core import credentials, payments, people
from core.books import Book
from core.credentials import Shown, Trust
from core.db import Session
from core.errors import Refusal
from core.lending import account, cancelling, codes, community, groups, projects, proof
from core.lending.affordability import check_affordable
from core.lending.late_settlement import check_no_late_money
from core.lending.models import Loan, Project
from core.lending.notices import tell
from core.lending.offers import Quote, check, make_quote
from core.lending.state import EventKind
from core.lending.tranches import plan
from core.messaging import Template
from core.money import Money
from core.payments import PaymentKind
from core.people import User, UserState
from core.refusal_codes import RefusalCode


def apply(
    db: Session,
    *,
    user_id: uuid.UUID,
    project_id: uuid.UUID,
    amount: Money,
    duration: int,
    presentations: Shown,
    holder_did: str,
    nonce: str,
    trust: Trust,
    audience: str,
    terms_text: str,
    language: str,
    idempotency_key: str,
    now: datetime,
    holder_keys: Collection[str] | None = None,
    transaction_data: Sequence[str] = (),
) -> Loan:
    """Make the loan she accepted and ask for its payout; the same key again is the same loan.

    `holder_keys` and `transaction_data` are for what her own wallet shows (core.lending.asking).

    Refuses user_blocked, loan_already_open, late_money_open, group_needed, group_not_agreed, group_not_ready,
    group_debt_open, what `quote` refuses, not_eligible and credential_refused.
    """
    user = _lock_user(db, user_id)
    if (known := by_key(db, idempotency_key)) is not None:
        return _the_same(known, user_id, project_id, amount, duration)
    project = projects.lock(db, project_id)
    failed = _check_borrower(db, user, project)
    group = groups.check_member(db, project, user_id)
    today = check(db, project, user_id=user_id, amount=amount, duration=duration, now=now)
    eligible = proof.check(
        db, project, presentations, holder_did=holder_did, audience=audience, nonce=nonce, trust=trust, now=now,
        holder_keys=holder_keys, transaction_data=transaction_data,
    )  # fmt: skip
    credentials.use_nonce(db, nonce, now)
    for loan in failed:  # the money of these did not reach her; the new loan takes their place
        cancelling.cancel(db, loan, now)
    quote = make_quote(project.terms(amount, duration), today)
    check_affordable(db, project, user_id=user_id, amount=amount, dues=quote.instalments, now=now)
    loan = _make(db, user, project, quote, today)
    loan.group_id = group.id if group else None
    loan.eligibility = proof.statement(db, eligible, project)
    loan.idempotency_key, loan.user_did, loan.created_at = idempotency_key, holder_did, now
    loan.accepted_at, loan.accepted_language = now, language
    loan.accepted_text, loan.accepted_hash = terms_text, seal(terms_text, language, loan.agreed)
    return _approve(db, loan, user, quote, today, now)


def by_key(db: Session, idempotency_key: str) -> Loan | None:
    """The loan made with this key."""
    return db.scalar(select(Loan).where(Loan.idempotency_key == idempotency_key))


def cancel(db: Session, *, organisation_id: uuid.UUID, loan_id: uuid.UUID, now: datetime) -> Loan:
    """Give up a loan whose money did not reach her. Refuses any other, loan_unknown."""
    loan = account.lock_own(db, organisation_id, loan_id)
    if not loan.may_be_cancelled:
        raise Refusal(RefusalCode.LOAN_NOT_CANCELLABLE)
    cancelling.cancel(db, loan, now)
    return loan


def disburse_again(
    db: Session, *, organisation_id: uuid.UUID, loan_id: uuid.UUID, now: datetime
) -> Loan:
    """Send the money once more after it certainly did not arrive. Refuses any other, loan_unknown, late_money_open."""
    loan = account.lock_own(db, organisation_id, loan_id)
    if not loan.may_be_cancelled:
        raise Refusal(RefusalCode.LOAN_NOT_CANCELLABLE)
    check_no_late_money(db, loan.user_id)
    loan.disbursement_failed_at = None
    _ask_for_payout(
        db, loan, people.get(db, loan.user_id), f"loan:{loan.id}:payout:{now.isoformat()}", now
    )
    return loan


def _lock_user(db: Session, user_id: uuid.UUID) -> User:
    """Two applications of one person come one after the other, whatever the projects."""
    query = select(User).where(User.id == user_id).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one()


def _check_borrower(db: Session, user: User, project: Project) -> list[Loan]:
    """Refuse whom the project cannot lend to; her loans that failed to reach her, which do not count."""
    if user.state is not UserState.ACTIVE:
        raise Refusal(RefusalCode.USER_BLOCKED)
    query = select(Loan).where(Loan.user_id == user.id, Loan.status.in_(projects.OPEN))
    found = list(db.scalars(query.order_by(Loan.id)))
    failed = [account.lock(db, loan.id) for loan in found if loan.may_be_cancelled]
    failed = [loan for loan in failed if loan.may_be_cancelled]
    if len(found) - len(failed) >= project.max_open_loans:
        raise Refusal(RefusalCode.LOAN_ALREADY_OPEN)
    check_no_late_money(db, user.id)
    if (owing := community.debt_of(db, user.id)) is not None:
        raise Refusal(RefusalCode.GROUP_DEBT_OPEN, loan=owing.code)
    return failed


def _the_same(
    known: Loan, user_id: uuid.UUID, project_id: uuid.UUID, amount: Money, duration: int
) -> Loan:
    terms = known.terms
    asked = (user_id, project_id, amount, duration)
    if asked != (known.user_id, known.project_id, known.money(terms.principal), terms.duration):
        raise Refusal(RefusalCode.IDEMPOTENCY_KEY_REUSED)
    return known


def _make(db: Session, user: User, project: Project, quote: Quote, today: date) -> Loan:
    return Loan(
        id=uuid.uuid4(), code=codes.fresh(lambda code: _is_taken(db, code)), project_id=project.id,
        organisation_id=project.organisation_id, user_id=user.id, rail=project.rail,
        agreed=quote.terms.to_json(), currency=project.currency, contract_amount=quote.amount.minor,
        interest_amount=quote.interest.minor, commitment_amount=quote.total.minor, as_of=today,
        events=0, principal_outstanding=0, interest_earned=0, interest_paid=0,
        repaid_amount=0, outstanding=0, credit=0, returning=0, cash_back_owed=0,
    )  # fmt: skip


def _is_taken(db: Session, code: str) -> bool:
    return bool(db.scalar(select(func.count()).where(Loan.code == code)))


def seal(text: str, language: str, terms: dict[str, Any]) -> str:
    """SHA-256 of what was agreed: the text she read, its language, and the terms as JSON."""
    agreed: dict[str, Any] = {"text": text, "language": language, "terms": terms}
    return hashlib.sha256(rfc8785.dumps(agreed)).hexdigest()


def _approve(db: Session, loan: Loan, user: User, quote: Quote, today: date, now: datetime) -> Loan:
    db.add(loan)
    db.flush()
    account.record(db, loan, EventKind.APPROVED, today)
    account.book(db, loan, kind="loan.approval", reference=str(loan.id), on=today, now=now)
    account.note(
        db, Book.LOAN, loan, "loan.approved", str(loan.id), now, status=loan.status, amount=loan.contract_amount,
        interest=loan.interest_amount, terms=loan.accepted_hash,
    )  # fmt: skip
    _ask_for_payout(db, loan, user, f"loan:{loan.id}:payout", now)
    _tell_terms(db, loan, quote, now)
    return loan


def _tell_terms(db: Session, loan: Loan, quote: Quote, now: datetime) -> None:
    key, said = (
        str(loan.id),
        {"received": quote.received, "total": quote.total, "apr": quote.apr or 0},
    )
    if len(quote.parts) > 1:
        tell(db, loan, Template.LOAN_TERMS_PARTS, key, now, first=quote.parts[0], **said)
        return
    due_on, first = quote.instalments[0]
    tell(db, loan, Template.LOAN_TERMS, key, now, first_due=due_on, first_amount=first, **said)


def _ask_for_payout(db: Session, loan: Loan, user: User, key: str, now: datetime) -> None:
    payments.request(
        db, kind=PaymentKind.DISBURSEMENT, rail=loan.rail, money=plan(loan.terms)[0].received, phone=user.phone,
        loan_id=loan.id, account_reference=loan.code, idempotency_key=key, now=now,
    )  # fmt: skip
