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
START_SECONDS = 60  # a process that dies again and again in its first minute will never run ...
START_DEATHS = 5  # ... if it died more often than this; later it is worth trying for ever
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
    first_started_at: float = 0.0
    started_at: float = 0.0
    pause: float = 0.0
    starts: int = 0

    def start(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(self.words, env=environment, preexec_fn=_die_with_parent)  # noqa: S603, PLW1509
        self.started_at, self.starts = time.monotonic(), self.starts + 1
        self.first_started_at = self.first_started_at or self.started_at

    @property
    def dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def hopeless(self) -> bool:
        """Whether a process that is dead now has died too often in its first minute."""
        young = time.monotonic() - self.first_started_at < START_SECONDS
        return young and self.starts > START_DEATHS


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
                raise Failed(f"the process {child.name!r} ended at once; see the log above")

    def watch(self) -> None:
        """Start again whatever dies, until `stopping` is set; then end all. Raises Failed where it is no use."""
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
        code = child.process.returncode if child.process else None
        if child.hopeless:
            raise Failed(
                f"the process {child.name!r} ended {child.starts} times; see the log above"
            )
        quick = time.monotonic() - child.started_at < PATIENCE_SECONDS
        child.pause = min(PATIENCE_SECONDS, child.pause * 2 + 0.2) if quick else 0.0
        log.warning("process ended, starting it again", process=child.name, code=code)
        self.stopping.wait(child.pause)
        if not self.stopping.is_set():
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
