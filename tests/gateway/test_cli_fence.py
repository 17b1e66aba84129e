"""Three cooperatives put a fence around the PINs of a node, as typed; one of them runs as the real process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from core import clock
from core.keys import jose
from core.keys.fence_member import Member
from core.keys.server import service_of
from gateway.cli import main
from tests.core.keys.fence_world import NAMES, Running, patient
from tests.core.keys.made import Vault
from tests.gateway.test_cli import Desk

ROOT = Path(__file__).parents[2]


def typed(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["fence", *words], env={"GROWR_HOME": str(home)})


def printed(home: Path, *words: str) -> Any:
    done = typed(home, *words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def written(path: Path, said: Any) -> str:
    path.write_text(jose.dumps(said))
    return str(path)


@pytest.fixture
def desk(tmp_path: Path, redis_url: str) -> Desk:
    return Desk(tmp_path / "node", redis_url)


@pytest.fixture
def members(tmp_path: Path) -> Iterator[list[Running]]:
    """Each with a home of his own, as `growr fence card` makes it, and his server."""
    running = []
    for number, name in enumerate(NAMES, start=1):
        home = tmp_path / f"m{number}"
        printed(home, "card", "--name", name, "--url", "http://127.0.0.1:1")
        running.append(Running(name, Member(home / "fence-member"), clock.now))
        running[-1].start()
    with patient():
        yield running
    for one in running:
        one.stop()


def test_a_fence_is_set_up_by_cards_and_checked_and_left(
    desk: Desk, members: list[Running], tmp_path: Path
) -> None:
    card = written(tmp_path / "node.json", printed(desk.settings.home, "node", "--name", "Mavuno"))
    cards = []
    for number, one in enumerate(members, start=1):
        home = tmp_path / f"m{number}"
        made = printed(home, "card", "--name", one.name, "--url", f"http://127.0.0.1:{one.port}")
        assert made == one.card
        assert printed(home, "admit", card, "--json")["admitted"] == "Mavuno"
        cards.append(written(tmp_path / f"{number}.json", made))

    joined = desk.json("fence", "join", *cards)

    assert {*NAMES} < joined.keys()
    vault = Vault(service_of(desk.settings))
    assert vault.wrapped.kid == f"1.{joined['fence']}"
    assert vault.open()
    members[2].stop()
    rows = desk.json("fence", "check")
    assert sorted((row.get("member", "~"), row.get("answers"), row["today"]) for row in rows) == [
        (NAMES[0], "yes", True), (NAMES[1], "yes", True), (NAMES[2], "no", True), ("~", None, False),
    ]  # fmt: skip

    assert desk.json("fence", "leave") == {"fence": "none"}

    assert Vault(service_of(desk.settings)).wrapped.kid == "1"
    assert desk.json("fence", "check")[-1]["today"] is True


def test_a_member_lists_dismisses_rotates_and_destroys(tmp_path: Path) -> None:
    home, words = (
        tmp_path / "m",
        ("card", "--name", "Upendo", "--url", "https://fence.upendo.example"),
    )
    first = printed(home, *words)
    card = written(tmp_path / "node.json", printed(tmp_path / "node", "node", "--name", "Mavuno"))
    printed(home, "admit", card, "--json")
    other = written(tmp_path / "other.json", printed(tmp_path / "x", "node", "--name", "Mavuno"))
    assert "fence_name_taken" in typed(home, "admit", other).stderr

    second = printed(home, *words, "--rotate")

    assert first["key"] != second["key"] == printed(home, *words)["key"]
    assert printed(home, "show", "--json") == {"keys": "1, 2", "nodes": "Mavuno"}
    assert printed(home, "destroy", "1", "--json") == {"keys": "2"}
    assert "pepper_in_use" in typed(home, "destroy", "2").stderr
    printed(home, "dismiss", "Mavuno", "--json")
    assert "fence_node_unknown" in typed(home, "dismiss", "Mavuno").stderr


def test_a_card_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    for said in ([], {"name": "x"}, {"name": "x", "key": "AAAA"}, {"name": "x", "key": 1}):
        done = typed(tmp_path / "m", "admit", written(tmp_path / "card.json", said))
        assert "fence_card_malformed" in done.stderr
    (tmp_path / "text").write_text("Dear Sir")
    assert (
        "fence_card_malformed"
        in typed(tmp_path / "n", "join", *[str(tmp_path / "text")] * 3).stderr
    )
    far = typed(tmp_path / "m", "card", "--name", "x", "--url", "http://fence.example.org")
    assert "fence_card_malformed" in far.stderr


def test_the_process_of_a_member_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"GROWR_HOME": str(tmp_path), "GROWR_FENCE_PORT": str(port)}
    words = [sys.executable, "-c", "from gateway.cli import main; main()", "fence", "serve"]
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        assert answer(f"http://127.0.0.1:{port}/health") == {"status": "ok"}
        refused = requests.post(f"http://127.0.0.1:{port}/fence", data=b"\xff", timeout=60)
        assert (refused.status_code, refused.json()) == (403, {"refused": "fence_malformed"})
        assert requests.get(f"http://127.0.0.1:{port}/fence", timeout=60).status_code == 405
        assert (
            requests.post(f"http://127.0.0.1:{port}/fence", b"x" * 70_000, timeout=60).status_code
            == 413
        )
    finally:
        process.terminate()
        process.wait()


def answer(url: str) -> Any:
    deadline = time.monotonic() + 240
    while True:
        try:
            return requests.get(url, timeout=60).json()
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.1)
