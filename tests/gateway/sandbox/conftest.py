"""A started sandbox on a free port, a listening node beside it, and clients of both providers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from gateway.sandbox import Sandbox, SandboxSettings, create_sandbox
from tests.gateway.sandbox.daraja import PHONE, DarajaClient
from tests.gateway.sandbox.node import ListeningNode


class Api:
    """The sandbox's own JSON, from the outside."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"{self.url}{path}", json=body, timeout=60)

    def get(self, path: str) -> Any:
        return self.call("GET", path).json()

    def post(self, path: str, **body: Any) -> Any:
        return self.call("POST", path, body).json()

    def fault(self, target: str, kind: str, **more: Any) -> None:
        assert (
            self.call("POST", "/faults", {"target": target, "kind": kind, **more}).status_code
            == 201
        )

    def prompt(self, phone: str = PHONE) -> dict[str, Any]:
        return self.until(lambda: self.get(f"/phones/{phone}/prompts"))[0]

    def answer(self, phone: str = PHONE, **body: Any) -> Any:
        return self.post(f"/phones/{phone}/prompts/{self.prompt(phone)['id']}", **body)

    def balance(self, phone: str = PHONE) -> int:
        return int(self.get(f"/phones/{phone}/wallet")["balance"])

    @staticmethod
    def until(look: Callable[[], Any]) -> Any:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if seen := look():
                return seen
            time.sleep(0.01)
        raise AssertionError("it never came")


@pytest.fixture
def node() -> Iterator[ListeningNode]:
    listening = ListeningNode()
    yield listening
    listening.stop()


@pytest.fixture
def settings(node: ListeningNode, monkeypatch: pytest.MonkeyPatch) -> SandboxSettings:
    monkeypatch.setattr("gateway.sandbox.courier.HELD_SECONDS", 0.4)
    return SandboxSettings(
        home=None,
        delay_seconds=0.05,
        callback_seconds=60,
        ussd_url=f"{node.url}/u",
        end_url=f"{node.url}/u/end",
        inbound_url=f"{node.url}/s/in",
        report_url=f"{node.url}/s/report",
        optout_url=f"{node.url}/s/optout",
    )


@pytest.fixture
def sandbox(settings: SandboxSettings) -> Iterator[Sandbox]:
    made = create_sandbox(settings)
    made.start(port=0)
    yield made
    made.stop()


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    return Api(sandbox.url)


@pytest.fixture
def daraja(sandbox: Sandbox, node: ListeningNode) -> DarajaClient:
    return DarajaClient(sandbox.url, node.url)
