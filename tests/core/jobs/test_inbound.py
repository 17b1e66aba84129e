"""Whoever texts us is answered in her language, and two robots do not talk for ever."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from config import limits
from core import messaging, people
from core.jobs import inbound
from core.jobs import messaging as job
from core.keys import Keyring
from core.lending import (
    Complaint,
    Loan,
    LoanEvent,
    LoanStatus,
    Project,
    ProjectStatus,
    RepaymentModel,
    Terms,
)
from core.lending.group_models import DepositUse
from core.lending.state import EventKind
from core.messaging import InboundMessage
from core.payments import Payment
from core.people import Role, User
from tests.core.jobs.carrier import JANE, SmallNode

PAID_OUT = date(2026, 11, 1)
TERMS = Terms(
    currency="KES", principal=100_000, model=RepaymentModel.FIXED, duration=2,
    interest_rate=Decimal(12),
)  # fmt: skip


@pytest.fixture
def node(sessions: sessionmaker[Session], now: datetime) -> SmallNode:
    return SmallNode(sessions, now)


def jane(node: SmallNode, keyring: Keyring, language: str = "en", active: bool = True) -> User:
    """Jane of the Tumaini cooperative, registered."""
    with node.sessions.begin() as db:
        organisation = people.create_organisation(
            db, name="Tumaini", country="KE", currency="KES", timezone="Africa/Nairobi",
            support_phone="+254700111222",
        )  # fmt: skip
        user, _ = people.invite(
            db, keyring=keyring, organisation_id=organisation.id, role=Role.BORROWER, phone=JANE,
            language=language, given_name="Jane", family_name="Wanjiku", now=node.now,
        )  # fmt: skip
        if active:
            people.activate(db, user_id=user.id, now=node.now)
    return user


def loan(
    node: SmallNode, user: User, *, paid_out_on: date = PAID_OUT, code: str = "L10427X"
) -> Loan:
    """KES 1,000 for two months, as it stands in the tables of lending once it is paid out."""
    with node.sessions.begin() as db:
        project = Project(
            organisation_id=user.organisation_id, status=ProjectStatus.ACTIVATED, name=f"Seed {code}", description="",
            is_public=True, start_date=PAID_OUT, end_date=PAID_OUT, currency="KES", amount=1, limit=1,
            eligibility_criteria=[], loan_type="other", loan_min_amount=1, loan_max_amount=1,
            loan_min_duration=1, loan_max_duration=2, loan_durations=[2], interest_rate=Decimal(12),
            disbursement_fee=Decimal(0), cash_back_rate=Decimal(0), grace_period=0,
            default_after_days=90, repayment_model=RepaymentModel.FIXED, payment_rails=["mpesa"],
            max_open_loans=1, trusted_issuers=[], verifier_did="did:web:x", approval_reference="",
        )  # fmt: skip
        db.add(project)
        db.flush()
        made = Loan(
            code=code, idempotency_key=str(uuid.uuid4()), project_id=project.id, user_id=user.id,
            organisation_id=user.organisation_id, user_did="did:key:z", rail="mpesa", agreed=TERMS.to_json(),
            currency="KES", contract_amount=100_000, interest_amount=2_000, commitment_amount=102_000,
            accepted_text="", accepted_language="en", accepted_at=node.now, accepted_hash="",
            status=LoanStatus.DISBURSED, as_of=paid_out_on,
            disbursed_on=paid_out_on,
        )  # fmt: skip
        db.add(made)
        db.flush()
        for number, kind in enumerate((EventKind.APPROVED, EventKind.DISBURSED)):
            db.add(
                LoanEvent(loan_id=made.id, number=number, kind=kind, on=paid_out_on, amount=100_000)
            )
    return made


def asks(node: SmallNode, text: str, sender: str = JANE) -> str:
    """Text it, let the worker answer, and read what she would get; empty if nothing."""
    before = len(node.rows())
    node.hears(text, sender)
    job.inbox(node)
    new = node.said()[before:]
    assert len(new) <= 1
    return new[0] if new else ""


@pytest.mark.parametrize("text", ["BAL", " bal. ", "SALIO"])
def test_balance_says_what_is_left_and_what_comes_next(
    node: SmallNode, keyring: Keyring, text: str
) -> None:
    loan(node, jane(node, keyring))

    answer = asks(node, text)

    assert answer == (
        "Loan L10427X: KES 1,020 to pay in all. Next: KES 510 by 1 Dec 2026. "
        "To pay, dial *384*77*2*1#."
    )


def test_what_is_late_is_due_today(node: SmallNode, keyring: Keyring) -> None:
    loan(node, jane(node, keyring), paid_out_on=date(2026, 10, 1))

    assert "Next: KES 510 by 21 Nov 2026." in asks(node, "BAL")


def test_who_has_no_loan_is_told_how_to_get_one(node: SmallNode, keyring: Keyring) -> None:
    jane(node, keyring, language="sw")

    assert asks(node, "BAL") == "Huna mkopo kwa sasa. Piga *384*77# kuona kiasi unachoweza kukopa."
    assert asks(node, "LIPA 500").startswith("Huna mkopo")


def test_pay_says_where_to_pay_in(node: SmallNode, keyring: Keyring) -> None:
    loan(node, jane(node, keyring))

    answer = asks(node, "PAY")

    assert "To pay KES 510 for loan L10427X" in answer
    assert "Pay Bill 174379, account L10427X." in answer


def test_pay_with_an_amount_asks_for_a_prompt_and_the_prompt_is_the_answer(
    node: SmallNode, keyring: Keyring
) -> None:
    made = loan(node, jane(node, keyring))

    assert asks(node, "PAY ksh 1,020") == ""

    [payment] = node.rows(Payment)
    assert (payment.loan_id, payment.amount, payment.phone) == (made.id, 102_000, JANE)
    assert payment.not_before == node.now


@pytest.mark.parametrize("text", ["PAY 0", "PAY 1.50", "PAY 99999999999999999", "PAY all"])
def test_an_amount_that_cannot_be_paid_is_answered_with_how_to_pay(
    node: SmallNode, keyring: Keyring, text: str
) -> None:
    loan(node, jane(node, keyring))

    assert "To pay KES 510" in asks(node, text)
    assert node.rows(Payment) == []


def test_a_text_that_breaks_its_answer_does_not_hold_up_the_next(
    node: SmallNode, keyring: Keyring
) -> None:
    broken = loan(node, jane(node, keyring))
    with node.sessions.begin() as db:
        db.get_one(Loan, broken.id).agreed = {}  # nobody can read these terms
    node.hears("BAL")
    node.later(seconds=1)
    node.hears("HELP", "+254722000001")

    with capture_logs() as logs:
        job.inbox(node)
        assert [row.to for row in node.rows()] == ["+254722000001"], "the next one at once"
        for _ in range(limits.SMS_IN_TRIES + 2):
            node.later(seconds=limits.SMS_IN_AGAIN_SECONDS)
            job.inbox(node)

    jane_asked, stranger_asked = node.rows(InboundMessage)
    assert (jane_asked.attempts, jane_asked.processed_at) == (limits.SMS_IN_TRIES, None)
    assert stranger_asked.processed_at is not None
    assert [line["event"] for line in logs].count("inbound text set aside") == 1
    assert len(logs) == limits.SMS_IN_TRIES + 1
    assert JANE not in str(logs)


def test_an_answer_that_broke_is_given_once_the_fault_is_mended(
    node: SmallNode, keyring: Keyring
) -> None:
    broken = loan(node, jane(node, keyring))
    with node.sessions.begin() as db:
        db.get_one(Loan, broken.id).agreed = {}
    node.hears("PAY 500")
    with capture_logs():
        inbound.answer_next(node)
    assert node.rows(Payment) == []

    with node.sessions.begin() as db:
        db.get_one(Loan, broken.id).agreed = TERMS.to_json()
    node.later(seconds=limits.SMS_IN_AGAIN_SECONDS)
    job.inbox(node)

    assert [payment.amount for payment in node.rows(Payment)] == [50_000]


def test_stop_ends_reminders_and_start_brings_them_back(node: SmallNode, keyring: Keyring) -> None:
    jane(node, keyring)

    assert asks(node, "STOP").startswith("You will get no more payment reminders.")
    with node.sessions() as db:
        assert messaging.is_opted_out(db, JANE)

    assert asks(node, "anza").startswith("You will get payment reminders again.")
    with node.sessions() as db:
        assert not messaging.is_opted_out(db, JANE)


@pytest.mark.parametrize("text", ["HELP", "Habari yako?", "123456", ""])
def test_help_is_for_every_text_nobody_understands(
    node: SmallNode, keyring: Keyring, text: str
) -> None:
    jane(node, keyring, language="sw")

    answer = asks(node, text)

    assert answer.startswith("Jibu SALIO")
    assert "*384*77#" in answer
    assert "+254700111222" in answer  # her own organisation


def test_a_stranger_is_answered_in_the_language_of_her_command_and_helped_in_both(
    node: SmallNode,
) -> None:
    for text in ("HELP", "MSAADA", "Habari yako?"):
        answer = asks(node, text, "+254722000001")
        assert "call +254700000000" in answer
        assert "simu +254700000000" in answer
    assert asks(node, "SALIO", "+254722000003").startswith("Huna mkopo")
    assert asks(node, "ACHA", "+254722000004").startswith("Hutapata")


@pytest.mark.parametrize("text", ["BAL", "PAY", "PAY 500"])
def test_a_blocked_user_is_told_whom_to_call_and_nothing_of_her_loan(
    node: SmallNode, keyring: Keyring, text: str
) -> None:
    user = jane(node, keyring)
    loan(node, user)
    with node.sessions.begin() as db:
        people.block(db, organisation_id=user.organisation_id, user_id=user.id)

    answer = asks(node, text)

    assert "+254700111222" in answer
    assert "L10427X" not in answer
    assert node.rows(Payment) == []


def test_two_robots_do_not_talk_for_ever(node: SmallNode) -> None:
    answers = [asks(node, "I am away, thank you for your message") for _ in range(6)]

    assert [bool(answer) for answer in answers] == [True] * limits.SMS_HELPS_PER_DAY + [False] * 3
    node.later(days=1, seconds=1)
    assert asks(node, "HELP")


def test_after_three_helps_a_person_is_told_and_she_hears_of_it(
    node: SmallNode, keyring: Keyring
) -> None:
    user = jane(node, keyring)
    for _ in range(limits.SMS_HELPS_PER_DAY):
        assert asks(node, "where is my money").startswith("Reply BAL")

    told = asks(node, "CANCEL my loan please, my PIN is 493021")
    quiet = asks(node, "are you there")

    [ticket] = node.rows(Complaint)
    assert ticket.ticket in told
    assert "Tumaini reads what you wrote" in told
    assert ticket.words == "CANCEL my loan please, my PIN is ******"
    assert ticket.user_id == user.id
    assert quiet == "", "one ticket a day"
    with node.sessions() as db:
        assert not messaging.is_opted_out(db, JANE)


def test_a_phone_that_texts_all_day_is_heard_but_not_answered(
    node: SmallNode, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.inbound.SMS_IN_PER_DAY", 2)
    loan(node, jane(node, keyring))

    answers = [asks(node, text) for text in ("BAL", "BAL", "BAL", "PAY 500", "STOP")]

    assert [bool(answer) for answer in answers] == [True, True, False, False, False]
    assert node.rows(Payment) == []
    with node.sessions() as db:
        assert messaging.is_opted_out(db, JANE)  # that is always obeyed


def test_what_she_wrote_is_forgotten_once_it_is_answered(node: SmallNode) -> None:
    asks(node, "my PIN is 493021 what is my balance")

    [row] = node.rows(InboundMessage)
    assert (row.text, row.processed_at) == ("", node.now)


def her_group_paid(node: SmallNode, keyring: Keyring) -> Loan:
    """A loan that is over for Jane, because a neighbour's deposit paid the rest of it."""
    user = jane(node, keyring)
    hers = loan(node, user)
    with node.sessions.begin() as db:
        neighbour, _ = people.invite(
            db, keyring=keyring, organisation_id=user.organisation_id, role=Role.BORROWER, phone="+254722000222",
            language="en", given_name="Neema", family_name="A", now=node.now,
        )  # fmt: skip
    other = loan(node, neighbour, code="L2")
    with node.sessions.begin() as db:
        db.add(DepositUse(loan_id=other.id, for_loan_id=hers.id, amount=50_050, on=PAID_OUT))
        over = db.get_one(Loan, hers.id)
        over.status, over.compensated_on = LoanStatus.REPAID, PAID_OUT
    return hers


@pytest.mark.parametrize("text", ["BAL", "PAY", "SALIO"])
def test_who_owes_her_group_is_told_so_and_not_that_she_owes_nothing(
    node: SmallNode, keyring: Keyring, text: str
) -> None:
    her_group_paid(node, keyring)

    answer = asks(node, text)

    assert "you owe it KES 501" in answer
    assert "account L10427X" in answer


def test_who_owes_her_group_pays_it_by_text(node: SmallNode, keyring: Keyring) -> None:
    owing = her_group_paid(node, keyring)

    assert asks(node, "PAY 200") == "", "the prompt on her phone is the answer"

    [payment] = node.rows(Payment)
    assert (payment.amount, payment.account_reference) == (20_000, owing.code)


def test_a_number_that_texts_us_is_in_use(node: SmallNode, keyring: Keyring) -> None:
    user = jane(node, keyring)
    loan(node, user)
    node.later(days=limits.NUMBER_DAYS - 1)
    asks(node, "BAL")
    node.later(days=2)

    assert "KES" in asks(node, "BAL")
