"""`growr node register` says what the provider said, and ends as it went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config import blueprint
from config.settings import Settings
from gateway.cli import main
from tests.fake_daraja import REGISTER, FakeDaraja, error


@pytest.fixture
def daraja() -> Iterator[FakeDaraja]:
    fake = FakeDaraja().start()
    yield fake
    fake.stop()


def register(home: Path, **more: str) -> Result:
    return CliRunner().invoke(
        main, ["node", "register", "--json"], env={"GROWR_HOME": str(home), **more}
    )


def own_provider(daraja: FakeDaraja, folder: Path, **changes: str) -> dict[str, str]:
    """The settings of a node that speaks to M-PESA itself."""
    settings = daraja.settings(folder)
    return {
        "GROWR_BLUEPRINT": "self_hosted_originator", "GROWR_PUBLIC_URL": "https://node.example",
        "GROWR_MPESA_URL": daraja.url, "GROWR_MPESA_CONSUMER_KEY": settings.mpesa_consumer_key,
        "GROWR_MPESA_CONSUMER_SECRET": settings.mpesa_consumer_secret.get_secret_value(), **changes,
    }  # fmt: skip


def test_what_the_provider_took_is_registered(daraja: FakeDaraja, tmp_path: Path) -> None:
    done = register(tmp_path / "home", **own_provider(daraja, tmp_path))

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["mpesa"].startswith("registered")
    assert len(daraja.sent(REGISTER)) == 1


@pytest.mark.parametrize(
    ("answer", "why"), [(error("400.002.02"), "400.002.02"), ((500, {}), "status 500")]
)
def test_what_the_provider_refused_is_not(
    daraja: FakeDaraja, tmp_path: Path, answer: Any, why: str
) -> None:
    daraja.orders[REGISTER] = [answer]

    done = register(tmp_path / "home", **own_provider(daraja, tmp_path))

    assert done.exit_code == 1
    assert json.loads(done.stdout)["mpesa"] == f"not registered: {why}"
    assert "pay-ins will not be announced" in done.stderr


def test_who_does_not_answer_has_registered_nothing(daraja: FakeDaraja, tmp_path: Path) -> None:
    away = own_provider(daraja, tmp_path, GROWR_MPESA_URL="http://127.0.0.1:1")

    done = register(tmp_path / "home", **away)

    assert done.exit_code == 1
    assert json.loads(done.stdout)["mpesa"] == "not registered: no_connection"


def test_the_reported_case_is_told_what_the_sandbox_does_not_use(tmp_path: Path) -> None:
    """`GROWR_MPESA_URL=http://127.0.0.1:1 growr node register` said "registered" and 0."""
    done = register(tmp_path / "home", GROWR_MPESA_URL="http://127.0.0.1:1")

    assert done.exit_code == 1
    assert "does not use GROWR_MPESA_URL" in done.stderr


def test_settings_that_a_sandbox_replaces_are_named() -> None:
    plan = blueprint.load("all_in_one")
    given = {"at_username": "tumaini", "mpesa_url": "https://api.safaricom.co.ke", "port": 8081}

    assert Settings(**given).unused(plan) == ["GROWR_AT_USERNAME", "GROWR_MPESA_URL"]  # type: ignore[arg-type]
    assert Settings().unused(plan) == []
    assert Settings(**given).unused(blueprint.load("self_hosted_originator")) == []  # type: ignore[arg-type]
