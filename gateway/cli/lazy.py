"""Groups of commands that import a command's module when it is called, and list their commands without importing any.

Everything a node can do takes a second to import; a command needs a part of it, and help needs none.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).parent
PACKAGE = __package__


class Lazy(click.Group):
    """A group by a table: each command's name, and its `module:function` in this package, or a group of its own."""

    def __init__(self, name: str, help: str, table: Mapping[str, str | Lazy]) -> None:
        super().__init__(name, help=help)
        self.table = table

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(self.table)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        place = self.table.get(name)
        command: click.Command | None = _imported(place) if isinstance(place, str) else place
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """What click writes, but the help of each command is read where it stands."""
        limit = formatter.width - 6 - max(map(len, self.table))
        described = [(name, _described(self.table[name])) for name in self.list_commands(context)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(limit)) for name, one in described])


def later(place: str) -> Callable[..., Any]:
    """A function of this package that few calls of a command need, imported by those."""

    def function(*given: Any) -> Any:
        return _imported(place)(*given)

    return function


def _imported(place: str) -> Any:
    """What stands there. Nothing that is imported is ever garbage: looking for it would take a fifth of the time."""
    module, function = place.split(":")
    gc.disable()
    try:
        found = import_module(f"{PACKAGE}.{module}")
    finally:
        gc.freeze()
        gc.enable()
    return getattr(found, function)


def _described(place: str | Lazy) -> click.Command:
    """The group itself, or a command that has nothing but the docstring of the function."""
    if isinstance(place, Lazy):
        return place
    module, function = place.split(":")
    tree = ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    (found,) = [one for one in functions if one.name == function]
    return click.Command(function, help=ast.get_docstring(found))
