"""The node as a wheel: everything of the repository that a node needs is in it, and it runs without the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.test_repository import FLOORS, ROOT, tracked
from tests.journey.running import Handset, RunningNode

BUILD = "import sys, setuptools.build_meta as backend; backend.build_wheel(sys.argv[1])"
PROCESSES = {"redis", "sandbox", "keys", "web", "worker", "clock"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what git knows, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in tracked():
        if (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "source" / name)
    subprocess.run(
        [sys.executable, "-c", BUILD, folder], check=True, cwd=folder / "source", stdout=subprocess.DEVNULL
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Iterator[RunningNode]:
    """A node of an environment that holds the wheel and what it depends on, started far from the repository."""
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    words = ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel]
    subprocess.run([sys.executable, "-m", "uv", *words], check=True, cwd=tmp_path)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    node = RunningNode(tmp_path / "home", program=str(environment / "bin" / "growr"))
    yield node
    if node.process:
        node.stop()


def test_every_file_of_the_floors_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    needed = {name for name in tracked() if name.split("/")[0] in (*FLOORS, "wsgi.py")}

    assert sorted(needed - packed) == []


def test_the_wheel_starts_every_process_and_a_phone_can_dial_it(
    installed: RunningNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    installed.start()

    for name in PROCESSES:
        os.kill(installed.pid(name), 0)
    assert Handset(installed.sandbox, "+254711000111").dial()


def test_nothing_of_the_repository_is_needed(installed: RunningNode) -> None:
    """The floors of the environment are its own; else the test above would say little."""
    environment = Path(installed.program).parents[1]
    code = "import importlib.util as u, sys; print(*(u.find_spec(name).origin for name in sys.argv[1:]))"
    words = [environment / "bin" / "python", "-c", code, *FLOORS, "wsgi"]
    found = subprocess.run(
        words, check=True, cwd=environment, capture_output=True, text=True
    ).stdout

    assert all(name.startswith(str(environment)) for name in found.split())
