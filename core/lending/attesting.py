"""What we attest of a loan that ended: into her record here, or to the wallet she took her record to.

A wallet is not here when a loan closes. So what it is to get is written down (`sscr.owe`), and what that will say is
read from the books when it is offered: nothing of it lies about in between.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from config.limits import CREDIT_HISTORY_DAYS, CREDIT_SUMMARY_DAYS
from core import credentials, people, sscr
from core.credentials import CredentialType, Issuer
from core.credentials.claims import credit_history
from core.db import Session
from core.errors import Refusal
from core.lending import account, credit_summary
from core.lending.models import Loan
from core.lending.notices import tell
from core.lending.state import LoanState
from core.lending.state.overdue import counted
from core.messaging import Template
from core.refusal_codes import RefusalCode
from core.sscr import Draft
from core.words import mark, words

TITLE = mark("Credit history, loan {code}")
HISTORY, SUMMARY = CredentialType.CREDIT_HISTORY, CredentialType.CREDIT_SUMMARY
_REOPENED = "the loan is open again"


def attest(db: Session, loan: Loan, after: LoanState, now: datetime) -> None:
    """A credential about this loan, and a summary of all, where the node can sign and she has where to keep them."""
    issuer: Issuer | None = db.info.get("issuer")
    if issuer is None:
        return
    if sscr.is_in_wallet(db, loan.user_id):
        sscr.owe(db, owner_id=loan.user_id, type=HISTORY, reference=_name(loan), now=now)
        _owe_summary(db, loan.user_id, now)
    elif sscr.record_of(db, loan.user_id) is not None:
        _deliver(db, loan, after, issuer, now)


def take_back(db: Session, loan: Loan, now: datetime) -> None:
    """The loan is open again: what was attested of its end is revoked, and her summary made anew."""
    issuer: Issuer | None = db.info.get("issuer")
    if issuer is None:
        return
    revoked = _revoke(db, loan.user_id, HISTORY, _name(loan), issuer, now)
    was_owed = sscr.owe_no_more(db, owner_id=loan.user_id, type=HISTORY, reference=_name(loan))
    if not (revoked or was_owed):
        return
    if sscr.record_of(db, loan.user_id) is not None:
        credit_summary.refresh(db, user_id=loan.user_id, issuer=issuer, now=now)
        return
    _revoke(db, loan.user_id, SUMMARY, "", issuer, now)
    if sscr.is_in_wallet(db, loan.user_id):
        _owe_summary(db, loan.user_id, now)


def ask_for_wallet(db: Session, *, user_id: uuid.UUID, now: datetime) -> None:
    """She wants in her wallet what it lacks, and a summary as of today. Refuses no_record, nothing_to_summarise."""
    if not sscr.is_in_wallet(db, user_id):
        raise Refusal(RefusalCode.NO_RECORD)
    if credit_summary.claims_of(db, user_id, now) is None:
        raise Refusal(RefusalCode.NOTHING_TO_SUMMARISE)
    _owe_summary(db, user_id, now)


def drafts(db: Session, *, user_id: uuid.UUID, now: datetime) -> list[Draft]:
    """What is owed to her wallet, as our books have it now."""
    made = []
    for type, reference in sscr.owed(db, user_id):
        draft = _summary(db, user_id, now) if type == SUMMARY else _history(db, reference, now)
        made += [draft] if draft else []
    return made


def _deliver(db: Session, loan: Loan, after: LoanState, issuer: Issuer, now: datetime) -> None:
    lender = people.organisation(db, loan.organisation_id).name
    expires = now + timedelta(days=CREDIT_HISTORY_DAYS)
    credential = credentials.mint(
        db, issuer=issuer, type=HISTORY, claims=_claims(db, loan, after),
        holder_jwk=sscr.holder_jwk(db, loan.user_id), owner_id=loan.user_id, reference=_name(loan),
        now=now, expires_at=expires,
    )  # fmt: skip
    sscr.deliver(
        db, owner_id=loan.user_id, credential=credential, type=HISTORY, issuer=lender, issued_at=now,
        expires_at=expires, now=now,
    )  # fmt: skip
    credit_summary.refresh(db, user_id=loan.user_id, issuer=issuer, now=now)
    language = people.get(db, loan.user_id).language
    title = words(language).say(TITLE, code=loan.code)
    tell(db, loan, Template.CREDENTIAL_ADDED, f"{loan.id}:{loan.events}", now, title=title)


def _owe_summary(db: Session, user_id: uuid.UUID, now: datetime) -> None:
    sscr.owe(db, owner_id=user_id, type=SUMMARY, reference="", now=now)


def _revoke(
    db: Session, user_id: uuid.UUID, type: str, reference: str, issuer: Issuer, now: datetime
) -> int:
    return credentials.status.supersede(
        db, owner_id=user_id, type=type, reference=reference, reason=_REOPENED, by=issuer.did, now=now
    )  # fmt: skip


def _history(db: Session, reference: str, now: datetime) -> Draft | None:
    """How a loan went; it is believed for as long as one made on the day the loan closed."""
    loan = db.get_one(Loan, uuid.UUID(reference.removeprefix("loan:")))
    today = account.today(db, loan, now)
    state = account.state(db, loan, max(today, loan.as_of))
    if state.closed_on is None:
        return None
    expires = now + timedelta(days=CREDIT_HISTORY_DAYS) - (today - state.closed_on)
    return Draft(HISTORY, reference, _claims(db, loan, state), expires) if expires > now else None


def _summary(db: Session, user_id: uuid.UUID, now: datetime) -> Draft | None:
    claims = credit_summary.claims_of(db, user_id, now)
    expires = now + timedelta(days=CREDIT_SUMMARY_DAYS)
    return Draft(SUMMARY, "", claims, expires) if claims else None


def _name(loan: Loan) -> str:
    return f"loan:{loan.id}"


def _claims(db: Session, loan: Loan, after: LoanState) -> dict[str, object]:
    assert after.disbursed_on is not None, loan.id
    late = [
        counted(after.pauses, row.due_on, row.paid_on)
        for row in after.rows
        if row.paid_on is not None
    ]
    return credit_history(
        product=str(loan.terms.model), status="closed",
        lender=people.organisation(db, loan.organisation_id).name,
        loan_ref_hmac=_reference(db, loan.id), opened_at=after.disbursed_on, closed_at=after.closed_on,
        principal=loan.money(loan.disbursed), installments_due=len(after.rows),
        installments_paid=len(late), days_past_due_max=max(0, *late),
    )  # fmt: skip


def _reference(db: Session, loan_id: uuid.UUID) -> str:
    """Names the loan to the lender alone: nobody else can match it with the key in the books."""
    secret = bytes(db.info["book_key"])
    return hashlib.blake2b(
        loan_id.bytes, key=secret, digest_size=16, person=b"loan_ref"
    ).hexdigest()
