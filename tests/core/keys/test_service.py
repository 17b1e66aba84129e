"""A guess is counted before it is tried, exactly once, in any thread and any process."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.limits import PIN_HASHES_AT_ONCE, PIN_TRIES_EVER
from core import keys
from core.errors import Refusal
from core.keys import Keyring, KeyService, Receipt, join
from tests.conftest import NOW


@contextmanager
def refusal(code: str, **facts: object) -> Iterator[None]:
    with pytest.raises(Refusal) as found:
        yield
    assert (found.value.code, found.value.facts) == (code, facts)


def guess(service: KeyService, now: datetime) -> Refusal:
    return service.begin("owner", now=now).refusal()


def outcomes(folder: Path, guesses: int) -> Counter[str]:
    service = KeyService(keys.load(folder))

    def one(_: int) -> str:
        try:
            return guess(service, NOW).code
        except Refusal as refusal:
            return f"refused {refusal.code}"

    with ThreadPoolExecutor(guesses) as pool:
        return Counter(pool.map(one, range(guesses)))


@pytest.fixture
def service(keyring: Keyring) -> KeyService:
    return KeyService(keyring)


def test_lock_outs_grow_and_end_in_a_block(service: KeyService, now: datetime) -> None:
    for minutes in (15, 60, 1440):
        assert guess(service, now).facts == {"tries_left": 2}
        assert guess(service, now).facts == {"tries_left": 1}
        assert guess(service, now).facts == {"minutes": minutes}
        with refusal("pin_locked", minutes=minutes):
            service.begin("owner", now=now)
        with refusal("pin_locked", minutes=1):
            service.check("owner", now=now + timedelta(minutes=minutes, seconds=-1))
        now += timedelta(minutes=minutes)

    assert [guess(service, now).code for _ in range(3)] == ["pin_wrong", "pin_wrong", "pin_blocked"]
    with refusal("pin_blocked"):
        service.check("owner", now=now + timedelta(days=1000))
    with refusal("pin_blocked"):
        service.begin("owner", now=now + timedelta(days=1000))


def test_a_right_pin_forgets_all_guesses(service: KeyService, now: datetime) -> None:
    guess(service, now)
    guess(service, now)

    service.succeed("owner")

    assert guess(service, now).facts == {"tries_left": 2}


def test_a_third_guess_that_is_right_leaves_no_lock(service: KeyService, now: datetime) -> None:
    for _ in range(3):
        guess(service, now)

    service.succeed("owner")

    service.check("owner", now=now)


def test_resets_do_not_lift_the_cap_of_a_lifetime(service: KeyService, now: datetime) -> None:
    for _ in range(PIN_TRIES_EVER // 2):
        guess(service, now)
        guess(service, now)
        service.reset("owner")

    with refusal("pin_blocked"):
        service.begin("owner", now=now)


def test_owners_are_counted_apart(service: KeyService, now: datetime) -> None:
    for _ in range(3):
        guess(service, now)

    assert service.begin("other", now=now).refusal().facts == {"tries_left": 2}


def test_a_refused_guess_is_not_counted(service: KeyService, now: datetime) -> None:
    for _ in range(3):
        guess(service, now)
    for _ in range(20):
        with refusal("pin_locked", minutes=15):
            service.begin("owner", now=now)

    assert guess(service, now + timedelta(minutes=15)).facts == {"tries_left": 2}


def test_the_count_outlives_the_process(keyring: Keyring, now: datetime) -> None:
    for _ in range(3):
        guess(KeyService(keyring), now)

    with refusal("pin_locked", minutes=15):
        KeyService(keyring).begin("owner", now=now)


def test_fifty_guesses_at_once_are_three_guesses(keyring: Keyring) -> None:
    found = outcomes(keyring.folder, 50)

    assert found == {"pin_wrong": 2, "pin_locked": 1, "refused pin_locked": 47}


def test_fifty_guesses_in_two_processes_are_three_guesses(keyring: Keyring) -> None:
    KeyService(keyring)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        halves = pool.map(outcomes, [keyring.folder] * 2, [25, 25])
        found = sum(halves, Counter())

    assert found == {"pin_wrong": 2, "pin_locked": 1, "refused pin_locked": 47}


def test_only_so_many_pins_are_stretched_at_once(
    service: KeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.keys.service.PIN_HASH_WAIT_SECONDS", 0.01)
    slots = [service.slot() for _ in range(PIN_HASHES_AT_ONCE)]
    for slot in slots:
        slot.__enter__()

    with refusal("busy"), service.slot():
        pass

    slots[0].__exit__(None, None, None)
    with service.slot():
        pass


def test_every_pepper_owner_and_pin_gives_another_key(keyring: Keyring, tmp_path: Path) -> None:
    service = KeyService(keyring, kids=("1", "2"))
    other = KeyService(keys.create(tmp_path / "other"))

    derived = {
        service.derive(kid="1", owner="a", pin_key=b"k"),
        service.derive(kid="2", owner="a", pin_key=b"k"),
        service.derive(kid="1", owner="b", pin_key=b"k"),
        service.derive(kid="1", owner="a", pin_key=b"l"),
        other.derive(kid="1", owner="a", pin_key=b"k"),
    }

    assert len(derived) == 5
    assert service.kid == "2"


def test_joined_fields_are_never_ambiguous() -> None:
    assert join("ab", "c") != join("a", "bc") != join("abc") != join("abc", "")


def test_nobody_else_reads_the_count(keyring: Keyring, service: KeyService) -> None:
    assert (keyring.folder / "attempts.db").stat().st_mode & 0o077 == 0


def test_a_success_remembers_what_it_opened_until_that_is_forgotten(
    service: KeyService, now: datetime
) -> None:
    receipts = [Receipt(f"t{k}", "loan", b"s", now + timedelta(seconds=k)) for k in range(2)]
    for receipt in receipts:
        service.succeed("owner", receipt=receipt)
    service.succeed("other")

    assert service.receipts("owner") == receipts
    assert service.owners(5) == ["owner"]

    service.forget("t0")
    assert service.receipts("owner") == receipts[1:]
