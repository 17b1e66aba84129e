"""`growr loan contract` and `growr loan hardship`: what was agreed as a document, and who asks for time."""

from __future__ import annotations

from html import escape

import click

from core import lending
from core.lending.contract import Contract, Section
from core.lending.contract import contract as write
from gateway.cli.common import as_json, of_organisation, tell_rows
from gateway.cli.tenant import within

GAP = "  "
STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:42em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}th,td{padding:.2em 1em .2em 0;text-align:right}"
    "th:first-child,td:first-child{text-align:left}p{margin:.2em 0;overflow-wrap:anywhere}"
)


@click.command()
@of_organisation
@click.argument("code")
@click.option("--html", "as_html", is_flag=True, help="Print a page for a browser or a printer.")
def contract(organisation: str | None, code: str, *, as_html: bool) -> None:
    """Print the contract of a loan: what was accepted, every payment, the true cost, her rights."""
    with within(organisation) as here:
        found = write(here.db, here.loan(code))
    click.echo(page(found) if as_html else text(found))


@click.command()
@of_organisation
@click.option("--decline", metavar="CODE", help="Tell the borrower of this loan that it cannot be.")
@as_json
def hardship(organisation: str | None, decline: str | None, *, as_json: bool) -> None:
    """List who cannot pay now and waits for an answer; `growr loan pause` gives time, --decline says no."""
    with within(organisation) as here:
        if decline is not None:
            loan_id = here.loan(decline).id
            lending.hardship.decline(
                here.db, organisation_id=here.id, loan_id=loan_id, now=here.now
            )
        rows = lending.hardship.waiting(here.db, organisation_id=here.id)
    tell_rows(rows, empty="nobody waits", as_json=as_json)


def text(contract: Contract) -> str:
    """The contract in plain letters."""
    parts = [contract.title, "=" * len(contract.title)]
    for section in contract.sections:
        parts += ["", section.heading, "-" * len(section.heading), *section.lines]
        parts += _columns(section)
    return "\n".join(parts)


def _columns(section: Section) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*section.table, strict=True)]
    return [
        GAP.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
        for row in section.table
    ]


def page(contract: Contract) -> str:
    """The contract as one page that needs nothing else."""
    body = "".join(_section(section) for section in contract.sections)
    title = escape(contract.title)
    return (
        f'<!doctype html>\n<html lang="{contract.language}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style><h1>{title}</h1>{body}</html>"
    )


def _section(section: Section) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in section.lines)
    head, *rows = section.table or ((),)
    table = _row("th", head) + "".join(_row("td", row) for row in rows)
    return f"<h2>{escape(section.heading)}</h2>{lines}" + (
        f"<table>{table}</table>" if head else ""
    )


def _row(tag: str, cells: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
