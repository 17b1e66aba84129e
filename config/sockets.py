"""Where a node's unix sockets lie: at home, unless the path of home is longer than a socket's address may be."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

LONGEST = 100  # bytes of a path; Linux takes 107, macOS 103


def socket_at(home: Path, name: str) -> Path:
    """The path of one socket; every process of the same home finds the same."""
    path = home / name
    return path if _fits(path) else _short(home) / name


def make_room(home: Path, names: tuple[str, ...] = ("keys.sock", "redis.sock")) -> None:
    """Make the folder for sockets that do not fit at home. Raises PermissionError if another user has put one there."""
    if all(_fits(home / name) for name in names):
        return
    folder = _short(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a folder of this user alone")


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST


def _short(home: Path) -> Path:
    """A name that nobody else's home has, in the one folder every user may write to."""
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path("/tmp") / f"growr-{os.getuid()}-{digest}"  # noqa: S108 - make_room looks whose it is
