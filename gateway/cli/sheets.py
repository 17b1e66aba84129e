"""A list of rows as a person, a spreadsheet or a machine wants it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

import click

Row = Mapping[str, object]
Command = Callable[..., Any]

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")

of_organisation = click.option(  # each command works within one, and sees no other
    "--org",
    "organisation",
    envvar="GROWR_ORG",
    help="Name of the organisation; needed where there are several. Or once: export GROWR_ORG.",
)


class Form(StrEnum):
    """How rows are printed."""

    TABLE = auto()
    CSV = auto()
    JSON = auto()


def form_options(command: Command) -> Command:
    """The options --csv and --json; the command is given `form`."""
    for form in (Form.JSON, Form.CSV):
        say = f"Print {form.upper()} instead of a table."
        command = click.option(f"--{form}", "form", flag_value=form, type=Form, help=say)(command)
    return command


def show(columns: Iterable[str], rows: Iterable[Row], form: Form) -> None:
    """Print the columns of the rows; CSV and JSON go out as they are read, however many."""
    printers = {Form.TABLE: _table, Form.CSV: _csv, Form.JSON: _json}
    printers[form](list(columns), rows)


def _table(names: list[str], rows: Iterable[Row]) -> None:
    cells = [names, *([as_text(row.get(name)) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (_padded(cell, width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _csv(names: list[str], rows: Iterable[Row]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([as_text(row.get(name)) for name in names])


def _json(names: list[str], rows: Iterable[Row]) -> None:
    before = "["
    for row in rows:
        text = json.dumps({name: row.get(name) for name in names}, default=str)
        click.echo(f"{before}{text}", nl=False)
        before = ",\n"
    click.echo("]" if before != "[" else "[]")


def as_text(value: object) -> str:
    """A fact as a person reads it: an instant to the minute, yes and no for flags, lists and objects as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)


def _padded(cell: str, width: int) -> str:
    is_number = cell[-1:].isdigit() and cell.lstrip("-").replace(".", "").isdigit()
    return cell.rjust(width) if is_number else cell.ljust(width)
