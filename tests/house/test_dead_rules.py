"""A rule that only its test calls keeps nobody's promise: every public function of the house is used by the house.

A name counts where it is read, in any module but the line that imports it, and not in its own body.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "core" / "db" / "migrations" / "versions"
FLOORS = ("config", "core", "menus", "gateway")
STARTED = {"main", "perform"}  # by the Procfile or the supervisor; by a worker that was woken
FOR_TESTS = {  # no rules: what many tests make their world of, or compare with
    "core.credentials.claims.community_membership",
    "core.credentials.claims.kyc",
    "core.credentials.eligibility.read_attestation",  # as another node reads what we signed
    "core.ledger.service.balances",
    "core.ledger.service.reverse",  # the books can; no command reverses an entry by hand yet
}


@cache
def modules() -> dict[str, ModuleType]:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        if "migrations" not in path.parts
        and path.stem not in ("__main__", "gunicorn", "gunicorn_fence")
    ]
    return {name: importlib.import_module(name) for name in names}


def rules() -> Iterator[FunctionType]:
    """Every public function of core that a module makes itself, as it was written."""
    for name, module in modules().items():
        for label, found in inspect.getmembers(module, inspect.isfunction):
            is_own = found.__module__ == name and found.__name__ == label
            if name.startswith("core") and is_own and label[0] != "_" and label not in STARTED:
                yield found


def used(module: ModuleType) -> Iterator[object]:
    """What a module reads: names of its own and of what it imports, however far down a dotted name leads."""
    assert module.__file__
    tree = ast.parse(Path(module.__file__).read_text())
    names = {**vars(module), **imported(tree)}
    for statement in tree.body:
        own = names.get(statement.name) if isinstance(statement, ast.FunctionDef) else None
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute | ast.Name):
                found = value(node, names)
                if found is not own:  # a rule that calls itself is not used by that
                    yield found


def imported(tree: ast.Module) -> dict[str, object]:
    """What functions import only when they are called."""
    return {
        one.asname or one.name: getattr(importlib.import_module(node.module), one.name, None)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in FLOORS
        for one in node.names
    }


def value(node: ast.expr, names: dict[str, object]) -> object:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    above = value(node.value, names) if isinstance(node, ast.Attribute) else None
    return getattr(above, node.attr, None) if isinstance(above, ModuleType | type) else None


def test_no_rule_is_called_by_its_test_alone() -> None:
    read = {id(found) for module in modules().values() for found in used(module)}
    migrations = "".join(path.read_text() for path in MIGRATIONS.glob("*.py"))
    dead = [
        name
        for rule in rules()
        if id(rule) not in read
        and (name := f"{rule.__module__}.{rule.__name__}") not in FOR_TESTS
        and not (name.startswith("core.db.") and rule.__name__ in migrations)
    ]

    assert dead == []
