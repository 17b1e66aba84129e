"""Money is conserved, a restart goes on, input is checked, and the page is there."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import Sandbox, SandboxSettings, create_sandbox, faults, wallet
from gateway.sandbox.store import Store
from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.daraja import PHONE, DarajaClient
from tests.gateway.sandbox.node import ListeningNode

ACCOUNTS = ("174379", "600992", "254711000111", "254711000112")


@given(
    moves=st.lists(
        st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 2_000))
    )
)
@settings(max_examples=50, deadline=None)
def test_whatever_moves_nothing_is_made_or_lost(moves: list[tuple[str, str, int]]) -> None:
    store = Store(":memory:")
    with store.begin() as db:
        wallet.open_shortcodes(db, SandboxSettings(home=None))
        for phone in ACCOUNTS[2:]:
            wallet.open_account(db, phone, 1_000)

    for source, target, amount in moves:
        _try_to_move(store, source, target, amount)

    with store.begin() as db:
        totals = wallet.totals(db)
    store.close()
    assert (totals["sum"], totals["entries_sum"]) == (0, 0)
    assert totals["accounts"]["world"] == -1_002_000
    assert all(
        balance >= 0 for account, balance in totals["accounts"].items() if account != "world"
    )


def _try_to_move(store: Store, source: str, target: str, amount: int) -> None:
    try:
        with store.begin() as db:
            wallet.transfer(
                db, source=source, target=target, amount=amount, kind="test", note="", receipt=""
            )
    except wallet.InsufficientFunds:
        pass


def test_a_transaction_that_fails_leaves_nothing() -> None:
    store = Store(":memory:")

    with pytest.raises(sqlite3.IntegrityError):
        _open_two_accounts_one_below_zero(store)

    with store.begin() as db:
        assert wallet.totals(db)["accounts"] == {}


def _open_two_accounts_one_below_zero(store: Store) -> None:
    with store.begin() as db:
        wallet.open_account(db, "174379", 0)
        db.execute("INSERT INTO account VALUES ('600992', -1)")


def test_every_wallet_agrees_with_the_ledger_after_a_day_of_payments(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    daraja.b2c()
    node.wait("/cb/k/b1")
    daraja.stk()
    api.answer(pin="1234")
    api.post(f"/phones/{PHONE}/wallet/pay", to="174379", account="L1042X", amount=7)

    ledger = api.get("/ledger")

    assert (ledger["sum"], ledger["entries_sum"]) == (0, 0)
    assert ledger["accounts"][PHONE] == api.balance() == 1000 + 1500 - 500 - 7
    assert ledger["accounts"]["174379"] == api.get("/shortcodes/174379/wallet")["balance"] == 507
    entries = api.get(f"/phones/{PHONE}/wallet")["entries"]
    assert [entry["amount"] for entry in entries] == [-7, -500, 1500, 1000]


def test_a_restart_keeps_everything_and_goes_on(
    settings: SandboxSettings, tmp_path: Path, node: ListeningNode
) -> None:
    kept = settings.model_copy(update={"home": tmp_path})
    slow = kept.model_copy(update={"delay_seconds": 1.0})
    first = create_sandbox(slow)
    first.start(port=0)
    client = DarajaClient(first.url, node.url)
    Api(first.url).fault("c2b", "missing")
    client.b2c()
    client.stk()
    certificate = (tmp_path / "sandbox-mpesa.cer").read_text()
    first.stop()
    assert not node.heard

    second = create_sandbox(kept)
    second.start(port=0)
    try:
        api = Api(second.url)
        result = node.wait("/cb/k/b1")[0].json["Result"]
        api.answer(pin="1234")
        assert result["ResultCode"] == 0
        assert api.balance() == 1000 + 1500 - 500
        assert api.get("/faults")["faults"][0]["kind"] == "missing"
        assert (tmp_path / "sandbox-mpesa.cer").read_text() == certificate
        assert (tmp_path / "sandbox.db").stat().st_mode & 0o077 == 0
    finally:
        second.stop()


def test_a_restart_lets_no_prompt_and_no_session_stay_for_ever(
    settings: SandboxSettings, tmp_path: Path, node: ListeningNode
) -> None:
    kept = settings.model_copy(update={"home": tmp_path})
    first = create_sandbox(kept)
    first.start(port=0)
    Api(first.url).post("/phones/254722000222/dial", code="*384*77#")
    DarajaClient(first.url, node.url).stk()
    Api(first.url).prompt()
    with first.world.store.begin() as db:
        db.execute("DELETE FROM due")  # as after kill -9 at the worst moment
    first.stop()

    second = create_sandbox(kept.model_copy(update={"prompt_seconds": 0.1, "ussd_seconds": 0.1}))
    second.start(port=0)

    try:
        callback = node.wait("/cb/k/a1")[0].json["Body"]["stkCallback"]
        assert callback["ResultCode"] == 1037
        assert node.wait("/u/end")[0].form["phoneNumber"] == "+254722000222"
    finally:
        second.stop()


def test_the_process_listens_says_where_and_stops_when_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {**os.environ, "GROWR_HOME": str(tmp_path), "GROWR_SANDBOX_PORT": port}

    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.sandbox"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    lives = requests.get(f"http://127.0.0.1:{port}/health", timeout=60).json()
    process.terminate()
    status = process.wait(timeout=60)
    process.stdout.close()

    assert said == f"sandbox: phones, telco and mobile money on http://127.0.0.1:{port}\n"
    assert lives == {"status": "ok"}
    assert status == 0
    assert (tmp_path / "sandbox-mpesa.cer").read_text().startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(
    ("target", "kind"), [(target, kind) for target, kinds in faults.KNOWN.items() for kind in kinds]
)
def test_every_known_fault_can_be_ordered_and_cleared(api: Api, target: str, kind: str) -> None:
    made = api.call("POST", "/faults", {"target": target, "kind": kind, "count": 2})

    listed = api.get("/faults")["faults"]
    cleared = api.call("DELETE", "/faults")
    assert made.json() == {"target": target, "kind": kind, "count": 2}
    assert listed == [{"target": target, "kind": kind, "count": 2, "seconds": None}]
    assert cleared.json() == {"faults": []}
    assert api.get("/faults")["faults"] == []


@pytest.mark.parametrize(
    ("target", "kind"),
    [("moon", "missing"), ("sms", "moonshine"), ("sms", "status:"), ("c2b", "status:1")],
)
def test_an_unknown_fault_is_answered_with_the_known_ones(api: Api, target: str, kind: str) -> None:
    response = api.call("POST", "/faults", {"target": target, "kind": kind})

    assert response.status_code == 400
    assert set(response.json()["known"]) == set(faults.KNOWN)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/phones/12/dial", {"code": "*384*77#"}, 400),
        ("POST", f"/phones/{PHONE}/dial", {}, 400),
        ("POST", f"/phones/{PHONE}/dial", {"code": 5}, 400),
        ("POST", f"/phones/{PHONE}/dial", ["*384*77#"], 400),
        ("POST", f"/phones/{PHONE}/type", {"text": "x" * 161}, 400),
        ("POST", f"/phones/{PHONE}/type", {"text": "1"}, 409),
        ("POST", f"/phones/{PHONE}/messages", {"to": "384"}, 400),
        ("POST", f"/phones/{PHONE}/prompts/none", {"pin": "1234"}, 404),
        ("POST", f"/phones/{PHONE}/prompts/none", {}, 400),
        ("POST", "/faults", {"target": "sms", "kind": "missing", "count": 0}, 400),
        ("POST", "/faults", {"target": "sms", "kind": "delay", "seconds": 1e9}, 400),
        ("POST", "/faults", {"target": "sms", "kind": "delay", "seconds": "1"}, 400),
        ("GET", "/shortcodes/1/wallet", None, 404),
        ("GET", "/nothing", None, 404),
        ("DELETE", f"/phones/{PHONE}/wallet", None, 405),
        ("POST", f"/phones/{PHONE}/messages", {"to": "384", "text": "x" * 70_000}, 413),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    api: Api, method: str, path: str, body: Any, status: int
) -> None:
    response = api.call(method, path, body)

    assert response.status_code == status
    assert isinstance(response.json()["error"], str)


def test_a_form_from_another_site_changes_nothing(api: Api) -> None:
    response = requests.post(
        f"{api.url}/faults", data='{"target":"sms","kind":"missing"}', timeout=60
    )

    assert response.status_code == 400
    assert "application/json" in response.json()["error"]


def test_the_page_shows_the_phone_and_lets_nothing_foreign_in(api: Api) -> None:
    response = requests.get(f"{api.url}/?phone=0711000111", timeout=60)

    policy = response.headers["Content-Security-Policy"]
    assert response.status_code == 200
    assert 'data-phone="254711000111"' in response.text
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http://" not in response.text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in response.text


def test_known_phones_are_listed(api: Api) -> None:
    api.balance("254722000222")

    assert {"msisdn": "+254722000222", "balance": 1000} in api.get("/phones")


def test_it_lives(api: Api, sandbox: Sandbox) -> None:
    assert api.get("/health") == {"status": "ok"}
    assert sandbox.url.startswith("http://127.0.0.1:")


def test_the_page_of_documentation_names_every_setting_and_every_fault() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text()

    names = [name.upper() for name in SandboxSettings.model_fields if name != "home"]
    kinds = {kind for kinds in faults.KNOWN.values() for kind in kinds}
    missing = [word for word in [*names, *kinds, *faults.KNOWN] if word not in page]
    assert missing == []
