"""Runs the processes of a node on one machine: starts each again when it dies, and takes all down together."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

STOP_SECONDS = 10  # a process that has not ended by then is killed
PATIENCE_SECONDS = 5.0  # a process that dies at once again and again is started at most this slowly
QUICK_DEATHS = 5  # after so many in a row it is told as an error; what is away may yet come back, so it goes on
PR_SET_PDEATHSIG = 1


class AlreadyRunning(Exception):
    """Another supervisor holds this home; `pid` is its process."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


class Failed(Exception):
    """A process could not be brought to run; the text says which."""


@dataclass
class Child:
    """One process to be kept running."""

    name: str
    words: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.0
    starts: int = 0
    quick_deaths: int = 0
    due_at: float | None = None  # of a dead process whose death was noted

    def start(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(self.words, env=environment, preexec_fn=_die_with_parent)  # noqa: S603, PLW1509
        self.started_at, self.starts, self.due_at = time.monotonic(), self.starts + 1, None

    @property
    def dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def ended(self) -> None:
        """Note a death, and choose when to start again."""
        now = time.monotonic()
        quick = now - self.started_at < PATIENCE_SECONDS
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        self.pause = min(PATIENCE_SECONDS, self.pause * 2 + 0.2) if quick else 0.0
        self.due_at = now + self.pause


@dataclass
class Supervisor:
    """Keeps children running until told to stop."""

    home: Path
    environment: Mapping[str, str]
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: int = -1

    def claim(self) -> None:
        """Make this home ours; raises AlreadyRunning where another supervisor has it."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.home / "up.pid"
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(path.read_text().strip()) from None
        os.ftruncate(self._lock, 0)
        os.write(self._lock, str(os.getpid()).encode())

    def release(self) -> None:
        """Let go of the home; the end of the process does the same."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @staticmethod
    def is_running(home: Path) -> bool:
        """Whether some supervisor holds this home."""
        try:
            handle = os.open(home / "up.pid", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def add(self, name: str, *words: object) -> None:
        """Start one more process."""
        child = Child(name, [str(word) for word in words])
        child.start(self.environment)
        self.children.append(child)
        self._write_down()

    def check(self) -> None:
        """Raise Failed if one of the processes is not running."""
        for child in self.children:
            if child.dead:
                code = child.process.returncode if child.process else None
                raise Failed(
                    f"the process {child.name!r} ended at once (code {code}); see the log above"
                )

    def watch(self) -> None:
        """Start again whatever dies, until `stopping` is set; then end all."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        while not self.stopping.wait(0.2):
            for child in self.children:
                if child.dead:
                    self._revive(child)
        self.stop()

    def stop(self) -> None:
        """End every process, the last started first."""
        for child in reversed(self.children):
            if not child.dead and child.process:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            _wait_or_kill(child, deadline)
        (self.home / "up.children").unlink(missing_ok=True)

    def _revive(self, child: Child) -> None:
        """Start a process again, whenever and however often it ends: one that fails takes no other with it."""
        if child.due_at is None:
            child.ended()
            code = child.process.returncode if child.process else None
            report = log.error if child.quick_deaths >= QUICK_DEATHS else log.warning
            report(
                "process ended, starting it again",
                process=child.name,
                code=code,
                start=child.starts,
            )
        if child.due_at is not None and time.monotonic() >= child.due_at:
            child.start(self.environment)
            self._write_down()

    def _write_down(self) -> None:
        """Leave the processes' ids at home, for whoever asks what is running."""
        lines = [f"{child.name} {child.process.pid}" for child in self.children if child.process]
        (self.home / "up.children").write_text("\n".join(lines) + "\n")


def _wait_or_kill(child: Child, deadline: float) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        child.process.kill()
        child.process.wait()


def _die_with_parent() -> None:
    """On Linux, ask the kernel to end this child when its supervisor is killed; elsewhere nothing.

    The child also leaves the terminal's process group, so that Ctrl-C reaches the supervisor alone.
    """
    os.setpgrp()
    if hasattr(ctypes, "CDLL") and os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
