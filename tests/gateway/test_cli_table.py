"""The table of commands names every command there is, says what it says, and imports none before it is called."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import gateway.cli
from gateway.cli import main
from gateway.cli.lazy import Lazy
from gateway.cli.table import TABLE

MODULES = [path.stem for path in Path(gateway.cli.__file__).parent.glob("[a-z]*.py")]


def places(table: dict[str, str | Lazy]) -> dict[str, tuple[str, str]]:
    """Where each command of the table is, and its name there."""
    found = {}
    for name, place in table.items():
        if isinstance(place, Lazy):
            found |= places(dict(place.table))
        else:
            found[place] = name
    return found


def made() -> dict[str, click.Command]:
    """Every command that a module makes, and where."""
    return {
        f"{module}:{command.callback.__name__}": command
        for module in MODULES
        for command in vars(import_module(f"gateway.cli.{module}")).values()
        if isinstance(command, click.Command)
        and command.callback
        and command.callback.__module__ == f"gateway.cli.{module}"
    }


def test_every_command_is_in_the_table_under_its_own_name() -> None:
    assert {place: command.name for place, command in made().items()} == places(TABLE)


def helps(group: Lazy) -> list[tuple[str, str]]:
    """Each command of a group, and the line that click itself would give it."""
    context = click.Context(group)
    commands = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    return [(name, one.get_short_help_str(200)) for name, one in commands if one]


@pytest.mark.parametrize("group", [one for one in TABLE.values() if isinstance(one, Lazy)], ids=str)
def test_help_says_what_the_commands_say_of_themselves(group: Lazy) -> None:
    words = [str(group.name), "--help"]

    done = CliRunner().invoke(main, words, terminal_width=300, max_content_width=300)

    for name, line in helps(group):
        assert f"\n  {name} " in done.output
        assert f" {line}\n" in done.output


def test_help_imports_nothing_that_carries_out_a_command() -> None:
    heavy = "{'core.node', 'core.lending', 'core.db', 'sqlalchemy', 'requests', 'redis', 'alembic'}"
    script = f"""
import sys
from click.testing import CliRunner
from gateway.cli import main
for words in ([], ["loan"], ["credential"]):
    assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0
assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=900)


def test_what_needs_no_node_imports_none() -> None:
    script = """
import sys
from click.testing import CliRunner
from gateway.cli import main
for words in (["loan", "schedule"], ["credential", "new-holder"], ["credential", "verify", "--help"]):
    assert CliRunner().invoke(main, words).exit_code == 0
assert not {'core.node', 'core.jobs', 'requests', 'redis', 'alembic'} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=900)


def test_a_command_that_is_not_there_is_said() -> None:
    assert "No such command 'lend'" in CliRunner().invoke(main, ["lend"]).output
    assert "No such command 'give'" in CliRunner().invoke(main, ["loan", "give"]).output
