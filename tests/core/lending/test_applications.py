from __future__ import annotations

import hashlib
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from sqlalchemy import func, select

from core import lending, payments, people
from core.credentials.models import CredentialNonce
from core.db import Session
from core.errors import Refusal
from core.lending import Loan, Project, RepaymentModel
from core.messaging import Message
from core.money import Money
from core.payments import Payment, PaymentKind
from tests.core.lending import village as places
from tests.core.lending.village import ISSUER, Village, kes


def refusal(village: Village, **changed: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        village.apply(**changed)
    return refused.value


def count(db: Session, *tables: type) -> int:
    return sum(db.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


# --- what is offered and what it costs


def test_an_offer_says_how_much_and_for_how_long(village: Village) -> None:
    (offer,) = lending.offers(village.db, user_id=village.borrower.id, now=village.now)

    assert (offer.name, offer.least, offer.most) == ("Maize inputs", kes(1_000), kes(20_000))
    assert offer.durations == (1, 2, 3, 4)


@pytest.mark.parametrize("day", [date(2026, 10, 31), date(2027, 11, 1)])
def test_there_is_no_offer_outside_the_dates_of_the_project(village: Village, day: date) -> None:
    assert lending.offers(village.db, user_id=village.borrower.id, now=village.on(day).now) == []


def test_members_of_another_organisation_see_no_offer_and_get_no_loan(village: Village) -> None:
    other = people.create_organisation(
        village.db, name="Other", country="KE", currency="KES", timezone="Africa/Nairobi", support_phone="+254700000002"
    )  # fmt: skip
    stranger = places.borrower(village.db, other.id, number=2)

    assert lending.offers(village.db, user_id=stranger.id, now=village.now) == []
    assert refusal(village, user_id=stranger.id).code == "project_not_open"


def test_a_quote_says_everything_before_she_agrees(village: Village) -> None:
    quote = lending.quote(
        village.db, project_id=village.project.id, user_id=village.borrower.id, amount=kes(1_000),
        duration=4, now=village.now,
    )  # fmt: skip

    assert (quote.received, quote.fee) == (kes(980), kes(20))
    assert (quote.interest, quote.total, quote.cash_back) == (kes(80), kes(1_080), kes(10))
    assert quote.instalments[0] == (date(2026, 12, 21), kes(270))
    assert (quote.apr, quote.duration, quote.model) == (Decimal("60.2"), 4, RepaymentModel.FIXED)
    assert (quote.grace_period, quote.default_after_days) == (3, 30)


REFUSED = [
    ({"amount": kes(999)}, "amount_outside_offer"),
    ({"amount": kes(20_001)}, "amount_outside_offer"),
    ({"amount": Money("KES", 100_050)}, "amount_not_payable"),
    ({"amount": Money("USD", 100_000)}, "currency_unknown"),
    ({"duration": 5}, "duration_not_offered"),
    ({"presentations": []}, "not_eligible"),
    ({"presentations": ["rubbish"]}, "credential_refused"),
    ({"trust": {}}, "credential_refused"),
    ({"audience": "did:web:other.example"}, "credential_refused"),
    ({"nonce": "another"}, "credential_refused"),
    (
        {"holder_did": "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"},
        "credential_refused",
    ),
]


@pytest.mark.parametrize(("changed", "code"), REFUSED)
def test_an_application_the_rules_forbid_is_refused_and_writes_nothing(
    village: Village, changed: dict[str, Any], code: str
) -> None:
    before = count(village.db, Loan, Payment, Message, CredentialNonce)

    assert refusal(village, **changed).code == code

    assert count(village.db, Loan, Payment, Message, CredentialNonce) == before


def test_somebody_too_young_is_told_which_condition_she_does_not_meet(village: Village) -> None:
    nonce = uuid.uuid4().hex
    shown = [places.presentation(nonce, village.now, birth="2010-01-01")]

    refused = refusal(village, presentations=shown, nonce=nonce)

    assert (refused.code, refused.facts) == ("not_eligible", {"criterion": "kyc.age_over.18"})


def test_a_project_believes_only_the_issuers_it_names(db: Session) -> None:
    village = places.found(db, trusted_issuers=["did:web:bureau.example"])

    assert refusal(village).facts["reason"] == "issuer"
    village.project.trusted_issuers = [ISSUER.did]
    assert village.apply().code


def test_a_project_that_asks_for_nothing_lends_without_proof(db: Session) -> None:
    village = places.found(db, eligibility_criteria=[])

    assert village.apply(presentations=[]).contract_amount == 100_000


def test_a_second_loan_is_refused_while_the_first_is_open(village: Village) -> None:
    loan = village.borrow()

    assert refusal(village).code == "loan_already_open"
    village.pay(loan, kes(1_000))
    assert village.apply() is not loan


def test_a_project_may_allow_two(db: Session) -> None:
    village = places.found(db)
    village.project.max_open_loans = 2  # no file may say so until the menus can show two

    village.borrow()
    village.borrow()

    assert refusal(village).code == "loan_already_open"


def test_a_project_that_was_stopped_lends_no_more(village: Village) -> None:
    lending.deactivate(
        village.db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        now=village.now,
    )

    assert refusal(village).code == "project_not_open"


def test_a_blocked_person_gets_no_loan(village: Village) -> None:
    people.block(
        village.db, organisation_id=village.project.organisation_id, user_id=village.borrower.id
    )

    assert refusal(village).code == "user_blocked"


def test_a_project_lends_no_more_than_its_limit_and_again_what_came_back(db: Session) -> None:
    village = places.found(db, limit="1500")
    loan = village.borrow()
    other = places.borrower(db, village.project.organisation_id, number=2)

    assert lending.offers(db, user_id=other.id, now=village.now) == []
    assert refusal(village, user_id=other.id).code == "project_limit_reached"
    village.pay(loan, kes(600))
    (offer,) = lending.offers(db, user_id=other.id, now=village.now)
    assert offer.most == kes(1_040)  # 60 of the 600 were interest paid ahead


def test_the_same_key_again_is_the_same_loan(village: Village) -> None:
    first = village.apply(idempotency_key="turn-1")

    again = village.apply(idempotency_key="turn-1", presentations=[])

    assert again is first
    assert count(village.db, Loan, Payment) == 2
    assert (
        refusal(village, idempotency_key="turn-1", amount=kes(2_000)).code
        == "idempotency_key_reused"
    )


def test_a_presentation_is_good_for_one_loan(village: Village) -> None:
    nonce = uuid.uuid4().hex
    shown = {"nonce": nonce, "presentations": [places.presentation(nonce, village.now)]}
    loan = village.apply(**shown)
    village.settle(village.payment(loan, PaymentKind.DISBURSEMENT))
    village.pay(loan, kes(1_000))

    assert refusal(village, idempotency_key="other", **shown).code == "credential_refused"


def test_what_she_accepted_is_kept_word_for_word_with_its_hash(village: Village) -> None:
    loan = village.apply(terms_text="Unapata KES 980.", language="sw")

    agreed = {"text": "Unapata KES 980.", "language": "sw", "terms": loan.agreed}
    assert (loan.accepted_text, loan.accepted_language, loan.accepted_at) == (
        "Unapata KES 980.",
        "sw",
        village.now,
    )
    assert loan.accepted_hash == hashlib.sha256(rfc8785.dumps(agreed)).hexdigest()


def test_a_change_of_the_project_never_touches_a_loan(village: Village) -> None:
    loan = village.borrow()

    village.project.interest_rate = Decimal(99)
    village.project.default_after_days = 4

    assert (loan.terms.interest_rate, loan.terms.default_after_days) == (Decimal(24), 30)
    assert village.standing(loan).total == kes(1_080)


# --- asking to pay

REPAY_REFUSED = [
    ({"amount": Money("KES", 50)}, "amount_not_payable"),
    ({"amount": Money("USD", 100)}, "amount_not_payable"),
    ({"amount": kes(0)}, "amount_below_rail"),
    ({"amount": kes(-5)}, "amount_below_rail"),
    ({"amount": kes(250_001)}, "amount_above_rail"),
    ({"user_id": uuid.uuid4()}, "loan_not_open"),
]


@pytest.mark.parametrize(("changed", "code"), REPAY_REFUSED)
def test_a_repayment_the_rules_forbid_is_refused(
    village: Village, changed: dict[str, Any], code: str
) -> None:
    loan = village.borrow()
    given = {"amount": kes(100), "user_id": village.borrower.id, "idempotency_key": "k", **changed}

    with pytest.raises(Refusal) as refused:
        lending.repay(village.db, loan_id=loan.id, now=village.now, **given)

    assert refused.value.code == code


def test_the_rail_carries_its_least_and_its_most(village: Village) -> None:
    loan = village.borrow()
    least, most = kes(1), kes(250_000)

    for number, amount in enumerate((least, most)):
        lending.repay(
            village.db, loan_id=loan.id, amount=amount, user_id=village.borrower.id,
            idempotency_key=f"k{number}", now=village.now,
        )  # fmt: skip

    assert len(payments.of_loan(village.db, loan.id, 10)) == 3


def test_a_loan_not_yet_paid_out_is_not_repaid(village: Village) -> None:
    loan = village.apply()

    with pytest.raises(Refusal) as refused:
        lending.repay(
            village.db, loan_id=loan.id, amount=kes(100), user_id=village.borrower.id,
            idempotency_key="k", now=village.now,
        )  # fmt: skip

    assert refused.value.code == "loan_not_open"


def test_one_key_asks_her_phone_once(village: Village) -> None:
    loan = village.borrow()
    given: dict[str, Any] = {
        "loan_id": loan.id,
        "user_id": village.borrower.id,
        "idempotency_key": "k",
        "now": village.now,
    }

    first = lending.repay(village.db, amount=kes(100), **given)
    again = lending.repay(village.db, amount=kes(100), **given)

    assert again is first
    with pytest.raises(Refusal) as refused:
        lending.repay(village.db, amount=kes(101), **given)
    assert refused.value.code == "idempotency_key_reused"


def test_the_tables_hold_no_float(village: Village) -> None:
    loan = village.apply()

    values = [*vars(loan).values(), *vars(village.project).values()]

    assert not [value for value in values if isinstance(value, float)]
    assert isinstance(village.db.get_one(Project, village.project.id).interest_rate, Decimal)
