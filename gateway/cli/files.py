"""What a command reads from a file: one JSON object, or many after each other, on one line each or on many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import click


def json_object(source: TextIO) -> dict[str, Any]:
    """The one object of a file. A file that holds anything else is told as a bad parameter."""
    try:
        found = json.load(source)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"the file is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise click.BadParameter("the file must hold one JSON object")
    return found


def documents(lines: Iterable[str]) -> Iterator[str]:
    """Each JSON value of a file, however many lines it has; a line that cannot be one is given as it is."""
    begun = ""
    for line in lines:
        if begun and not _may_go_on(begun + line):
            yield begun  # it was never finished, and what follows is something else
            begun = ""
        begun += line
        if begun.strip() and not (_is_open(begun)):
            yield begun
            begun = ""
        elif not begun.strip():
            begun = ""
    if begun:
        yield begun


def _is_open(text: str) -> bool:
    """Whether it is the beginning of a JSON object or array: more lines may finish it."""
    return text.lstrip()[:1] in ("{", "[") and _fails_at_end(text)


def _may_go_on(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return _fails_at_end(text)
    return True


def _fails_at_end(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text.rstrip())
    return False
