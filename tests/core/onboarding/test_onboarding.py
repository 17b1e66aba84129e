"""A stranger becomes a borrower: invited, registered under a PIN typed twice, with proofs in her record."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import onboarding, people, sscr
from core.credentials import CredentialType, Issuer
from core.errors import Refusal
from core.keys import Keyring
from core.messaging import Message, Template
from core.people import Organisation, User, UserState
from core.sscr import Custody

PIN, OTHER_PIN = "804219", "604218"
FACTS = {
    "kyc": {"given_name": "Amina", "family_name": "Wanjiku", "birthdate": "1990-04-12"},
    "community_membership": {
        "group_name": "Mavuno Coop",
        "member_since": "2021-03-01",
        "standing": "good",
    },
}


@pytest.fixture
def custody(keyring: Keyring) -> Custody:
    return Custody.of(keyring)


@pytest.fixture
def mavuno(db: Session) -> Organisation:
    return people.create_organisation(
        db,
        name="Mavuno Coop",
        country="KE",
        currency="KES",
        timezone="Africa/Nairobi",
        support_phone="+254700000000",
    )


@pytest.fixture
def amina(db: Session, keyring: Keyring, mavuno: Organisation, now: datetime) -> User:
    return onboarding.invite(
        db,
        keyring=keyring,
        organisation_id=mavuno.id,
        phone="+254711000111",
        given_name="Amina",
        family_name="Wanjiku",
        service_code="*384*77#",
        facts=FACTS,
        now=now,
    )


def texts(db: Session) -> list[Template]:
    return [
        message.template for message in db.scalars(select(Message).order_by(Message.created_at))
    ]


def choose(db: Session, custody: Custody, amina: User, pin: str, now: datetime) -> None:
    onboarding.choose_pin(
        db, keyring=custody.keyring, custody=custody, user_id=amina.id, pin=pin, now=now
    )


def confirm(db: Session, custody: Custody, amina: User, pin: str, now: datetime) -> bool:
    return onboarding.confirm_pin(
        db, custody=custody, user_id=amina.id, pin=pin, session_id="s", now=now
    )


@pytest.fixture
def registered(db: Session, custody: Custody, amina: User, now: datetime) -> User:
    choose(db, custody, amina, PIN, now)
    assert confirm(db, custody, amina, PIN, now)
    return amina


def test_an_invited_person_gets_a_code_that_is_erased_once_sent(db: Session, amina: User) -> None:
    message = db.scalars(select(Message)).one()

    assert amina.state is UserState.INVITED
    assert message.template is Template.INVITATION
    assert message.secret


def test_the_same_pin_twice_makes_her_a_user_with_a_record_of_her_own(
    db: Session, registered: User
) -> None:
    record = sscr.record_of(db, registered.id)

    assert registered.state is UserState.ACTIVE
    assert record is not None
    assert record.did.startswith("did:key:z6Mk")
    assert texts(db)[-1] is Template.WELCOME


def test_two_pins_that_differ_leave_no_record_and_she_chooses_again(
    db: Session, custody: Custody, amina: User, now: datetime
) -> None:
    choose(db, custody, amina, PIN, now)

    assert not confirm(db, custody, amina, OTHER_PIN, now)

    assert sscr.record_of(db, amina.id) is None
    assert amina.state is UserState.INVITED
    choose(db, custody, amina, OTHER_PIN, now)
    assert confirm(db, custody, amina, OTHER_PIN, now)


def test_many_typing_errors_do_not_lock_her_out_of_registering(
    db: Session, custody: Custody, amina: User, now: datetime
) -> None:
    for _ in range(5):
        choose(db, custody, amina, PIN, now)
        assert not confirm(db, custody, amina, OTHER_PIN, now)

    choose(db, custody, amina, PIN, now)
    assert confirm(db, custody, amina, PIN, now)


@pytest.mark.parametrize("pin", ["123456", "111111", "120490", "abcdef", "12345", "000111"])
def test_a_weak_or_malformed_pin_is_refused_and_makes_no_record(
    db: Session, custody: Custody, amina: User, now: datetime, pin: str
) -> None:
    with pytest.raises(Refusal, match="pin_"):
        choose(db, custody, amina, pin, now)

    assert sscr.record_of(db, amina.id) is None


def test_nobody_registers_twice(
    db: Session, custody: Custody, registered: User, now: datetime
) -> None:
    with pytest.raises(Refusal, match="phone_already_registered"):
        choose(db, custody, registered, PIN, now)


def test_she_proves_what_was_confirmed_once_and_again_when_it_has_expired(
    db: Session, keyring: Keyring, registered: User, now: datetime
) -> None:
    issuer = Issuer.of(keyring, "https://node.example")

    def provable(at: datetime) -> list[str]:
        return [one.type for one in onboarding.provable(db, registered.id, now=at)]

    assert provable(now) == ["kyc", "community_membership"]
    onboarding.prove(
        db, keyring=keyring, issuer=issuer, user_id=registered.id, type=CredentialType.KYC, now=now
    )

    assert provable(now) == ["community_membership"]
    assert provable(now + timedelta(days=365 * 2)) == ["kyc", "community_membership"]
    assert [held.issuer for held in sscr.holdings(db, registered.id)] == ["Mavuno Coop"]
    assert texts(db)[-1] is Template.CREDENTIAL_ADDED


def test_what_nobody_confirmed_cannot_be_proved(
    db: Session, keyring: Keyring, registered: User, now: datetime
) -> None:
    issuer = Issuer.of(keyring, "https://node.example")

    with pytest.raises(Refusal, match="nothing_confirmed"):
        onboarding.prove(
            db, keyring=keyring, issuer=issuer, user_id=registered.id,
            type=CredentialType.CREDIT_HISTORY, now=now,
        )  # fmt: skip
