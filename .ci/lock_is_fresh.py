"""Every requirement of pyproject.toml is pinned in the locks, at a version it allows. Needs no network."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def pinned(lock: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", Path(lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def stale(requirements: list[str], lock: str) -> list[str]:
    versions = pinned(lock)
    wanted = [Requirement(text) for text in requirements]
    return [
        f"{lock}: {need} is pinned at {versions.get(canonicalize_name(need.name), 'nothing')}"
        for need in wanted
        if not need.specifier.contains(versions.get(canonicalize_name(need.name), "0"))
        or canonicalize_name(need.name) not in versions
    ]


def disagreeing(lock: str, other: str) -> list[str]:
    """Two locks that are installed one after the other must not move each other's releases."""
    first, second = pinned(lock), pinned(other)
    return [
        f"{name} is {first[name]} in {lock} and {second[name]} in {other}"
        for name in first.keys() & second.keys()
        if first[name] != second[name]
    ]


project = tomllib.loads(Path("pyproject.toml").read_text())
runtime = project["project"]["dependencies"]
extras = project["project"]["optional-dependencies"]
if sys.argv[1:2] == ["--extra"]:  # for `make lock`
    sys.exit(print(*extras[sys.argv[2]], sep="\n"))
problems = stale(runtime, "requirements.lock")
problems += stale(runtime + project["dependency-groups"]["dev"], "requirements-dev.lock")
problems += stale(extras["sandbox"], "requirements-sandbox.lock")
problems += disagreeing("requirements.lock", "requirements-dev.lock")
problems += disagreeing("requirements-sandbox.lock", "requirements-dev.lock")
if problems:
    sys.exit("\n".join([*problems, "run: make lock"]))
print("lock files are fresh")
