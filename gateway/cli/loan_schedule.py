"""`growr loan schedule`: compute the schedule of any terms; needs no node."""

from __future__ import annotations

import json
from typing import TextIO

import click

from core.lending import schedules


@click.command()
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@click.option("--cost", is_flag=True, help="Add what it costs in all, and the yearly rates.")
def schedule(file: TextIO, cost: bool) -> None:
    """Compute schedules: one JSON object of terms a line, from FILE or standard input; a line of rows for each.

    A line that cannot be a loan is answered by {"error": ...} in its place, and the exit status is 1 at the end.
    """
    refused = False
    for line in file:
        if line.strip():
            found = schedules.answer(line, cost=cost)
            refused |= "error" in found
            click.echo(json.dumps(found))
    if refused:
        raise click.exceptions.Exit(1)
