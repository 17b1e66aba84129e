"""The rules of the house that a machine can count."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from core.jobs import JOBS
from core.jobs.clock import EVERY
from core.queue import Job

ROOT = Path(__file__).parents[2]
FLOORS = ("config", "core", "menus", "gateway")
LINES_PER_FILE = 400
LINES_PER_FUNCTION = 40
TOP = {
    ".ci", ".gitignore", "CHANGELOG.md", "Dockerfile", "LICENSE", "Makefile", "Procfile", "README.md", "config", "core",
    "docs", "gateway", "menus", "pyproject.toml", "requirements-dev.lock", "requirements-sandbox.lock",
    "requirements.lock", "tests", "wsgi.py",
}  # fmt: skip


def tracked() -> list[str]:
    words = ["git", "-C", str(ROOT), "ls-files"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()


def sources() -> Iterator[Path]:
    """Our code; a migration is as long as the schema it makes."""
    for floor in FLOORS:
        yield from (path for path in (ROOT / floor).rglob("*.py") if "versions" not in path.parts)


def test_the_top_level_holds_only_what_is_expected_there() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP


def test_no_file_is_too_long() -> None:
    long = [
        f"{path}: {n}"
        for path in sources()
        if (n := len(path.read_text().splitlines())) > LINES_PER_FILE
    ]

    assert long == []


def test_no_function_is_too_long() -> None:
    assert [found for path in sources() for found in long_functions(path)] == []


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
            length = node.end_lineno - node.body[0].lineno + 1
            if length > LINES_PER_FUNCTION:
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length}"


def test_every_module_opens_with_the_idea_it_holds() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_every_job_has_a_function_and_a_time() -> None:
    assert set(JOBS) == set(Job)
    assert set(EVERY) == set(Job)


def test_every_setting_is_in_the_docs() -> None:
    told = (ROOT / "docs" / "settings.md").read_text()

    assert [name for name in Settings.model_fields if f"`GROWR_{name.upper()}`" not in told] == []


def test_every_adr_fits_a_page_and_has_a_number_of_its_own() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))

    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == sorted(set(numbers))
    assert all(len(page.read_text().splitlines()) <= 60 for page in pages)


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\b(pypi|pythonhosted|npmjs)\.(org|com)",
        r"(^|[^\w.])/(work|farm)/[a-z.]",
        r"BEGIN [A-Z ]*PRIVATE KEY",
    ],
)
def test_the_repository_names_no_registry_no_machine_path_and_no_secret(forbidden: str) -> None:
    pattern = re.compile(forbidden)
    own = str(Path(__file__).relative_to(ROOT))

    found = [
        name
        for name in tracked()
        if name != own
        and (ROOT / name).is_file()
        and pattern.search((ROOT / name).read_text(errors="ignore"))
    ]

    assert found == []


def test_there_is_no_lock_that_records_addresses() -> None:
    assert "uv.lock" not in tracked()
