"""Three members of a fence, each behind a real web server of his own, and a node that has joined them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from werkzeug.serving import BaseWSGIServer, make_server

from core.clock import Clock
from core.keys import jose
from core.keys.fence_folder import FolderFences, card_of
from core.keys.fence_line import Place
from core.keys.fence_member import Member
from gateway.fence import create_app
from tests.core.keys.made import WALL

NAMES = ("Kilimo Sacco", "Tujenge", "Upendo")


@dataclass
class Running:
    """A member and his server, which may be stopped and started again at the same address."""

    name: str
    member: Member
    clock: Clock
    port: int = 0
    server: BaseWSGIServer | None = None
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.server = make_server(
            "127.0.0.1", self.port, create_app(self.member, self.clock), threaded=True
        )
        self.port = self.server.port
        self.threads.append(threading.Thread(target=self.server.serve_forever, args=(0.01,)))
        self.threads[-1].start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.threads.pop().join()
            self.server.server_close()
            self.server = None

    @property
    def card(self) -> dict[str, str]:
        public = self.member.public(self.member.kids()[-1])
        return card_of(Place(self.name, f"http://127.0.0.1:{self.port}", public))


@dataclass
class World:
    """Three members, and the fences of one node."""

    running: list[Running]
    fences: FolderFences

    @property
    def members(self) -> list[Member]:
        return [one.member for one in self.running]

    def join(self) -> str:
        """Let the node's new wraps go through the members as they are now."""
        for member in self.members:
            member.admit("node", jose.public_jwk(self.fences.key()))
        return self.fences.join([one.card for one in self.running])

    def only(self, *numbers: int) -> None:
        """Let only these members, from 1, be there."""
        for number, one in enumerate(self.running, start=1):
            if number not in numbers:
                one.stop()
            elif one.server is None:
                one.start()


@contextmanager
def patient() -> Iterator[None]:
    """Members on a busy machine are slow, not away; those who are away here refuse the connection at once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "fence.FENCE_SECONDS",
            "fence.FENCE_RIGHT_SECONDS",
            "fence_line.FENCE_SECONDS",
        ):
            patch.setattr(f"core.keys.{name}", 60)
        patch.setattr("core.keys.fence_line.FENCE_HTTP_SECONDS", (60, 60))
        yield


@contextmanager
def world(folder: Path, home: Path, clock: Clock = WALL) -> Iterator[World]:
    """The members' files are in `folder`, the node's in `home`."""
    running = [
        Running(name, Member(folder / str(number)), clock) for number, name in enumerate(NAMES)
    ]
    made = World(running, FolderFences(home, clock))
    try:
        made.only(1, 2, 3)
        made.join()
        with patient():
            yield made
    finally:
        made.only()
