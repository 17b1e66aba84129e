"""Credentials come in without the owner, and are shown with her PIN only; every opening leaves a receipt."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from nacl.exceptions import CryptoError
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient, sessionmaker

from core import credentials, sscr
from core.errors import Refusal
from core.keys import Keyring, jose
from core.sscr import Custody, Opening, StoredCredential
from core.sscr.models import Sealing
from tests.conftest import NOW
from tests.core.sscr.made import AUDIENCE, NONCE, OWNER, deliver, issuer, present, record, unlock

FRIEND = uuid.UUID(int=8)


def verified(text: str, keyring: Keyring) -> credentials.Verified:
    trust = {issuer(keyring).did: [issuer(keyring).jwk]}
    return credentials.verify(text, trust=trust, type=None, audience=AUDIENCE, nonce=NONCE, now=NOW)


def stored(db: Session, owner_id: uuid.UUID = OWNER) -> StoredCredential:
    return db.scalars(select(StoredCredential).where(StoredCredential.owner_id == owner_id)).one()


def test_what_is_delivered_is_listed_while_the_record_is_shut(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)

    held = sscr.holdings(db, OWNER)

    assert [(one.type, one.issuer, one.issued_at) for one in held] == [("kyc", "Mavuno", NOW)]


def test_what_is_delivered_is_sealed_anew_at_the_next_opening(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)
    before = stored(db).sealed

    unlock(db, custody).close()

    assert stored(db).sealing is Sealing.KEY
    assert stored(db).sealed != before


def test_a_presentation_shows_what_was_asked_and_says_who_keeps_the_key(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)

    with unlock(db, custody) as unlocked:
        [text] = present(db, unlocked)

    claims = verified(text, keyring).claims
    assert claims["age_over"] == {"18": True}
    assert "given_name" not in claims
    words = jose.parse(text.rpartition("~")[2]).payload["growr_custody"]
    assert (words["mode"], words["custodian"], words["user_auth"]) == (
        "custodial", "did:web:node.example", ["ussd_pin"],
    )  # fmt: skip
    assert words["consent"] == str(sscr.consents(db, OWNER)[0].id)


def test_an_answer_that_is_no_is_never_shown(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring, birthdate="2010-01-01")

    with unlock(db, custody) as unlocked:
        [text] = present(db, unlocked)

    assert verified(text, keyring).claims["age_over"] == {}


def test_the_newest_credential_is_shown(db: Session, custody: Custody, keyring: Keyring) -> None:
    record(db, custody)
    deliver(db, keyring, given_name="Old")
    stored(db).issued_at = NOW - timedelta(days=30)
    deliver(db, keyring, given_name="New")

    with unlock(db, custody) as unlocked:
        [text] = present(db, unlocked, types={"kyc": [["given_name"]]})

    assert verified(text, keyring).claims["given_name"] == "New"


def test_a_missing_credential_is_named(db: Session, custody: Custody) -> None:
    record(db, custody)

    with unlock(db, custody) as unlocked, pytest.raises(Refusal) as refusal:
        present(db, unlocked, types={"credit_history": []})

    assert (refusal.value.code, refusal.value.facts) == (
        "credential_missing",
        {"type": "credit_history"},
    )


def test_an_expired_credential_is_a_missing_one(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)

    with unlock(db, custody) as unlocked, pytest.raises(Refusal, match="credential_missing"):
        present(db, unlocked, now=NOW + timedelta(days=365))


def test_an_opening_is_for_its_purpose_only(db: Session, custody: Custody) -> None:
    record(db, custody)

    with unlock(db, custody, purpose="look") as unlocked, pytest.raises(AssertionError):
        present(db, unlocked, purpose="loan")


def test_a_credential_of_somebody_else_is_not_taken_in(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    record(db, custody, owner_id=FRIEND)
    hers = deliver(db, keyring, owner_id=FRIEND)

    with pytest.raises(Refusal) as refusal:
        sscr.deliver(
            db,
            owner_id=OWNER,
            credential=hers,
            type="kyc",
            issuer="x",
            issued_at=NOW,
            expires_at=NOW,
            now=NOW,
        )

    assert refusal.value.facts == {"reason": "subject"}


def test_rows_that_change_places_do_not_open(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    record(db, custody, owner_id=FRIEND)
    deliver(db, keyring)
    deliver(db, keyring, owner_id=FRIEND)
    for owner_id in (OWNER, FRIEND):
        unlock(db, custody, owner_id=owner_id).close()

    stored(db).sealed = stored(db, FRIEND).sealed

    with unlock(db, custody) as unlocked, pytest.raises(CryptoError):
        present(db, unlocked)


def test_a_credential_does_not_open_as_another_type(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)
    unlock(db, custody).close()

    stored(db).type = "credit_history"
    db.flush()

    with unlock(db, custody) as unlocked, pytest.raises(CryptoError):
        present(db, unlocked, types={"credit_history": []})


def test_every_opening_leaves_a_receipt_without_the_session(
    db: Session, custody: Custody, now: datetime
) -> None:
    record(db, custody)
    for minute in range(3):
        unlock(
            db,
            custody,
            purpose=f"p{minute}",
            session_id="secret",
            now=now + timedelta(minutes=minute),
        ).close()

    found = sscr.openings(db, OWNER, 2)

    assert [(one.purpose, one.at) for one in found] == [
        ("p2", now + timedelta(minutes=2)), ("p1", now + timedelta(minutes=1)),
    ]  # fmt: skip
    assert found[0].session_hash == found[1].session_hash != b"secret"
    assert sscr.openings_whole(db, OWNER)


def test_a_wrong_pin_leaves_no_receipt(db: Session, custody: Custody) -> None:
    record(db, custody)

    with pytest.raises(Refusal):
        unlock(db, custody, pin="193001")

    assert sscr.openings(db, OWNER, 5) == []


@pytest.mark.parametrize(
    "statement", [update(Opening).values(purpose="x"), delete(Opening)], ids=["edit", "delete"]
)
def test_the_database_itself_refuses_to_change_receipts(
    db: Session, custody: Custody, statement: object
) -> None:
    record(db, custody)
    unlock(db, custody).close()
    db.commit()

    with pytest.raises(DBAPIError, match="append-only"):
        db.execute(statement)


@pytest.mark.parametrize(
    "change", [{"purpose": "nothing"}, {"at": NOW - timedelta(days=1)}, {"session_hash": b"x" * 32}, {"seq": 3},
               {"prev_hash": b"x" * 32}], ids=str,
)  # fmt: skip
def test_a_receipt_that_was_changed_is_noticed(
    db: Session, custody: Custody, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    record(db, custody)
    for _ in range(2):
        unlock(db, custody).close()
    chain = list(reversed(sscr.openings(db, OWNER, 5)))
    for opening in chain:
        make_transient(opening)
    for name, value in change.items():
        setattr(chain[0], name, value)

    monkeypatch.setattr(db, "scalars", lambda _: chain)

    assert not sscr.openings_whole(db, OWNER)


def test_parallel_openings_leave_an_unbroken_chain(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    def one(number: int) -> None:
        with sessions.begin() as db:
            unlock(db, custody, session_id=str(number)).close()

    with sessions.begin() as db:
        record(db, custody)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(2)))

    with sessions() as db:
        assert len(sscr.openings(db, OWNER, 20)) == 2
        assert sscr.openings_whole(db, OWNER)


def opened_and_rolled_back(sessions: sessionmaker[Session], custody: Custody) -> None:
    with sessions.begin() as db:
        record(db, custody)
    with sessions() as db:
        unlock(db, custody, purpose="lost").close()
        db.rollback()


def test_an_opening_leaves_its_receipt_though_the_transaction_rolled_back(
    sessions: sessionmaker[Session], custody: Custody, now: datetime
) -> None:
    opened_and_rolled_back(sessions, custody)

    with sessions.begin() as db:
        unlock(db, custody, purpose="next", now=now + timedelta(minutes=1)).close()

    with sessions() as db:
        assert [one.purpose for one in sscr.openings(db, OWNER, 5)] == ["next", "lost"]
        assert sscr.openings_whole(db, OWNER)


def test_the_clock_writes_what_was_lost_and_writes_it_once(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    opened_and_rolled_back(sessions, custody)

    for _ in range(2):
        with sessions.begin() as db:
            assert len(sscr.write_receipts(db, custody=custody, limit=10)) == 1

    with sessions() as db:
        assert [one.purpose for one in sscr.openings(db, OWNER, 5)] == ["lost"]


def test_the_key_service_forgets_a_receipt_that_is_told_to_be_in_the_chain(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    opened_and_rolled_back(sessions, custody)
    with sessions.begin() as db:
        written = sscr.write_receipts(db, custody=custody, limit=10)

    custody.service.forget([one.ticket for one in written])

    with sessions.begin() as db:
        assert sscr.write_receipts(db, custody=custody, limit=10) == []
        assert len(sscr.openings(db, OWNER, 5)) == 1
