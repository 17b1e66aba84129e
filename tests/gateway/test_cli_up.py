"""What stands in the way of `growr up` is said in one line, before anything is started."""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config import blueprint
from config.sockets import socket_at
from gateway.cli import main
from gateway.cli.up import await_ready
from gateway.supervisor import Failed, Supervisor
from tests.journey.running import free_ports

Up = Callable[..., Result]
ENDS = (sys.executable, "-c", "pass")
PRODUCTION = {
    "GROWR_BLUEPRINT": "self_hosted_originator",
    "GROWR_PUBLIC_URL": "https://node.example",
    "GROWR_AT_USERNAME": "mavuno",
    "GROWR_AT_API_KEY": "key-of-mavuno",
    "GROWR_AT_SENDER": "MAVUNO",
    "GROWR_MPESA_URL": "https://api.example",
    "GROWR_MPESA_CONSUMER_KEY": "consumer",
    "GROWR_MPESA_CONSUMER_SECRET": "secret-of-mavuno",
    "GROWR_MPESA_SHORT_CODE": "500100",
    "GROWR_MPESA_PASSKEY": "passkey",
    "GROWR_MPESA_PAYOUT_SHORT_CODE": "500200",
    "GROWR_MPESA_INITIATOR": "mavuno",
    "GROWR_MPESA_INITIATOR_PASSWORD": "password",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def up(home: Path) -> Up:
    """`growr up` with settings of its own; for tests in which it must not come up."""
    web, sandbox = free_ports(2)
    usual = {
        "GROWR_HOME": str(home),
        "GROWR_PORT": str(web),
        "GROWR_SANDBOX_PORT": str(sandbox),
    }

    def run(**environment: str) -> Result:
        return CliRunner().invoke(main, ["up"], env=usual | environment)

    return run


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken


@pytest.mark.parametrize("setting", ["GROWR_PORT", "GROWR_SANDBOX_PORT"])
def test_a_taken_port_is_named_and_nothing_is_started(
    up: Up, home: Path, listener: socket.socket, setting: str
) -> None:
    port = str(listener.getsockname()[1])

    done = up(**{setting: port})

    assert done.exit_code == 1
    assert f"port {port} on 127.0.0.1 is taken by another program; set {setting}" in done.stderr
    assert "is running" not in done.output
    assert {path.name for path in home.iterdir()} == {"up.pid"}


def test_web_and_sandbox_cannot_share_a_port(up: Up) -> None:
    (port,) = map(str, free_ports(1))

    assert "GROWR_SANDBOX_PORT" in up(GROWR_PORT=port, GROWR_SANDBOX_PORT=port).stderr


def test_a_host_that_is_not_ours_is_said(up: Up) -> None:
    done = up(GROWR_HOST="192.0.2.1")

    assert done.exit_code == 1
    assert "cannot be used" in done.stderr


class Healthy(BaseHTTPRequestHandler):
    """Another node: it says that it is well."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def another() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/health"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_answer_of_another_node_is_not_ours(tmp_path: Path, another: str) -> None:
    supervisor = Supervisor(tmp_path, os.environ)
    supervisor.add("web", *ENDS)
    assert supervisor.children[0].process
    supervisor.children[0].process.wait()

    with pytest.raises(Failed, match="'web' ended at once"):
        await_ready([another], supervisor)


def test_waiting_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.up.READY_SECONDS", 0.2)
    (port,) = free_ports(1)

    with pytest.raises(Failed, match="did not become ready"):
        await_ready([f"http://127.0.0.1:{port}/"], Supervisor(tmp_path, {}))


@pytest.mark.parametrize("left_out", [*PRODUCTION, "GROWR_MPESA_CERTIFICATE"])
def test_a_production_node_names_what_it_lacks_and_does_not_start(
    up: Up, home: Path, tmp_path: Path, left_out: str
) -> None:
    certificate = tmp_path / "mpesa.cer"
    certificate.touch()
    given = PRODUCTION | {"GROWR_MPESA_CERTIFICATE": str(certificate)}
    given.pop(left_out)

    done = up(**given, GROWR_HOST="192.0.2.1")  # nothing to listen on: it never really starts

    if left_out == "GROWR_BLUEPRINT":
        assert "cannot be used" in done.stderr  # the sandbox plays every provider
    else:
        assert f"settings that are missing: {left_out} (" in done.stderr
        assert not home.exists()


def test_the_play_account_of_everybody_is_none_for_production(up: Up) -> None:
    done = up(**PRODUCTION | {"GROWR_AT_USERNAME": "sandbox"})

    assert "GROWR_AT_USERNAME" in done.stderr
    assert "key-of-mavuno" not in done.output


def test_a_node_that_texts_nobody_and_moves_no_money_needs_only_its_address(up: Up) -> None:
    done = up(GROWR_BLUEPRINT="cloud_investor")

    assert "missing: GROWR_PUBLIC_URL (" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("GROWR_BLUEPRINT", "moon", f"no blueprint 'moon'; there are: {blueprint.names()[0]}"),
        ("GROWR_PORT", "secret", "valid integer"),
        ("GROWR_PORT", "70000", "less than or equal to 65535"),
        ("GROWR_PAGE_SEPTETS", "secret", "JSON"),
        ("GROWR_TRUSTED_PROXIES", '["proxy"]', "IPv4 or IPv6 network"),
        ("GROWR_DATABASE_URL", "postgres://growr:secret@db/growr", "must begin with sqlite:///"),
        ("GROWR_REDIS_URL", "localhost:6379/secret", "must begin with redis://"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_and_its_value_is_not_shown(
    up: Up, home: Path, setting: str, value: str, says: str
) -> None:
    done = up(**{setting: value})

    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {setting}: ")
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert "secret" not in done.output
    assert not home.exists()


def test_a_database_that_does_not_answer_is_said_without_its_password(up: Up) -> None:
    (port,) = free_ports(1)

    done = up(GROWR_DATABASE_URL=f"postgresql+psycopg://growr:secret@127.0.0.1:{port}/growr")

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: the database does not answer (GROWR_DATABASE_URL): ")
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.output


def test_a_home_that_cannot_be_made_is_said(up: Up, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "GROWR_HOME: " in up(GROWR_HOME=str(tmp_path / "file" / "home")).stderr


def test_a_database_of_a_later_version_is_said_and_left_alone(up: Up, home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "growr.db") as file:
        file.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        file.execute("INSERT INTO alembic_version VALUES ('9999')")

    done = up()

    assert done.exit_code == 1
    assert "of a later version (schema 9999" in done.stderr
    assert "restore the backup" in done.stderr


def test_a_folder_for_sockets_that_somebody_else_has_made_is_refused(
    up: Up, tmp_path: Path
) -> None:
    home = tmp_path / ("long" * 40)
    trap = socket_at(home, "keys.sock").parent
    trap.symlink_to(tmp_path)
    try:
        done = up(GROWR_HOME=str(home))
    finally:
        trap.unlink()

    assert done.exit_code == 1
    assert f"{trap} is not a folder of this user alone" in done.stderr
