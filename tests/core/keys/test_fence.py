"""A node with a fence, over real HTTP: what she meets, what a thief meets, and what absent or lying members do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from nacl.secret import Aead
from structlog.testing import capture_logs

from core import keys
from core.errors import Refusal
from core.keys import Keyring, LocalKeyService, fence, fence_wire, jose, oprf
from core.keys import ristretto as group
from core.keys.fence_folder import FolderFences
from core.keys.fence_line import Line
from core.keys.peppers import FilePeppers
from core.keys.service import _aad, _stretch
from core.refusal_codes import RefusalCode
from tests.conftest import NOW
from tests.core.keys.fence_world import World, world
from tests.core.keys.made import KEY, OWNER, PIN, WALL, WRONG, Vault, refusal, served, wrap


@pytest.fixture
def fenced(tmp_path: Path, keyring: Keyring) -> Iterator[World]:
    with world(tmp_path / "members", keyring.folder) as made:
        yield made


@pytest.fixture
def vault(fenced: World, keyring: Keyring) -> Vault:
    return Vault(served(keyring, fences=fenced.fences))


def tries(vault: Vault) -> Counter[int]:
    """How often each number of tries stands in the node's own count."""
    with vault.service._attempts._file() as file:  # type: ignore[attr-defined]
        return Counter(tries for (tries,) in file.execute("SELECT tries FROM guess"))


def test_her_pin_opens_and_another_does_not(vault: Vault, fenced: World) -> None:
    assert vault.wrapped.kid == f"1.{fenced.fences.today()}"
    assert len(vault.wrapped.kid) <= 20

    assert vault.open() == KEY
    assert vault.guess().facts == {"tries_left": 2}
    assert vault.open() == KEY


def test_she_is_locked_out_and_let_in_again_as_without_a_fence(vault: Vault) -> None:
    for minutes in (15, 60):
        assert [vault.guess(WALL.now).code for _ in range(3)] == [
            "pin_wrong", "pin_wrong", "pin_locked",
        ]  # fmt: skip
        with refusal("pin_locked", minutes=minutes):
            vault.open(now=WALL.now)
        WALL.now += timedelta(minutes=minutes, seconds=1)

    assert vault.open(now=WALL.now) == KEY
    assert vault.guess(WALL.now).facts == {"tries_left": 2}


@pytest.mark.parametrize("there", [(1, 2), (1, 3), (2, 3)])
def test_any_two_members_are_enough(vault: Vault, fenced: World, there: tuple[int, int]) -> None:
    fenced.only(*there)

    assert vault.open() == KEY
    assert vault.guess().code == "pin_wrong"


def test_with_one_member_she_is_asked_to_try_again_and_nothing_is_counted(
    vault: Vault, fenced: World
) -> None:
    fenced.only(2)

    for _ in range(5):
        with refusal("busy"):
            vault.open(WRONG)
    assert tries(vault) == {0: 1}

    fenced.only(2, 3)
    assert vault.open() == KEY, (
        "and the member who was there all the time has counted once, not five times"
    )


def counts(fenced: World) -> list[int]:
    """How many guesses each member has counted."""
    found = []
    for member in fenced.members:
        with member._attempts._file() as file:
            found.append(file.execute("SELECT coalesce(sum(tries), 0) FROM guess").fetchone()[0])
    return found


def test_who_tries_again_while_two_members_refuse_is_counted_once_by_the_third(
    vault: Vault, fenced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> dict[str, bytes]:
        raise Refusal(RefusalCode.FENCE_STALE)

    with monkeypatch.context() as patch:
        for member in fenced.members[:2]:
            patch.setattr(member, "answer", refuse)
        for _ in range(5):
            with refusal("busy"):
                vault.open()

    assert counts(fenced) == [0, 0, 1]
    assert vault.open() == KEY
    assert counts(fenced) == [0, 0, 0]


def test_a_member_who_has_counted_and_was_not_heard_is_told_that_she_was_right(
    vault: Vault, fenced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say_nothing(*_: Any) -> dict[str, bytes]:
        raise RuntimeError

    fenced.only(2, 3)
    assert vault.guess().code == "pin_wrong"
    fenced.only(1, 2, 3)
    monkeypatch.setattr(fenced.members[2], "_evaluate", say_nothing)

    assert vault.open() == KEY
    assert vault.open() == KEY, "he counts as away, and is told all the same"

    (fence,) = fenced.fences._ready.values()
    fence._line._pools[2].shutdown()
    assert counts(fenced) == [0, 0, 0]


def test_a_record_can_be_made_while_no_member_is_there(fenced: World, keyring: Keyring) -> None:
    fenced.only()

    vault = Vault(served(keyring, fences=fenced.fences))

    fenced.only(1, 3)
    assert vault.open() == KEY


def test_a_lying_member_is_found_and_the_others_open(
    vault: Vault, fenced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar = fenced.members[1]

    def lie(*_: Any) -> dict[str, bytes]:
        part, blinded = group.random_scalar(), group.times(group.random_scalar())
        made = oprf.evaluate(part, blinded)
        return {"evaluated": made, "proof": oprf.prove(part, [blinded], [made])}

    monkeypatch.setattr(liar, "_evaluate", lie)

    assert vault.open() == KEY
    assert vault.guess().code == "pin_wrong"
    fenced.only(2, 3)
    with refusal("busy"):
        vault.open()


@pytest.mark.parametrize(
    "body", [b"no JSON", b"[]", b'{"evaluated": 1, "proof": {}}', b"x" * 9_000]
)
def test_a_member_who_says_nonsense_is_away(
    vault: Vault, fenced: World, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    real = Line._post
    bad = fenced.running[0].card["url"]
    monkeypatch.setattr(
        Line, "_post", lambda self, url, text: body if url.startswith(bad) else real(self, url, text)
    )  # fmt: skip

    assert vault.open() == KEY


def test_a_changed_pin_has_a_key_of_its_own_and_counts_of_its_own(vault: Vault) -> None:
    old = vault.wrapped
    assert vault.guess().code == "pin_wrong"

    vault.wrapped = wrap(vault.service, pin=WRONG, epoch=2)

    assert vault.open(WRONG) == KEY
    with refusal("pin_wrong", tries_left=2):
        vault.open(PIN)
    assert vault.wrapped.sealed[:32] != old.sealed[:32]


def test_a_record_of_before_follows_into_the_fence_and_out_of_it(
    fenced: World, keyring: Keyring
) -> None:
    before = Vault(served(keyring))
    service = served(keyring, fences=fenced.fences)

    opened = service.open(owner=OWNER, pin=PIN, wrapped=before.wrapped, receipt=None)
    assert opened.is_stale
    inside = Vault(service)
    assert not service.open(owner=OWNER, pin=PIN, wrapped=inside.wrapped, receipt=None).is_stale

    fenced.fences.join([])
    assert service.open(owner=OWNER, pin=PIN, wrapped=inside.wrapped, receipt=None).is_stale
    assert Vault(service).wrapped.kid == "1"


def test_members_rotate_and_destroy_their_keys_and_wraps_follow(
    vault: Vault, fenced: World
) -> None:
    old = vault.wrapped
    for member in fenced.members:
        assert member.rotate() == "2"
    assert vault.open() == KEY, "the older keys still open what was sealed to them"

    name = fenced.join()

    assert vault.service.open(owner=OWNER, pin=PIN, wrapped=old, receipt=None).is_stale
    vault.wrapped = wrap(vault.service, epoch=2)
    assert vault.wrapped.kid == f"1.{name}"
    for member in fenced.members:
        member.destroy("1")
    assert vault.open() == KEY
    vault.wrapped = old
    with refusal("busy"):
        vault.open()


def test_a_service_that_has_lost_its_fence_misses_it_and_counts_nothing(
    vault: Vault, keyring: Keyring, tmp_path: Path
) -> None:
    for fences in (None, FolderFences(tmp_path / "empty", WALL)):
        lost = served(keyring, fences=fences)
        with pytest.raises(Refusal, match="pepper_unknown"):
            lost.open(owner=OWNER, pin=PIN, wrapped=vault.wrapped, receipt=None)

    assert tries(vault) == {0: 1}


def test_a_guardians_share_needs_no_fence(vault: Vault, fenced: World) -> None:
    fenced.only()

    wrapped = vault.service.wrap_share(owner=OWNER, share=b"s" * 32, key=KEY, epoch=1)

    assert vault.service.open_share(owner=OWNER, share=b"s" * 32, wrapped=wrapped) == KEY


def test_database_and_pepper_without_the_members_open_nothing(
    vault: Vault, keyring: Keyring, fenced: World
) -> None:
    """A thief has all of the node's files and the right PIN is among those he tries; only the members are missing."""
    fenced.only()
    wrapped, pepper = vault.wrapped, FilePeppers(keyring.folder)
    note, sealed = wrapped.sealed[: fence.NOTE_BYTES], wrapped.sealed[fence.NOTE_BYTES :]
    aad = _aad(OWNER, wrapped.epoch, note)

    for pin in (*(f"{number:06}" for number in range(20)), PIN):
        pin_key = _stretch(pin, wrapped.salt, wrapped.cost)
        secret = pepper.mix("1", keys.join("growr/kek/v1", OWNER, pin_key))
        blind, blinded = oprf.blind(secret)
        publics = fence._cut(note[: fence.PUBLIC_BYTES], group.BYTES)
        made = [oprf.finalize(secret, blind, point)[:32] for point in (*publics, blinded)]
        for key in (secret, *made):
            with pytest.raises(CryptoError):
                Aead(key).decrypt(sealed, aad)


def test_the_members_together_open_nothing_without_the_pepper(
    vault: Vault, fenced: World, tmp_path: Path
) -> None:
    thief = LocalKeyService.of(keys.create(tmp_path / "thief"), fences=fenced.fences, clock=WALL)

    with refusal("pin_wrong", tries_left=2):
        thief.open(owner=OWNER, pin=PIN, wrapped=vault.wrapped, receipt=None)


def test_a_thief_who_has_all_of_the_node_gets_a_lock_outs_worth_of_guesses(
    vault: Vault, fenced: World, keyring: Keyring, tmp_path: Path
) -> None:
    """He asks the members with a count of his own that never says no: after three each, they do."""
    found = Counter[str]()
    for number in range(8):
        home = keys.create(tmp_path / f"copy{number}")
        copy = LocalKeyService.of(
            home, peppers=FilePeppers(keyring.folder), fences=fenced.fences, clock=WALL
        )
        with pytest.raises(Refusal) as refused:
            copy.open(owner=OWNER, pin=f"{number}02938", wrapped=vault.wrapped, receipt=None)
        found[refused.value.code] += 1

    assert found.keys() == {"pin_wrong", "pin_locked"}
    assert found["pin_wrong"] in (
        3,
        4,
    )  # three members who each evaluate three times make four pairs and a half


def test_she_who_opens_it_finds_out_that_somebody_else_has_guessed(
    vault: Vault,
    fenced: World,
    keyring: Keyring,
    tmp_path: Path,
) -> None:
    assert vault.guess().code == "pin_wrong"
    with capture_logs() as lines:
        vault.open()
    assert "guesses elsewhere" not in [line["event"] for line in lines]
    thief = LocalKeyService.of(
        keys.create(tmp_path / "copy"),
        peppers=FilePeppers(keyring.folder),
        fences=fenced.fences,
        clock=WALL,
    )
    with refusal("pin_wrong", tries_left=2):
        thief.open(owner=OWNER, pin=WRONG, wrapped=vault.wrapped, receipt=None)

    with capture_logs() as lines:
        vault.open()

    assert "guesses elsewhere" in [line["event"] for line in lines]


def test_a_note_somebody_changed_opens_nothing(vault: Vault) -> None:
    sealed = bytearray(vault.wrapped.sealed)
    sealed[0] ^= 1  # the public share of the first member: the other two would do

    vault.wrapped = replace(vault.wrapped, sealed=bytes(sealed))

    assert {vault.guess().code, _code(vault)} == {"pin_wrong"}


def _code(vault: Vault) -> str:
    with pytest.raises(Refusal) as refused:
        vault.open()
    return refused.value.code


def test_a_wrap_cut_short_is_missed_and_not_guessed_at(vault: Vault) -> None:
    vault.wrapped = replace(vault.wrapped, sealed=vault.wrapped.sealed[:100])

    with pytest.raises(Refusal, match="pepper_unknown"):
        vault.open()


def test_all_guesses_at_once_are_three(vault: Vault) -> None:
    assert vault.guess_at_once(40) == {"pin_wrong": 2, "pin_locked": 38}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda cards: cards[:2], "fence_members_three"),
        (lambda cards: [cards[0], cards[0], cards[1]], "fence_members_alike"),
        (lambda cards: [*cards[:2], {**cards[2], "url": cards[0]["url"]}], "fence_members_alike"),
        (lambda cards: [*cards[:2], {**cards[2], "url": "http://example.org"}], "fence_card_malformed"),
        (lambda cards: [*cards[:2], {**cards[2], "key": "AAAA"}], "fence_card_malformed"),
        (lambda cards: [*cards[:2], {**cards[2], "key": "A" * 43}], "fence_card_malformed"),
        (lambda cards: [*cards[:2], {"name": "x"}], "fence_card_malformed"),
        (lambda cards: [*cards[:2], []], "fence_card_malformed"),
    ],
)  # fmt: skip
def test_a_fence_that_is_none_is_not_joined(fenced: World, change: Any, code: str) -> None:
    today = fenced.fences.today()

    with pytest.raises(Refusal, match=code):
        fenced.fences.join(change([one.card for one in fenced.running]))

    assert fenced.fences.today() == today


def test_a_member_may_move_to_another_address(vault: Vault, fenced: World) -> None:
    moved = fenced.running[0]
    moved.stop()
    moved.port = 0
    moved.start()

    cards = [one.card for one in reversed(fenced.running)]  # in whatever order
    assert fenced.fences.join(cards) == fenced.fences.names()[0]
    assert len(fenced.fences.names()) == 1

    fenced.only(1, 2)
    assert vault.open(now=NOW) == KEY


@pytest.mark.parametrize(
    ("said", "minutes"), [(15, 15), (-3, 1), (10**9, 1440), ("x", 1440), (None, 1440)]
)
def test_a_lock_a_member_tells_of_is_told_in_minutes_whatever_he_sent(
    said: object, minutes: int
) -> None:
    text = jose.dumps({"refused": "pin_locked", "minutes": said}).encode()

    _, refused = fence_wire.answer(text, "evaluate")

    assert refused is not None
    assert refused.facts == {"minutes": minutes}


def test_a_member_who_says_she_is_blocked_stops_nobody(
    vault: Vault, fenced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: Any) -> dict[str, bytes]:
        raise Refusal(RefusalCode.PIN_BLOCKED)

    monkeypatch.setattr(fenced.members[0], "_evaluate", no)
    assert vault.open() == KEY

    fenced.only(1, 2)
    with refusal("busy"):
        vault.open()
