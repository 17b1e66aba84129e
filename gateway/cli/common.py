"""What the commands share: the node they work on, and how they speak."""

from __future__ import annotations

import json
from typing import Any

import click

from config.settings import Settings
from core import node
from core.node import Node

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")


def this_node() -> Node:
    """The node of the settings in the environment."""
    return node.build(Settings())


def tell(facts: dict[str, Any], *, as_json: bool) -> None:
    """Print facts: one JSON object, or a line each."""
    if as_json:
        click.echo(json.dumps(facts, default=str))
        return
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {value}")
