"""A folder in memory for what tests write, where the machine has one that has room and runs programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
ROOM = 4 * 2**30


def is_fit() -> bool:
    """Whether the folder is there, has room, and a program in it may be run (tests install some)."""
    if not os.access(FOLDER, os.W_OK) or shutil.disk_usage(FOLDER).free < ROOM:
        return False
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        program = Path(folder) / "program"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        try:
            return subprocess.run([program], check=False).returncode == 0
        except PermissionError:
            return False
