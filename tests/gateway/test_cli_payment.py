"""A payment that no rule can settle reaches a person, and her decision reaches the loan."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.ledger import Account
from core.payments import Payment
from gateway.cli import main
from tests.journey.running import PIN, Handset, borrow
from tests.village import Village, registered, village


def growr(place: Village, *words: str) -> Any:
    """Run a command in the village's node."""
    settings = place.node.settings
    environment = {
        "GROWR_HOME": str(settings.home),
        "GROWR_DATABASE_URL": settings.database_url,
        "GROWR_REDIS_URL": settings.redis_url,
        "GROWR_PORT": str(settings.port),
        "GROWR_SANDBOX_PORT": str(settings.sandbox_port),
    }
    done = CliRunner().invoke(main, [*words, "--json"], env=environment)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def unheard_payout(place: Village) -> tuple[Handset, str]:
    """A loan whose payout M-PESA never acts upon, nor ever knows of."""
    phone = registered(place, PIN)
    place.fault("b2c", "not_acted", count=100)
    borrow(phone)
    phone.hang_up()
    for _ in range(40):
        place.work()
        place.offset += timedelta(seconds=15)
    (waiting,) = growr(place, "payment", "attention")
    assert waiting["reason"] == "provider_does_not_know_it"
    return phone, waiting["payment"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_payout_nobody_knows_of_is_decided_by_a_person(
    tmp_path: Path, databases: dict[str, Any], redis_url: str, database: str
) -> None:
    url = databases[database].fresh(tmp_path)
    with village(tmp_path / "home", url, redis_url) as place:
        phone, payment = unheard_payout(place)

        with place.node.sessions.begin() as db:  # the command's clock is behind the village's
            order = db.get_one(Payment, uuid.UUID(payment))
            order.not_before = order.opened_at = datetime.now(UTC) - timedelta(hours=1)
        decided = growr(place, "payment", "decide", payment, "--not-paid")

        assert decided["state"] == "failed"
        assert growr(place, "payment", "attention") == []
        assert place.balance(Account.CASH_MPESA) == 1_000_000
        place.work()
        assert "you owe nothing" in phone.messages()[-1]
        phone.dial()
        assert "did not arrive" in phone.type("2")
    databases[database].drop(url)


def test_an_unknown_payment_is_refused(
    tmp_path: Path, redis_url: str, databases: dict[str, Any]
) -> None:
    with village(tmp_path / "home", databases["sqlite"].fresh(tmp_path), redis_url) as place:
        words = ["payment", "decide", "00000000-0000-4000-8000-000000000000", "--paid"]

        with pytest.raises(AssertionError, match="payment_unknown"):
            growr(place, *words)


def test_a_payout_that_failed_is_listed_until_a_person_has_seen_to_it(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)
        place.fault("b2c", "result:2040")
        borrow(phone)
        phone.hang_up()
        place.live()

        (waiting,) = growr(place, "payment", "attention")
        assert (waiting["reason"], waiting["code"]) == ("payout_failed", "not_registered")
        assert growr(place, "payment", "resolve", waiting["payment"])["resolved"] is True

        assert growr(place, "payment", "attention") == []
        with pytest.raises(AssertionError, match="nothing about this payment waits"):
            growr(place, "payment", "resolve", waiting["payment"])
