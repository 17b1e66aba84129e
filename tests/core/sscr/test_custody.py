"""Only the PIN opens a record; guesses are counted whatever happens around them."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from core import credentials, keys, sscr
from core.db import connect
from core.errors import Refusal
from core.keys import Keyring, LocalKeyService, Stretch
from core.keys.peppers import FilePeppers
from core.sscr import Custody
from core.sscr.models import Wrap, WrapKind
from tests.conftest import NOW
from tests.core.keys.made import WALL
from tests.core.sscr.made import (
    NONCE,
    OTHER_PIN,
    OWNER,
    change_pin,
    deliver,
    issuer,
    present,
    record,
    refusal_of,
    unlock,
)


def wrap_of(db: Session) -> Wrap:
    return db.get_one(Wrap, (OWNER, WrapKind.PIN), populate_existing=True)


def test_a_new_record_has_a_did_that_is_its_key(db: Session, custody: Custody) -> None:
    made = record(db, custody)

    assert made.did == keys.did.from_jwk(sscr.holder_jwk(db, OWNER))
    assert made.did.startswith("did:key:z6Mk")
    assert sscr.record_of(db, OWNER) is made


def test_her_pin_opens_it(db: Session, custody: Custody) -> None:
    made = record(db, custody)

    with unlock(db, custody) as unlocked:
        assert (unlocked.owner_id, unlocked.did) == (OWNER, made.did)
        assert bytes(unlocked.holder_key.verify_key) == made.holder_public


def test_the_key_is_zeroed_when_the_block_ends(db: Session, custody: Custody) -> None:
    record(db, custody)
    with unlock(db, custody) as unlocked:
        pass

    with pytest.raises(AssertionError, match="shut"):
        _ = unlocked.dek


def test_the_key_is_zeroed_when_the_block_breaks(db: Session, custody: Custody) -> None:
    record(db, custody)
    with pytest.raises(RuntimeError), unlock(db, custody) as unlocked:
        raise RuntimeError

    with pytest.raises(AssertionError, match="shut"):
        _ = unlocked.holder_key


def test_wrong_pins_lock_and_the_right_one_waits_as_well(db: Session, custody: Custody) -> None:
    record(db, custody)

    assert refusal_of(db, custody, pin=OTHER_PIN) == ("pin_wrong", {"tries_left": 2})
    assert refusal_of(db, custody, pin=OTHER_PIN) == ("pin_wrong", {"tries_left": 1})
    assert refusal_of(db, custody, pin=OTHER_PIN) == ("pin_locked", {"minutes": 15})
    assert refusal_of(db, custody) == ("pin_locked", {"minutes": 15})
    assert refusal_of(db, custody, now=NOW + timedelta(days=9))[0] == "pin_locked", (
        "by whose clock?"
    )
    WALL.now += timedelta(minutes=15)
    unlock(db, custody).close()


def test_a_pin_of_the_wrong_shape_is_no_guess(db: Session, custody: Custody) -> None:
    record(db, custody)

    for _ in range(5):
        assert refusal_of(db, custody, pin="12345") == ("pin_format", {})

    assert refusal_of(db, custody, pin=OTHER_PIN) == ("pin_wrong", {"tries_left": 2})


def test_nobody_has_a_record_before_she_opened_one(db: Session, custody: Custody) -> None:
    assert sscr.record_of(db, OWNER) is None
    assert refusal_of(db, custody) == ("no_record", {})


def test_she_has_one_record_only(db: Session, custody: Custody) -> None:
    record(db, custody)

    with pytest.raises(Refusal, match="record_exists"):
        record(db, custody)


def test_a_weak_pin_opens_no_record(db: Session, custody: Custody) -> None:
    with pytest.raises(Refusal, match="pin_weak"):
        record(db, custody, pin="123456")


def test_a_wrong_pin_counts_though_the_transaction_rolls_back(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    with sessions.begin() as db:
        record(db, custody)
    for _ in range(3):
        with pytest.raises(Refusal), sessions.begin() as db:
            unlock(db, custody, pin=OTHER_PIN)

    with sessions.begin() as db:
        assert refusal_of(db, custody) == ("pin_locked", {"minutes": 15})


def attempt(sessions: sessionmaker[Session], custody: Custody) -> str:
    try:
        with sessions.begin() as db:
            unlock(db, custody, pin=OTHER_PIN)
    except Refusal as refusal:
        return refusal.code
    return "opened"


def attempts(url: str, folder: Path, guesses: int) -> tuple[Counter[str], int]:
    """Guess in parallel; tells what came out, and how many guesses were really tried."""
    engine = connect(url)
    custody, tried = Custody.of(keys.load(folder)), []

    class Watched(FilePeppers):
        def mix(self, kid: str, data: bytes) -> bytes:
            tried.append(kid)
            return super().mix(kid, data)

    service = LocalKeyService.of(custody.keyring, peppers=Watched(folder))
    custody = replace(custody, service=service)
    sessions = sessionmaker(engine)
    with ThreadPoolExecutor(guesses) as pool:
        found = Counter(pool.map(lambda _: attempt(sessions, custody), range(guesses)))
    engine.dispose()
    return found, len(tried)


def test_fifty_wrong_pins_at_once_are_three_attempts(
    sessions: sessionmaker[Session], custody: Custody, keyring: Keyring, database_url: str
) -> None:
    with sessions.begin() as db:
        record(db, custody)

    found, tried = attempts(database_url, keyring.folder, 50)

    assert tried == 3
    assert found == {"pin_wrong": 2, "pin_locked": 48}


def test_fifty_wrong_pins_in_two_processes_are_three_attempts(
    sessions: sessionmaker[Session], custody: Custody, keyring: Keyring, database_url: str
) -> None:
    with sessions.begin() as db:
        record(db, custody)

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        halves = list(pool.map(attempts, [database_url] * 2, [keyring.folder] * 2, [25, 25]))

    assert sum(tried for _, tried in halves) == 3
    assert sum((found for found, _ in halves), Counter()) == {"pin_wrong": 2, "pin_locked": 48}


def test_a_changed_pin_opens_what_the_old_one_no_longer_does(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)
    sealed = wrap_of(db).sealed

    change_pin(db, custody)

    assert refusal_of(db, custody) == ("pin_wrong", {"tries_left": 2})
    assert wrap_of(db).epoch == 2
    assert wrap_of(db).sealed != sealed
    with unlock(db, custody, pin=OTHER_PIN) as unlocked:
        assert present(db, unlocked)


def test_a_pin_is_changed_only_by_who_knows_it(db: Session, custody: Custody) -> None:
    record(db, custody)

    with pytest.raises(Refusal, match="pin_wrong"):
        change_pin(db, custody, old="193001")
    with pytest.raises(Refusal, match="pin_weak"):
        change_pin(db, custody, new="121212")

    unlock(db, custody).close()


@pytest.mark.parametrize("what", ["cost", "pepper"])
def test_a_wrap_follows_a_raised_cost_and_a_new_pepper_at_the_next_unlock(
    db: Session, custody: Custody, keyring: Keyring, what: str
) -> None:
    record(db, custody)
    if what == "cost":
        custody = replace(custody, stretch=Stretch(memory_kib=20_000, rounds=2, lanes=1))
    else:
        custody.service.rotate()

    unlock(db, custody).close()

    wrap = wrap_of(db)
    assert (wrap.epoch, wrap.memory_kib, wrap.pepper_kid) == (
        (2, 20_000, "1") if what == "cost" else (2, 19_456, "2")
    )
    unlock(db, custody).close()
    assert wrap_of(db).epoch == 2


def test_an_erased_record_is_gone_and_only_its_receipts_stay(
    db: Session, custody: Custody, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)
    unlock(db, custody).close()

    sscr.erase(db, owner_id=OWNER)

    assert refusal_of(db, custody) == ("no_record", {})
    assert sscr.holdings(db, OWNER) == []
    assert len(sscr.openings(db, OWNER, 5)) == 1


def test_a_pin_she_had_chosen_is_destroyed_with_the_record(db: Session, custody: Custody) -> None:
    record(db, custody)
    sscr.choose_next(
        db, custody=custody, owner_id=OWNER, pin=OTHER_PIN, phone="+254711000111", birth_date=None
    )

    assert sscr.erase(db, owner_id=OWNER) == 2
    assert sscr.unconfirmed_erasures(db, 5) == [(OWNER, 2)]


def test_after_erasing_she_may_begin_anew(db: Session, custody: Custody) -> None:
    first = record(db, custody)
    unlock(db, custody).close()
    sscr.erase(db, owner_id=OWNER)

    second = record(db, custody, pin=OTHER_PIN)

    assert first.did != second.did
    unlock(db, custody, pin=OTHER_PIN).close()
    assert sscr.openings_whole(db, OWNER)


def test_the_presentation_of_a_record_convinces_a_verifier(
    db: Session, custody: Custody, keyring: Keyring, now: datetime
) -> None:
    record(db, custody)
    deliver(db, keyring)
    with unlock(db, custody) as unlocked:
        presentations = present(db, unlocked)

    found = credentials.check_eligibility(
        presentations, criteria=[{"type": "kyc", "claims": [{"path": ["age_over", "18"], "values": [True]}]}],
        holder_did=unlocked.did, trust={issuer(keyring).did: [issuer(keyring).jwk]},
        audience="did:web:lender.example", nonce=NONCE, now=now,
    )  # fmt: skip

    assert found.met
