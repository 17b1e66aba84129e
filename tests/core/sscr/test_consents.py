"""Nothing is shown without her live yes to this verifier, for this purpose and for all that is asked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from config.limits import BAND_DAYS, CONSENT_DAYS
from core import credentials, sscr
from core.errors import Refusal
from core.keys import Keyring, jose
from core.sscr import Custody, Unlocked
from core.sscr.consents import receipt_text
from tests.conftest import NOW
from tests.core.sscr.made import AUDIENCE, NONCE, OWNER, agree, deliver, issuer, record, unlock


@pytest.fixture
def opened(db: Session, custody: Custody, keyring: Keyring) -> Iterator[Unlocked]:
    record(db, custody)
    deliver(db, keyring)
    with unlock(db, custody) as unlocked:
        yield unlocked


def show(db: Session, opened: Unlocked, **changes: object) -> list[str]:
    asked: dict[str, object] = {
        "types": {"kyc": [["age_over", "18"]]}, "audience": AUDIENCE, "nonce": NONCE, "purpose": "loan", "now": NOW,
    }  # fmt: skip
    return sscr.present(db, unlocked=opened, **(asked | changes))  # type: ignore[arg-type]


def refused(db: Session, opened: Unlocked, **changes: object) -> None:
    with pytest.raises(Refusal, match="consent_missing"):
        show(db, opened, **changes)


def test_without_a_yes_nothing_is_shown(db: Session, opened: Unlocked) -> None:
    refused(db, opened)


def test_a_yes_is_for_one_verifier_and_for_what_was_asked(db: Session, opened: Unlocked) -> None:
    agree(db, opened)

    assert show(db, opened)
    refused(db, opened, audience="did:web:other.example")
    refused(db, opened, types={"kyc": [["age_over", "18"], ["given_name"]]})
    refused(db, opened, types={"kyc": []})


def test_a_yes_that_was_turned_into_one_for_another_is_none(db: Session, opened: Unlocked) -> None:
    consent = agree(db, opened)
    consent.verifier = "did:web:other.example"
    db.flush()

    refused(db, opened, audience="did:web:other.example")


def test_a_verifier_may_not_ask_step_by_step_for_the_figure(db: Session, opened: Unlocked) -> None:
    def ask(step: str, **changes: Any) -> None:
        agree(db, opened, types={"kyc": [["age_over", step]]}, **changes)

    for step in ("18", "25", "50"):  # each yes takes the place of the one before
        ask(step)
    ask("18")

    with pytest.raises(Refusal, match="asked_too_finely"):
        ask("65")
    ask("65", verifier="did:web:other.example")
    ask("65", now=NOW + timedelta(days=BAND_DAYS))


def test_a_yes_is_for_one_purpose(db: Session, custody: Custody, opened: Unlocked) -> None:
    agree(db, opened)

    with unlock(db, custody, purpose="curiosity") as other:
        refused(db, other, purpose="curiosity")


def test_a_yes_ends_by_itself(db: Session, opened: Unlocked) -> None:
    agree(db, opened)
    later = NOW + timedelta(days=CONSENT_DAYS)

    assert show(db, opened, now=later - timedelta(seconds=1))
    refused(db, opened, now=later)


def test_a_yes_taken_back_is_none(db: Session, opened: Unlocked) -> None:
    consent = agree(db, opened)

    sscr.withdraw(db, owner_id=OWNER, consent_id=consent.id, now=NOW)

    refused(db, opened)
    assert sscr.consents(db, OWNER) == [consent]
    assert not sscr.is_live(consent, NOW)
    assert consent.asked == [["kyc", "age_over", "18"]]
    with pytest.raises(Refusal, match="consent_unknown"):
        sscr.withdraw(db, owner_id=OWNER, consent_id=consent.id, now=NOW)


def test_nobody_takes_back_what_is_not_hers(db: Session, opened: Unlocked) -> None:
    consent = agree(db, opened)

    with pytest.raises(Refusal, match="consent_unknown"):
        sscr.withdraw(db, owner_id=uuid.uuid4(), consent_id=consent.id, now=NOW)


def test_a_second_yes_takes_the_place_of_the_first(db: Session, opened: Unlocked) -> None:
    first = agree(db, opened)

    second = agree(db, opened, types={"kyc": [["age_over", "21"]]})

    assert [one for one in sscr.consents(db, OWNER) if sscr.is_live(one, NOW)] == [second]
    assert first.withdrawn_at == NOW
    refused(db, opened)


def test_the_receipt_has_the_fields_of_the_standard_and_only_she_reads_it(
    db: Session, keyring: Keyring, opened: Unlocked
) -> None:
    consent = agree(db, opened)

    text = receipt_text(opened, consent)

    jose.verify(jose.parse(text), issuer(keyring).jwk)
    said = jose.parse(text).payload
    assert said["schema_version"] == "ISO/IEC TS 27560:2023"
    assert said["receipt_id"] == str(consent.id)
    assert said["pii_principal_id"] == opened.did
    assert said["pii_controllers"] == [{"id": AUDIENCE, "name": "Mavuno"}]
    assert said["recipients"] == [AUDIENCE]
    assert (said["purpose"], said["lawful_basis"]) == ("loan", "consent")
    assert said["pii"] == [["kyc", "age_over", "18"]]
    assert said["collection_method"] == "ussd"
    assert said["notice"] == {"version": "1", "language": "sw"}
    assert said["jurisdiction"] == "KE"
    assert said["timestamp"] < said["valid_until"]
    assert said["withdrawal"]
    assert opened.opening
    assert said["opening"] == opened.opening.ticket == consent.ticket
    assert sscr.of_opening(db, consent.ticket) == consent
    assert b"age_over" not in consent.sealed


def test_a_presentation_that_is_replayed_is_refused(
    db: Session, keyring: Keyring, opened: Unlocked
) -> None:
    agree(db, opened)
    shown = show(db, opened)
    credentials.use_nonce(db, NONCE, NOW)

    with pytest.raises(Refusal, match="credential_refused") as refusal:
        credentials.use_nonce(db, NONCE, NOW)

    assert refusal.value.facts["reason"] == "binding"
    with pytest.raises(Refusal, match="credential_refused"):
        credentials.verify(
            shown[0], trust={issuer(keyring).did: [issuer(keyring).jwk]}, type=None, audience=AUDIENCE,
            nonce="another", now=NOW,
        )  # fmt: skip
