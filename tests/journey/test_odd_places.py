"""`growr up` where a machine is unlike the developer's: its addresses, its folders, its proxy."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from config.settings import Settings
from config.sockets import LONGEST, socket_at
from tests.journey.running import Handset, RunningNode

NOBODY = "http://127.0.0.1:9"  # the proxy of an office that is away
ODD = "50% of #1? " + "a home whose path is longer than a socket's address may be, " * 2


def loopback() -> str:
    """The address of this machine that the fewest programs expect."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return "::1"
    except OSError:  # a machine without IPv6
        return "127.0.0.2"


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningNode]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROWR_HOST", loopback())
    running = RunningNode(tmp_path / ODD / "home")
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        running.environment[name] = NOBODY
    yield running
    if running.process:
        running.stop()


def test_a_node_comes_up_and_a_phone_dials_it(node: RunningNode) -> None:
    node.start()
    node.growr("demo")
    phone = Handset(node.sandbox, "+254711000111")

    assert phone.wait_for_message(r"\b\d{6}\b")
    assert phone.dial()
    host = node.environment["GROWR_HOST"]
    where = f"[{host}]" if ":" in host else host
    with requests.Session() as direct:
        direct.trust_env = False
        found = direct.get(f"http://{where}:{node.environment['GROWR_PORT']}/health", timeout=60)
    assert found.json() == {
        "status": "ok",
        "database": True,
        "redis": True,
        "keys": True,
        "disk": True,
    }
    assert not socket_at(node.home, "keys.sock").is_relative_to(node.home)


@pytest.mark.parametrize(
    ("host", "bind", "url"),
    [
        ("127.0.0.2", "127.0.0.2:80", "http://127.0.0.2:80"),
        ("0.0.0.0", "0.0.0.0:80", "http://127.0.0.1:80"),  # noqa: S104
        ("::1", "[::1]:80", "http://[::1]:80"),
        ("::", "[::]:80", "http://[::1]:80"),
    ],
)
def test_where_a_node_listens_and_where_it_is_reached(host: str, bind: str, url: str) -> None:
    settings = Settings(host=host, port=80)

    assert (settings.bind, settings.own_url, settings.url) == (bind, url, url)


def test_a_socket_stays_at_home_where_it_fits() -> None:
    home = Path("/") / ("h" * (LONGEST - len("//keys.sock")))

    assert socket_at(home, "keys.sock") == home / "keys.sock"
    assert socket_at(home / "h", "keys.sock").parent != home / "h"
    assert socket_at(home / "h", "keys.sock").parent == socket_at(home / "h", "redis.sock").parent
