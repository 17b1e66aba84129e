"""The supervisor keeps its processes running, takes them down together, and lets nobody in beside it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from gateway.supervisor import QUICK_DEATHS, AlreadyRunning, Failed, Supervisor

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)",
)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path, os.environ)
    yield made
    made.stop()


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def watched(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> threading.Thread:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # only the main thread may
    thread = threading.Thread(target=supervisor.watch)
    thread.start()
    return thread


def test_a_killed_process_is_started_again(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor.add("sleeper", *SLEEPER)
    child = supervisor.children[0]
    assert child.process is not None
    first = child.process.pid
    thread = watched(supervisor, monkeypatch)

    os.kill(first, signal.SIGKILL)

    until(lambda: child.starts == 2)
    assert child.process.pid != first
    assert f"sleeper {child.process.pid}" in (supervisor.home / "up.children").read_text()
    supervisor.stopping.set()
    thread.join(60)


def test_stopping_ends_every_process(supervisor: Supervisor) -> None:
    for name in ("one", "two"):
        supervisor.add(name, *SLEEPER)

    supervisor.stop()

    assert all(child.dead for child in supervisor.children)
    assert not (supervisor.home / "up.children").exists()


def test_a_process_that_will_not_end_is_killed(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.supervisor.STOP_SECONDS", 0.2)
    supervisor.add("stubborn", *STUBBORN)
    time.sleep(0.3)

    supervisor.stop()

    assert all(child.dead for child in supervisor.children)


def test_one_home_has_one_supervisor(tmp_path: Path) -> None:
    first, second = Supervisor(tmp_path, {}), Supervisor(tmp_path, {})
    first.claim()

    with pytest.raises(AlreadyRunning, match=str(os.getpid())):
        second.claim()


def test_a_process_that_ends_at_once_again_and_again_ends_no_other(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker in its first minute, say, because its Redis is not there yet."""
    monkeypatch.setattr("gateway.supervisor.PATIENCE_SECONDS", 0.05)
    supervisor.add("sleeper", *SLEEPER)
    supervisor.add("broken", sys.executable, "-S", "-c", "raise SystemExit(1)")
    with structlog.testing.capture_logs() as logs:
        thread = watched(supervisor, monkeypatch)
        until(lambda: supervisor.children[1].starts > 2 * QUICK_DEATHS)
        supervisor.stopping.set()
        thread.join(60)

    assert supervisor.children[0].starts == 1
    assert {one["log_level"] for one in logs if one.get("process") == "broken"} >= {"warning"}


def test_waiting_for_one_process_keeps_no_other_from_being_started_again(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor.add("broken", sys.executable, "-S", "-c", "raise SystemExit(1)")
    supervisor.add("sleeper", *SLEEPER)
    broken, sleeper = supervisor.children
    broken.pause = 3_600.0
    monkeypatch.setattr("gateway.supervisor.PATIENCE_SECONDS", 3_600.0)
    thread = watched(supervisor, monkeypatch)
    until(lambda: broken.due_at is not None)

    assert sleeper.process
    sleeper.pause = -0.1  # it has run for long, and is started again at once
    sleeper.process.kill()

    until(lambda: sleeper.starts == 2)
    assert broken.starts == 1
    supervisor.stopping.set()
    thread.join(60)


def test_a_dead_process_is_noticed(supervisor: Supervisor) -> None:
    supervisor.add("sleeper", *SLEEPER)
    supervisor.check()
    process = supervisor.children[0].process
    assert process is not None

    process.kill()
    process.wait()

    with pytest.raises(Failed, match="'sleeper' ended at once"):
        supervisor.check()
