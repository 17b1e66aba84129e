"""`growr loan schedule`: the schedule of a running loan as it is now, or of any terms, for which no node is needed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from core.lending import codes, schedules
from gateway.cli.files import documents
from gateway.cli.lazy import later
from gateway.cli.sheets import Form, form_options, of_organisation

running = later("loan_running:running")


@click.command()
@of_organisation
@click.argument("source", metavar="[CODE|FILE]", default="-")
@click.option(
    "--cost", is_flag=True, help="Of terms: add what it costs in all, and the yearly rates."
)
@form_options
def schedule(organisation: str | None, source: str, *, cost: bool, form: Form | None) -> None:
    """Show the schedule of the loan with this CODE as it is now; or compute those of terms in FILE or standard input.

    Terms are JSON objects, on a line each or on many; each is answered by a line of rows. What cannot be a loan is
    answered by {"error": ...} in its place, and the exit status is 1 at the end.
    """
    if source == "-" or Path(source).exists():
        with click.open_file(source, encoding="utf-8", errors="replace") as file:
            _compute(file, cost=cost)
    elif codes.parse(source):
        running(organisation, source, form or Form.TABLE)
    else:
        raise click.BadParameter(f"{source} is neither the code of a loan nor a file")


def _compute(file: Iterable[str], *, cost: bool) -> None:
    refused = False
    for text in documents(file):
        found = schedules.answer(text, cost=cost)
        refused |= "error" in found
        click.echo(json.dumps(found))
    if refused:
        raise click.exceptions.Exit(1)
