"""What the commands share: the node they work on, and how they speak."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
from sqlalchemy import select

from config import start
from config.limits import LIST_ROWS
from core import node
from core.db import Session
from core.errors import Refusal
from core.keys.client import is_listening
from core.node import Node
from core.people import Organisation
from core.refusal_codes import RefusalCode
from gateway.cli.schema import answering, is_of_today, refuse_later
from gateway.cli.sheets import Form, as_text, show
from gateway.cli.sheets import as_json as as_json  # noqa: PLC0414 - an option of nearly all that are here
from gateway.cli.sheets import of_organisation as of_organisation  # noqa: PLC0414 - as well


def this_node() -> Node:
    """The node of the settings in the environment, until the command ends; its database must have been made."""
    click.get_current_context().with_resource(answering())
    url = start.read().database
    if not is_of_today(url):
        refuse_later(url)
        raise click.ClickException(
            "the database is not of this version: run growr up or growr db upgrade first"
        )
    return identity()


def identity() -> Node:
    """The same for what needs no database: who the node is and where it is reached."""
    settings = start.read()
    start.open_home(settings)
    socket = settings.keys_socket
    if settings.key_socket is None and is_listening(socket):  # this node is running
        settings = settings.model_copy(update={"key_socket": socket})
    made = node.build(settings)
    click.get_current_context().call_on_close(made.close)
    return made


def the_organisation(db: Session, name: str | None) -> Organisation:
    """The organisation of this name, or the only one there is; refuses where that does not tell."""
    query = select(Organisation).order_by(Organisation.name).limit(LIST_ROWS)
    found = list(db.scalars(query.where(Organisation.name == name) if name else query))
    if len(found) == 1:
        return found[0]
    if found:
        raise Refusal(RefusalCode.ORGANISATION_NEEDED, choices=", ".join(one.name for one in found))
    raise Refusal(RefusalCode.ORGANISATION_UNKNOWN, **({"name": name} if name else {}))


def ask_pin(whose: str) -> str:
    """Somebody's PIN, typed unseen; where nobody sits at a terminal, the next line of the standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(f"PIN of {whose}", hide_input=True, err=True))
    return sys.stdin.readline().strip()


def tell(facts: dict[str, Any], *, as_json: bool) -> None:
    """Print facts: one JSON object, or a line each."""
    if as_json:
        click.echo(json.dumps(facts, default=str))
        return
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        said = as_text(value) or "-"
        click.echo(f"{name.replace('_', ' '):<{width}}  {said}")


def tell_rows(rows: Sequence[Mapping[str, Any]], *, empty: str, as_json: bool) -> None:
    """Print a list: JSON, or a table; `empty` is said where there is none."""
    if as_json:
        click.echo(json.dumps(rows, default=str))
        return
    if not rows:
        click.echo(empty)
        return
    columns = dict.fromkeys(name for row in rows for name in row)
    show(columns, rows, Form.TABLE)
