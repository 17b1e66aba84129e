"""A full disk loses nothing: what was thanked for is kept, and what is not is told again by who told it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.full_disk import RLIMIT

TMPFS = "tmpfs"
MOUNTED = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
SIZE = "16m"


def _in_tmpfs(folder: Path, command: str) -> list[str]:
    """In a file system of its own, seen by nobody else and gone with the process; needs no root."""
    return [*MOUNTED, f"mount -t tmpfs -o size={SIZE} none {folder} && {command}"]


def filled(folder: Path, kind: str) -> dict[str, Any]:
    command = f"{sys.executable} -m tests.gateway.full_disk {folder} {kind}"
    words = _in_tmpfs(folder, f"exec {command}") if kind == TMPFS else command.split()
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", [TMPFS, RLIMIT])
def test_what_a_full_disk_cannot_keep_is_told_again_and_nothing_is_lost(
    tmp_path: Path, kind: str
) -> None:
    if kind == TMPFS:
        probe = subprocess.run(
            _in_tmpfs(tmp_path, "true"), check=False, capture_output=True, text=True
        )
        if probe.returncode:
            pytest.skip(f"no file system of our own can be made here: {probe.stderr.strip()}")

    found = filled(tmp_path, kind)

    for door in (found["provider"], found["carrier"]):
        assert (door["status"], door["retry_after"]) == (503, "5")
        assert door["again"] == 200
        assert door["lost"] == []
    assert found["provider"]["told"] > 0
    assert found["integrity"] == "ok"
