"""Three members of a fence as they really run: each a web server in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from core import clock
from core.keys import jose
from core.keys.fence_folder import FolderFences, card_of
from core.keys.fence_line import Place
from core.keys.fence_member import Member

SERVE = ("-m", "gunicorn", "--config", "python:config.gunicorn_fence", "gateway.fence:served()")


@contextmanager
def fenced(folder: Path, home: Path) -> Iterator[FolderFences]:
    """The fences of a node whose files are in `home`, with one fence it has joined."""
    fences = FolderFences(home, clock.now)
    with ExitStack() as stack:
        cards = [stack.enter_context(_member(folder / f"m{number}", fences)) for number in range(3)]
        fences.join(cards)
        yield fences


@contextmanager
def _member(home: Path, fences: FolderFences) -> Iterator[dict[str, str]]:
    (home / "fence-member").mkdir(parents=True)
    member = Member(home / "fence-member")
    member.admit("bench", jose.public_jwk(fences.key()))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"GROWR_HOME": str(home), "GROWR_FENCE_PORT": str(port)}
    process = subprocess.Popen([sys.executable, *SERVE], env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health")
        yield card_of(Place(home.name, f"http://127.0.0.1:{port}", member.public("1")))
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            requests.get(url, timeout=1)
        except requests.RequestException:
            assert time.monotonic() < deadline, "a member did not start"
            time.sleep(0.1)
        else:
            return
