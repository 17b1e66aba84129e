"""The key service in a process of its own: the same answers, nobody else's calls, and away is only busy."""

from __future__ import annotations

import gc
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.limits import KEY_SERVICE_CALLS
from config.settings import Settings
from core import node
from core.keys import Keyring, Receipt, protocol
from core.keys.client import RemoteKeyService, is_listening
from core.keys.server import Server
from tests.core.keys.made import KEY, OWNER, PIN, WALL, Vault, refusal, served
from tests.journey.running import PATIENCE_SECONDS, until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.sock"


@pytest.fixture
def server(keyring: Keyring, path: Path) -> Iterator[Server]:
    made = Server(path, served(keyring))
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def vault(server: Server, path: Path) -> Vault:
    return Vault(RemoteKeyService(path))


def test_every_verb_says_the_same_over_the_socket(
    vault: Vault, server: Server, now: datetime
) -> None:
    receipt = Receipt("t", "loan", b"\x00\xff", now, "Mavuno")

    assert vault.open(receipt=receipt) == KEY
    assert vault.service.receipts(limit=5) == [(OWNER, receipt)]
    vault.service.forget(["t"])
    assert vault.service.receipts(owner=OWNER, limit=5) == []
    assert [vault.guess().code for _ in range(3)] == ["pin_wrong", "pin_wrong", "pin_locked"]
    assert vault.service.alarms(limit=5) == server.service.alarms(limit=5) != []
    vault.service.told([vault.service.alarms(limit=1)[0].id])
    WALL.now += timedelta(minutes=15)
    share = vault.service.wrap_share(owner=OWNER, share=b"s" * 32, key=KEY, epoch=1)
    assert vault.service.open_share(owner=OWNER, share=b"s" * 32, wrapped=share) == KEY
    assert vault.service.rotate() == "2"
    assert vault.service.open(owner=OWNER, pin=PIN, wrapped=vault.wrapped, receipt=None).is_stale
    vault.service.destroy("1")
    assert vault.service.kids() == ["2"]
    vault.service.erase(owner=OWNER, epoch=1)
    with refusal("no_record"):
        vault.open()


def test_two_hundred_guesses_at_once_over_the_socket_are_three(vault: Vault) -> None:
    found = vault.guess_at_once(200)

    assert found.pop("busy", 0) < 200
    assert found["pin_wrong"] == 2
    assert set(found) == {"pin_wrong", "pin_locked"}
    assert vault.guess().code == "pin_locked"


def test_a_service_that_is_away_is_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.keys.client.KEY_SERVICE_START_SECONDS", 0.0)

    assert not is_listening(path)
    with refusal("busy"):
        RemoteKeyService(path).kids()


def test_a_service_that_never_answers_is_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.keys.client.KEY_SERVICE_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen()

        with refusal("busy"):
            RemoteKeyService(path).kids()


def test_another_user_gets_no_answer(
    server: Server, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.users.clear()

    with refusal("busy"):
        RemoteKeyService(path).kids()

    server.users.add(os.getuid())
    assert RemoteKeyService(path).kids() == ["1"]


def test_too_many_calls_are_told_so(server: Server, path: Path) -> None:
    while server.places.acquire(blocking=False):
        pass

    with refusal("busy"):
        RemoteKeyService(path).kids()


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"nonsense\n", b"[]\n", b'{"verb": "_derive", "with": {}}\n', b'{"verb": "__init__"}\n',
             b'{"verb": "open", "with": {"pin": "839205"}}\n', b'{"verb": "kids", "with": {"$Popen": {}}}\n'],
)  # fmt: skip
def test_nonsense_breaks_nothing_and_is_not_repeated(
    server: Server, path: Path, line: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(str(path))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()

    assert not answer or "broken" in protocol.read(answer)
    assert b"839205" not in answer
    assert RemoteKeyService(path).kids() == ["1"]


@contextmanager
def called(path: Path) -> Iterator[socket.socket]:
    """A connection to the service on which anything may be said."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(str(path))
        yield connection


def is_hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """A service that waits for no word longer than this; whoever calls it afterwards may be slow again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.keys.server.KEY_SERVICE_SECONDS", seconds)
        yield


@pytest.mark.parametrize("said", [b"", b"{", b'{"verb": "ki'])
def test_who_says_nothing_or_half_a_line_is_hung_up_on(
    vault: Vault, path: Path, said: bytes
) -> None:
    with impatient(0.1), called(path) as connection:
        connection.sendall(said)

        assert is_hung_up(connection)

    assert vault.open() == KEY


def test_bytes_that_drip_in_win_no_time(vault: Vault, path: Path) -> None:
    def drip(connection: socket.socket) -> bool:
        try:
            connection.sendall(b" ")
        except OSError:
            return True
        return False

    with impatient(0.5), called(path) as connection:  # bytes come more often
        until(lambda: drip(connection), "the service to hang up")

    assert vault.open() == KEY


def test_a_question_that_was_cut_off_is_not_carried_out(vault: Vault, path: Path) -> None:
    with called(path) as connection:
        connection.sendall(protocol.line({"verb": "rotate", "with": {}}).rstrip())
        connection.shutdown(socket.SHUT_WR)

        assert is_hung_up(connection)

    assert vault.service.kids() == ["1"]


def test_a_line_longer_than_any_is_not_read_to_its_end(vault: Vault, path: Path) -> None:
    with called(path) as connection, suppress(OSError):
        for _ in range(64):  # sixteen times what fits; nobody takes it
            connection.sendall(b"x" * (protocol.LINE_BYTES // 4))
        pytest.fail("all of it was taken")

    assert vault.open() == KEY


def test_who_does_not_read_the_answer_holds_no_place(
    vault: Vault, server: Server, path: Path, now: datetime
) -> None:
    for n in range(50):
        receipt = Receipt(f"{n}", "p" * 80, b"s" * 32, now, "a" * 10_000)
        vault.open(receipt=receipt)

    with impatient(0.1), called(path) as connection:
        connection.sendall(protocol.line({"verb": "receipts", "with": {"limit": 50}}))
        watch = select.poll()
        watch.register(connection, 0)
        until(lambda: watch.poll(0), "the service to give up")

        assert not connection.makefile("rb").read().endswith(b"\n"), "not all of it was sent"

    until(lambda: places(server) == KEY_SERVICE_CALLS, "the place to be free again")
    assert vault.open() == KEY


def places(server: Server) -> int:
    """How many calls could be taken now."""
    return server.places._value


def test_silent_callers_take_the_places_there_are_and_no_thread_more(
    server: Server, path: Path
) -> None:
    before = threading.active_count()
    with ExitStack() as crowd:
        for _ in range(KEY_SERVICE_CALLS + 20):
            crowd.enter_context(called(path))
        until(lambda: places(server) == 0, "all places to be taken")

        assert threading.active_count() - before <= KEY_SERVICE_CALLS
        with refusal("busy"):
            RemoteKeyService(path).kids()

    until(lambda: places(server) == KEY_SERVICE_CALLS, "the places to be free again")
    assert RemoteKeyService(path).kids() == ["1"]


def test_only_its_owner_may_enter_the_socket(server: Server, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_web_process_has_no_way_to_a_pepper(
    server: Server, keyring: Keyring, path: Path, tmp_path: Path
) -> None:
    server.service.rotate()
    peppers = {file.read_bytes() for file in (keyring.folder / "peppers").iterdir()}
    home = tmp_path / "web"
    running = node.build(Settings(home=home, key_socket=path), wake=lambda _: None)
    Vault(running.custody.service).open()

    seen = [one for one in reachable(running) if isinstance(one, (bytes, bytearray))]

    assert running.keyring.seed in seen, "the search finds what there is"
    assert peppers.isdisjoint(bytes(one) for one in seen)
    assert running.keyring.derive("pepper/1") not in peppers
    assert not (home / "keys" / "peppers").exists()
    running.close()


def reachable(root: object) -> list[object]:
    """Everything an object holds, and what that holds; modules and classes are everybody's."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (type, type(sys), type(reachable))):
            continue
        seen[id(one)] = one
        waiting.extend(gc.get_referents(one))
    return list(seen.values())


def test_the_process_itself_answers_and_ends_cleanly(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = os.environ | {"GROWR_HOME": str(home)}
    words = [sys.executable, "-m", "core.keys.server"]
    process = subprocess.Popen(words, env=environment)
    path = home / "keys.sock"
    try:
        until(lambda: is_listening(path), "the key service to listen")
        assert Vault(RemoteKeyService(path)).open() == KEY
        assert (home / "keys").stat().st_mode & 0o077 == 0
    finally:
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert not path.exists()
