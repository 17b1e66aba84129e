"""What docs/responsible-lending.md promises exists: every file, every test, every row of the requirements."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "responsible-lending.md").read_text()
ROWS = 19


def named() -> list[str]:
    """Every path of the repository that the page names, with the test after it if it names one."""
    return re.findall(r"`((?:core|menus|gateway|config|tests|docs)/[\w./:-]+)`", PAGE)


def test_every_requirement_has_its_row_and_each_row_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", PAGE, re.MULTILINE)

    assert [int(number) for number, _ in rows] == list(range(1, ROWS + 1))
    assert [number for number, row in rows if "::test_" not in row] == []


def test_every_file_and_test_it_names_exists() -> None:
    missing = []
    for name in named():
        path, _, test = name.partition("::")
        if not (ROOT / path).exists() or (test and test not in functions(ROOT / path)):
            missing.append(name)

    assert len(named()) > ROWS
    assert missing == []


def functions(path: Path) -> set[str]:
    """The names of the functions in a file."""
    found = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef)}
