"""A cooperative with a project and people who borrow, on a real database; only the rail is played here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nacl.signing import SigningKey
from sqlalchemy import select

from core import books, credentials, ledger, lending, messaging, payments, people
from core.books import Book, BookEntry
from core.credentials import Issuer
from core.db import Session
from core.keys import did, jose
from core.ledger import Account
from core.lending import Loan, Project, account, movements
from core.lending.models import Instalment
from core.messaging import Message
from core.money import Money
from core.payments import Method, Payment, PaymentKind, PaymentState, postings
from core.people import Role, User, UserState

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
AUDIENCE = "did:web:node.example"
ISSUER = Issuer(AUDIENCE, "https://node.example", SigningKey(b"i" * 32))
TRUST = {ISSUER.did: [ISSUER.jwk]}
ADULT = [{"type": "kyc", "claims": [{"path": ["age_over", "18"], "values": [True]}]}]


def kes(shillings: int) -> Money:
    return Money("KES", shillings * 100)


def project_json(**changed: Any) -> dict[str, Any]:
    """What an originator writes: KES 500 to 20,000 over one to four months at 24 percent."""
    return {
        "name": "Maize inputs", "start_date": "2026-11-01", "end_date": "2027-10-31", "currency": "KES",
        "amount": "100000", "eligibility_criteria": ADULT, "repayment_model": "fixed",
        "loan_min_amount": "1000", "loan_max_amount": "20000", "loan_min_duration": 1,
        "loan_max_duration": 4, "interest_rate": "24", "disbursement_fee": "2", "cash_back_rate": "1",
        "grace_period": 3, "default_after_days": 30, "approval_reference": "CBK-2026-17",
        **changed,
    }  # fmt: skip


@dataclass
class Village:
    """The project, one borrower, and the time it is."""

    db: Session
    project: Project
    borrower: User
    now: datetime

    def at(self, **later: float) -> Village:
        return replace(self, now=self.now + timedelta(**later))

    def on(self, day: date) -> Village:
        """The same village at half past ten (in Nairobi) of another day."""
        return replace(self, now=datetime(day.year, day.month, day.day, 7, 30, tzinfo=UTC))

    # --- borrowing
    def apply(self, amount: Money | None = None, duration: int = 4, **changed: Any) -> Loan:
        """Take a loan; changes are passed to `lending.apply`."""
        nonce = uuid.uuid4().hex
        given: dict[str, Any] = {
            "user_id": self.borrower.id, "project_id": self.project.id, "amount": amount or kes(1_000),
            "duration": duration, "presentations": [presentation(nonce, self.now)], "holder_did": holder_did(),
            "nonce": nonce, "trust": TRUST, "audience": AUDIENCE, "terms_text": "You get KES 980.",
            "language": "en", "idempotency_key": nonce, "now": self.now,
        }  # fmt: skip
        return lending.apply(self.db, **{**given, **changed})

    def borrow(self, amount: Money | None = None, duration: int = 4) -> Loan:
        """Take a loan and receive its money."""
        loan = self.apply(amount, duration)
        self.settle(self.payment(loan, PaymentKind.DISBURSEMENT))
        return loan

    # --- the rail
    def settle(self, payment: Payment) -> None:
        settle(self.db, payment, self.now)

    def fail(self, payment: Payment, code: str = "cancelled") -> None:
        payment.state, payment.failure = PaymentState.FAILED, code
        if payment.goes_out:
            postings.void(self.db, payment, self.now)
        lending.payment_failed(self.db, payment=payment, now=self.now)

    def pay(self, loan: Loan, amount: Money) -> Payment:
        """She pays in by herself, with the loan's code."""
        payment = pay_in(self.db, loan.id, loan.code, amount, self.now)
        self.settle(payment)
        return payment

    # --- what can be seen
    def payment(self, loan: Loan, kind: PaymentKind) -> Payment:
        """The newest payment of a kind."""
        found = [p for p in payments.of_loan(self.db, loan.id, 50) if p.kind is kind]
        assert found, f"no {kind} was asked for"
        return max(found, key=lambda payment: payment.created_at)

    def asked_for(self, loan: Loan, kind: PaymentKind) -> bool:
        return any(p.kind is kind for p in payments.of_loan(self.db, loan.id, 50))

    def texts(self, template: messaging.Template) -> list[str]:
        query = select(Message).where(Message.template == template).order_by(Message.created_at)
        return [message.text for message in self.db.scalars(query)]

    def standing(self, loan: Loan) -> lending.Standing:
        return lending.standing(self.db, loan.id, on=lending.today(self.db, loan.id, now=self.now))

    def balance(self, account: Account) -> int:
        return ledger.balance(self.db, account, "KES").minor

    def check(self) -> None:
        """What must hold after everything: the trial balance is zero, stored figures equal the refold."""
        assert sum(money.minor for money in ledger.balances(self.db).values()) == 0
        loans = list(self.db.scalars(select(Loan)))
        for loan in loans:
            check_loan(self.db, loan)
        portfolio = sum(loan.principal_outstanding for loan in loans)
        assert self.balance(Account.LOAN_PORTFOLIO) == portfolio
        accrued, unearned, income = (
            ledger.balance(self.db, account, "KES", self.project.id).minor
            for account in (
                Account.INTEREST_ACCRUED,
                Account.INTEREST_UNEARNED,
                Account.INTEREST_INCOME,
            )
        )
        assert accrued == sum(loan.interest_accrued for loan in loans)
        assert unearned == -sum(loan.interest_unearned for loan in loans)
        assert income == -sum(loan.interest_earned for loan in loans)


def check_loan(db: Session, loan: Loan) -> None:
    """Stored figures and instalments are those of the fold, and the ledger shows them."""
    db.refresh(loan)
    state = account.state(db, loan, loan.as_of)
    for name, value in movements.figures(state).items():
        assert getattr(loan, name) == value, name
    query = select(Instalment).where(Instalment.loan_id == loan.id).order_by(Instalment.number)
    assert tuple(row.state for row in db.scalars(query)) == state.rows
    assert (
        sum(row.principal - row.principal_paid for row in state.rows) == state.principal_outstanding
    )
    came, gone = state.disbursed + state.charged_back, state.principal_paid + state.fee_returned
    assert state.principal_outstanding == came - gone - state.principal_written_off
    for owed, minor in owed_by_account(loan).items():
        assert ledger.balance(db, owed, loan.currency, loan.id).minor == minor, owed


def owed_by_account(loan: Loan) -> dict[Account, int]:
    """What each account must hold of one loan."""
    interest = loan.interest_paid + loan.interest_waived + loan.interest_written_off
    fees = loan.fees_paid + loan.fees_waived + loan.fees_written_off
    penalties = loan.penalties_paid + loan.penalties_waived + loan.penalties_written_off
    return {
        Account.LOAN_PORTFOLIO: loan.principal_outstanding,
        Account.INTEREST_RECEIVABLE: loan.interest_billed - interest,
        Account.FEES_RECEIVABLE: loan.fees_charged - fees,
        Account.PENALTIES_RECEIVABLE: loan.penalties_charged - penalties,
        Account.BORROWER_CREDIT: -loan.credit,
        Account.CASH_BACK_PAYABLE: -loan.cash_back_owed,
    }


def settle(db: Session, payment: Payment, now: datetime) -> None:
    """What the jobs of payments do when the rail says yes: receipt, ledger, lending."""
    payment.state = PaymentState.SETTLED
    payment.receipt = payment.receipt or f"R{payment.id.hex[:9].upper()}"
    if not payment.goes_out:
        postings.receipt(db, payment, payment.money, now)
    lending.payment_settled(db, payment=payment, now=now)


def pay_in(
    db: Session, loan_id: uuid.UUID | None, code: str, amount: Money, now: datetime
) -> Payment:
    receipt = uuid.uuid4().hex[:10].upper()
    payment = Payment(
        id=uuid.uuid4(), kind=PaymentKind.REPAYMENT, method=Method.PAY_IN, state=PaymentState.UNKNOWN,
        rail="mpesa", phone="", currency=amount.currency, asked=amount.minor, amount=amount.minor,
        loan_id=loan_id, account_reference=code, idempotency_key=f"mpesa:{receipt}", receipt=receipt,
        opened_at=now, created_at=now,
    )  # fmt: skip
    db.add(payment)
    db.flush()
    return payment


def found(db: Session, **project: Any) -> Village:
    """A cooperative with an active project and one active borrower."""
    coop = people.create_organisation(
        db, name="Nakuru Farmers", country="KE", currency="KES", timezone="Africa/Nairobi",
        support_phone="+254700000001",
    )  # fmt: skip
    made = lending.create_project(
        db, organisation_id=coop.id, data=project_json(**project), now=NOW
    )
    lending.activate(db, organisation_id=made.organisation_id, project_id=made.id, now=NOW)
    db.info["paybill"] = "174379"
    return Village(db, made, borrower(db, coop.id), NOW)


def borrower(db: Session, organisation_id: uuid.UUID, number: int = 1) -> User:
    user = User(
        organisation_id=organisation_id, role=Role.BORROWER, state=UserState.ACTIVE,
        phone=f"+2547120000{number:02}", language="en", given_name="Amina", family_name="Otieno",
    )  # fmt: skip
    db.add(user)
    db.flush()
    return user


HOLDER = SigningKey(b"h" * 32)


def holder_did() -> str:
    return did.from_jwk(jose.public_jwk(HOLDER))


def presentation(nonce: str, now: datetime, birth: str = "1990-05-04") -> str:
    """She shows that she is 18 or older."""
    kyc = credentials.issue(
        issuer=ISSUER, type=credentials.CredentialType.KYC, holder_jwk=jose.public_jwk(HOLDER),
        claims=credentials.claims.kyc({"birthdate": birth}, on=now.date()), now=now,
        expires_at=now + timedelta(days=365),
    )  # fmt: skip
    return credentials.present(
        kyc, paths=[["age_over", "18"]], key=HOLDER, audience=AUDIENCE, nonce=nonce, now=now
    )


def book(db: Session, name: Book) -> list[BookEntry]:
    return books.entries(db, name, limit=1_000)
