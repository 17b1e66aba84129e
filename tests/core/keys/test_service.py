"""A guess is counted before it is tried, exactly once, in any thread and any process."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.limits import PIN_HASHES_AT_ONCE, PIN_KNOWN_SECONDS
from core import keys
from core.errors import Refusal
from core.keys import Keyring, Receipt, Wrapped, join
from tests.conftest import NOW
from tests.core.keys.made import CHEAP, KEY, OWNER, PIN, WRONG, Vault, refusal, served, wrap


@pytest.fixture
def vault(keyring: Keyring) -> Vault:
    return Vault(served(keyring))


def test_lock_outs_grow_and_end_in_a_block(vault: Vault, now: datetime) -> None:
    for minutes in (15, 60, 1440):
        assert vault.guess(now).facts == {"tries_left": 2}
        assert vault.guess(now).facts == {"tries_left": 1}
        assert vault.guess(now).facts == {"minutes": minutes}
        with refusal("pin_locked", minutes=minutes):
            vault.open(now=now)
        with refusal("pin_locked", minutes=1):
            vault.open(now=now + timedelta(minutes=minutes, seconds=-1))
        now += timedelta(minutes=minutes)

    assert [vault.guess(now).code for _ in range(3)] == ["pin_wrong", "pin_wrong", "pin_blocked"]
    with refusal("pin_blocked"):
        vault.open(now=now + timedelta(days=1000))


def test_a_right_pin_forgets_all_guesses(vault: Vault) -> None:
    vault.guess()
    vault.guess()

    assert vault.open() == KEY

    assert vault.guess().facts == {"tries_left": 2}


def test_a_third_guess_that_is_right_leaves_no_lock(vault: Vault) -> None:
    vault.guess()
    vault.guess()

    vault.open()

    assert vault.open() == KEY
    assert vault.service.alarms(limit=5) == []


def test_owners_are_counted_apart(vault: Vault) -> None:
    other = Vault(vault.service, owner="other")
    for _ in range(3):
        vault.guess()

    assert other.guess().facts == {"tries_left": 2}


def test_a_wrap_of_his_own_wins_a_thief_no_guess_at_hers(vault: Vault) -> None:
    his = Vault(vault.service)

    vault.guess()
    vault.guess()
    assert his.open() == KEY, "he knows this PIN, and her guesses stay counted"

    assert vault.guess().facts == {"minutes": 15}


def test_a_refused_guess_is_not_counted(vault: Vault, now: datetime) -> None:
    for _ in range(3):
        vault.guess()
    for _ in range(20):
        with refusal("pin_locked", minutes=15):
            vault.open(WRONG)

    assert vault.guess(now + timedelta(minutes=15)).facts == {"tries_left": 2}


def test_the_count_outlives_the_process(keyring: Keyring, vault: Vault) -> None:
    for _ in range(3):
        vault.guess()

    vault.service = served(keys.load(keyring.folder))

    with refusal("pin_locked", minutes=15):
        vault.open()


def test_two_hundred_guesses_at_once_are_three_guesses(vault: Vault) -> None:
    found = vault.guess_at_once(200)

    assert found == {"pin_wrong": 2, "pin_locked": 198}
    with sqlite3.connect(vault.service._attempts._path) as file:  # type: ignore[attr-defined]
        assert file.execute("SELECT tries FROM guess").fetchall() == [(3,)]
    file.close()


def guess_elsewhere(folder: Path, wrapped: Wrapped, guesses: int) -> Counter[str]:
    vault = Vault(served(keys.load(folder)), owner="nobody")
    vault.owner, vault.wrapped = OWNER, wrapped
    return vault.guess_at_once(guesses)


def test_fifty_guesses_in_two_processes_are_three_guesses(keyring: Keyring, vault: Vault) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = [keyring.folder] * 2, [vault.wrapped] * 2, [25, 25]
        found = sum(pool.map(guess_elsewhere, *asked), Counter())

    assert found == {"pin_wrong": 2, "pin_locked": 48}


def test_only_so_many_pins_are_stretched_at_once_and_a_busy_service_costs_no_try(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.keys.service.PIN_HASH_WAIT_SECONDS", 0.01)
    service = served(keyring)
    vault = Vault(service)
    slots = [service._slot() for _ in range(PIN_HASHES_AT_ONCE)]
    for slot in slots:
        slot.__enter__()

    for _ in range(5):
        with refusal("busy"):
            vault.open(WRONG)

    slots[0].__exit__(None, None, None)
    assert vault.guess().facts == {"tries_left": 2}


def test_a_guess_that_could_not_be_tried_wins_none_beside_a_right_one(vault: Vault) -> None:
    attempts, name = vault.service._attempts, vault.wrapped.name  # type: ignore[attr-defined]
    attempts.begin(OWNER, name, now=NOW)
    vault.open()
    attempts.begin(OWNER, name, now=NOW)
    for _ in range(3):
        attempts.taken_back(OWNER, name)

    assert [vault.guess().code for _ in range(3)] == ["pin_wrong", "pin_wrong", "pin_locked"]


def test_a_pepper_out_of_reach_costs_no_try(vault: Vault) -> None:
    kid = vault.wrapped.kid
    vault.service.rotate()
    vault.service.destroy(kid)

    for _ in range(5):
        with refusal("pepper_unknown", kid=kid):
            vault.open()

    with sqlite3.connect(vault.service._attempts._path) as file:  # type: ignore[attr-defined]
        assert file.execute("SELECT tries, locked_until FROM guess").fetchall() == [(0, 0)]
    file.close()


def crowd(keyring: Keyring, *, size: int, wrong_per_hour: int = 5) -> list[Vault]:
    """People of one node that bears few wrong PINs; nobody of them has opened a record yet."""
    service = served(keyring, wrong_per_hour=wrong_per_hour)
    return [Vault(service, owner=f"owner {n}") for n in range(size)]


def test_a_node_bears_only_so_many_wrong_pins_in_an_hour(keyring: Keyring, now: datetime) -> None:
    people = crowd(keyring, size=6)
    for person in people[:5]:
        assert person.guess(now).code == "pin_wrong"

    with refusal("pin_paused"):
        people[5].open(WRONG, now)
    with refusal("pin_paused"):
        people[5].open(PIN, now)

    assert people[5].open(now=now + timedelta(hours=1, seconds=1)) == KEY


def test_pins_that_rest_do_not_stop_who_knows_hers(keyring: Keyring, now: datetime) -> None:
    *strangers, amina, neema, baraka = crowd(keyring, size=8)
    for person in (amina, neema, baraka):
        assert person.open(now=now) == KEY
    assert baraka.guess(now).code == "pin_wrong"
    for person in strangers[:4]:
        assert person.guess(now).code == "pin_wrong"

    for _ in range(3):
        assert amina.open(now=now) == KEY
    assert neema.guess(now).code == "pin_wrong"  # one guess, and then she waits as all do
    with refusal("pin_paused"):
        neema.open(now=now)
    with refusal("pin_paused"):
        baraka.open(now=now)
    late = now + timedelta(seconds=PIN_KNOWN_SECONDS + 1)
    for person in strangers[:5]:
        person.guess(late)
    with refusal("pin_paused"):
        amina.open(now=late)


def test_who_knows_hers_can_be_stopped_only_by_as_many_who_do(
    keyring: Keyring, now: datetime
) -> None:
    people = crowd(keyring, size=11)
    for person in people[5:]:
        person.open(now=now)
    for person in people[:5]:
        person.guess(now)
    for person in people[5:10]:
        assert person.guess(now).code == "pin_wrong"

    with refusal("pin_paused"):
        people[10].open(now=now)

    assert people[10].open(now=now + timedelta(hours=1, seconds=1)) == KEY


def test_one_person_counts_with_one_lock_out_a_day(keyring: Keyring, now: datetime) -> None:
    restless, other = crowd(keyring, size=2)
    for hours in range(3):  # she is locked for longer each time, and the hour begins anew
        at = now + timedelta(hours=2 * hours)
        for _ in range(3):
            restless.guess(at)

    assert other.open(now=at) == KEY


def test_who_mistypes_all_day_stops_nobody_else(keyring: Keyring, now: datetime) -> None:
    people = crowd(keyring, size=4)
    for person in people[:3]:
        for _ in range(6):  # a right one after each two wrong ones, so that nothing locks
            assert person.guess(now).code == "pin_wrong"
            assert person.guess(now).code == "pin_wrong"
            assert person.open(now=now) == KEY

    assert people[3].open(now=now) == KEY


def test_a_lock_out_waits_to_be_told_and_is_told_once(vault: Vault, now: datetime) -> None:
    for _ in range(3):
        vault.guess()

    [alarm] = vault.service.alarms(limit=5)

    assert (alarm.owner, alarm.at, alarm.minutes) == (OWNER, now, 15)
    vault.service.told([alarm.id])
    assert vault.service.alarms(limit=5) == []


def test_another_owner_another_epoch_and_another_keyring_open_nothing(
    keyring: Keyring, vault: Vault, tmp_path: Path, now: datetime
) -> None:
    her = vault.wrapped
    elsewhere = served(keys.create(tmp_path / "other"))
    tried = [
        (vault.service, "other", her),
        (vault.service, OWNER, Wrapped(her.kid, 2, her.sealed, her.salt, her.cost)),
        (elsewhere, OWNER, her),
    ]

    for service, owner, wrapped in tried:
        with refusal("pin_wrong", tries_left=2):
            service.open(owner=owner, pin=PIN, wrapped=wrapped, receipt=None)


def test_a_share_opens_with_the_pepper_and_with_nothing_else(
    vault: Vault, tmp_path: Path, now: datetime
) -> None:
    share = b"s" * 32
    wrapped = vault.service.wrap_share(owner=OWNER, share=share, key=KEY, epoch=1)

    assert vault.service.open_share(owner=OWNER, share=share, wrapped=wrapped) == KEY
    elsewhere = served(keys.create(tmp_path / "other"))
    for service, owner, tried in (
        (vault.service, OWNER, b"t" * 32),
        (vault.service, "other", share),
        (elsewhere, OWNER, share),
    ):
        with refusal("share_wrong"):
            service.open_share(owner=owner, share=tried, wrapped=wrapped)


def test_what_was_erased_is_never_opened_again_whoever_has_a_copy(vault: Vault) -> None:
    share = vault.service.wrap_share(owner=OWNER, share=b"s" * 32, key=KEY, epoch=1)

    vault.service.erase(owner=OWNER, epoch=vault.wrapped.epoch)

    with refusal("no_record"):
        vault.open()
    with refusal("no_record"):
        vault.service.open_share(owner=OWNER, share=b"s" * 32, wrapped=share)
    anew = Vault(vault.service)
    assert anew.wrapped.epoch == 2
    assert anew.open() == KEY


@pytest.mark.parametrize("name", ["../attempts.db", "../seed", "7", ""])
def test_only_a_pepper_can_be_destroyed_and_never_the_count_beside_it(
    keyring: Keyring, vault: Vault, name: str
) -> None:
    vault.guess()

    with refusal("pepper_unknown", kid=name):
        vault.service.destroy(name)

    assert (keyring.folder / "attempts.db").exists()
    assert vault.guess().facts == {"tries_left": 1}


def test_a_success_remembers_what_it_opened_until_that_is_forgotten(
    vault: Vault, now: datetime
) -> None:
    receipts = [
        Receipt(f"t{k}", "loan", b"s", now + timedelta(seconds=k), "Mavuno") for k in range(2)
    ]
    for receipt in receipts:
        vault.open(receipt=receipt)

    assert vault.service.receipts(limit=5) == [(OWNER, receipt) for receipt in receipts]
    assert vault.service.receipts(owner="other", limit=5) == []

    vault.service.forget(["t0"])
    assert vault.service.receipts(owner=OWNER, limit=5) == [(OWNER, receipts[1])]


def test_joined_fields_are_never_ambiguous() -> None:
    assert join("ab", "c") != join("a", "bc") != join("abc") != join("abc", "")


def test_nobody_else_reads_the_count_or_a_pepper(keyring: Keyring, vault: Vault) -> None:
    files = [path for path in keyring.folder.rglob("*") if path.is_file()]

    assert {"attempts.db", "1", "seed"} <= {path.name for path in files}
    assert [path for path in files if path.stat().st_mode & 0o077] == []


OLD_SCHEMA = """
CREATE TABLE receipt (ticket TEXT PRIMARY KEY, owner TEXT NOT NULL, purpose TEXT NOT NULL,
  session_hash BLOB NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE attempt (owner TEXT PRIMARY KEY, tries INTEGER NOT NULL, total INTEGER NOT NULL,
  locked_until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE wrong (at REAL NOT NULL);
INSERT INTO receipt VALUES ('t', 'owner', 'loan', x'00', '2026-11-20T10:00:00+00:00');
INSERT INTO attempt VALUES ('owner', 11, 30, 0);
"""


def test_a_home_of_before_keeps_its_counts_its_receipts_and_its_pepper(
    keyring: Keyring, now: datetime
) -> None:
    with sqlite3.connect(keyring.folder / "attempts.db") as file:
        file.executescript(OLD_SCHEMA)
    file.close()

    vault = Vault(served(keyring))

    assert vault.service.kids() == ["1", "2"]
    assert vault.wrapped.kid == "2"
    legacy = keyring.derive("pepper/1")
    assert (keyring.folder / "peppers" / "1").read_bytes() == legacy
    assert vault.service.receipts(limit=5)[0][1].ticket == "t"
    assert vault.guess().code == "pin_blocked", "eleven wrong guesses were not forgotten"
    with pytest.raises(Refusal, match="pin_blocked"):
        vault.open()


def test_a_raised_cost_is_stored_with_the_wrap(vault: Vault) -> None:
    assert vault.wrapped.cost == CHEAP
    assert wrap(vault.service).salt != vault.wrapped.salt


SCHEMA_OF_BEFORE = """
CREATE TABLE guess (owner TEXT NOT NULL, wrap TEXT NOT NULL, tries INTEGER NOT NULL, total INTEGER NOT NULL,
  locked_until REAL NOT NULL, PRIMARY KEY (owner, wrap)) WITHOUT ROWID;
INSERT INTO guess VALUES ('owner', '', 11, 11, 0);
PRAGMA user_version = 3;
"""


def test_a_file_that_counted_twice_keeps_the_one_count(keyring: Keyring) -> None:
    (keyring.folder / "peppers").mkdir()
    (keyring.folder / "peppers" / "1").write_bytes(b"p" * 32)
    with sqlite3.connect(keyring.folder / "attempts.db") as file:
        file.executescript(SCHEMA_OF_BEFORE)
    file.close()

    assert Vault(served(keyring)).guess().code == "pin_blocked"
