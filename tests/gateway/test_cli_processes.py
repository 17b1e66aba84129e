"""Each process of a node, started alone, keeps its files to itself and refuses settings it cannot run with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.start import HOPELESS

ALONE = {
    "web": ("-m", "gunicorn", "--config", "python:config.gunicorn", "wsgi:app"),
    "application": ("-c", "import wsgi"),
    "worker": ("-m", "core.jobs.worker"),
    "clock": ("-m", "core.jobs.clock"),
}
OTHERS = {
    "keys": ("-m", "core.keys.server"),
    "sandbox": ("-m", "gateway.sandbox"),
    "fence": (
        "-m",
        "gunicorn",
        "--config",
        "python:config.gunicorn_fence",
        "gateway.fence:served()",
    ),
    "web without its settings": ("-m", "gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"),
    "growr": ("-c", "from gateway.cli import main; main()", "up"),
    "growr that only helps": ("-c", "from gateway.cli import main; main()", "--help"),
}
ROOT = Path(__file__).parents[2]


def run(words: tuple[str, ...], home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"GROWR_HOME": str(home)} | settings
    return subprocess.run(
        [sys.executable, *words], check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900
    )  # fmt: skip


@pytest.mark.parametrize("words", ALONE.values(), ids=ALONE)
def test_a_process_without_its_secrets_ends_with_one_line(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = run(words, tmp_path / "home", GROWR_BLUEPRINT="cloud_originator")

    assert done.returncode == HOPELESS
    (line,) = done.stderr.splitlines()
    assert line.startswith("growr: blueprint cloud_originator needs settings that are missing: ")
    assert not (tmp_path / "home").exists()


def test_what_a_process_writes_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    words = ("-c", "import wsgi; open(wsgi.start.read().home / 'new', 'w')")

    done = run(words, home, GROWR_DATABASE_URL=f"sqlite:///{home}/none.db")

    assert done.returncode == 0, done.stderr
    assert {path.stat().st_mode & 0o077 for path in (home, *home.rglob("*"))} == {0}
    assert (home / "new").exists()


@pytest.mark.parametrize("how", [("-O",), ()], ids=["-O", "PYTHONOPTIMIZE"])
@pytest.mark.parametrize("words", (ALONE | OTHERS).values(), ids=ALONE | OTHERS)
def test_nothing_runs_without_the_asserts_that_guard_money(
    tmp_path: Path, words: tuple[str, ...], how: tuple[str, ...]
) -> None:
    environment = {} if how else {"PYTHONOPTIMIZE": "1"}
    done = run((*how, *words), tmp_path / "home", **environment)

    assert done.returncode == HOPELESS
    assert "growr: not under python -O or PYTHONOPTIMIZE" in done.stderr
    assert not (tmp_path / "home").exists()
