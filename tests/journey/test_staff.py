"""Staff has no way into a record: a walk over every command and every place that could open one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.cli import main

ROOT = Path(__file__).parents[2]
OPENERS = {
    "unlock",
    "data_key_by_guardian",
    "open_sealed",
    "out_of_box",
    "take_next",
    "hand_over",
    "confirm_next",
}
MAY_OPEN = (
    "core/onboarding/",
    "menus/screens/",
)  # where a PIN was typed by her, or by her guardian


def commands(
    group: click.Group, names: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        else:
            yield " ".join((*names, name)), command


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            yield str(name)


def test_no_command_takes_a_pin() -> None:
    every = dict(commands(main))

    assert len(every) > 20
    for name, command in every.items():
        assert [one.name for one in command.params if "pin" in (one.name or "")] == [], name


def test_only_those_who_ask_for_a_pin_open_a_record() -> None:
    opening = {
        str(path.relative_to(ROOT))
        for floor in ("core", "menus", "gateway")
        for path in (ROOT / floor).rglob("*.py")
        if not path.is_relative_to(ROOT / "core" / "sscr") and OPENERS & set(calls(path))
    }

    assert opening
    assert [path for path in opening if not path.startswith(MAY_OPEN)] == []


def test_no_view_and_no_job_touches_what_is_sealed() -> None:
    for floor in ("gateway", "core/jobs", "core/lending"):
        for path in (ROOT / floor).rglob("*.py"):
            text = path.read_text()
            assert "sscr.models" not in text, path
            assert ".dek" not in text, path
