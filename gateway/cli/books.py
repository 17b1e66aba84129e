"""`growr books`: whether the signed books of this node are whole."""

from __future__ import annotations

from typing import Any

import click

from config.limits import LEDGER_CHUNK_ROWS
from core import books
from core.books import Book
from core.db import Session, read_one_moment
from core.node import Node
from gateway.cli.common import as_json, tell_rows, this_node


@click.command()
@as_json
def verify(as_json: bool) -> None:
    """Check every entry of every book: no gap, chained to the one before, signed by this node. 1 if one is not."""
    node = this_node()
    with node.sessions() as db:
        read_one_moment(db)
        rows = [_checked(db, node, book) for book in Book]
    tell_rows(rows, empty="no book", as_json=as_json)
    if not all(row["whole"] for row in rows):
        raise click.exceptions.Exit(1)


def _checked(db: Session, node: Node, book: Book) -> dict[str, Any]:
    keys = [key.verify_key for key in node.keyring.signing_keys("books")]
    length, last = books.head(db, book)
    prev, seq, is_whole = books.GENESIS, 0, True
    while is_whole and (page := books.entries(db, book, start=seq, limit=LEDGER_CHUNK_ROWS)):
        is_whole = books.verify(page, *keys, prev=prev, seq=seq)
        prev, seq = page[-1].hash, page[-1].seq + 1
        db.expunge_all()
    is_whole = is_whole and (seq, prev) == (length, last)
    return {"book": book, "entries": length, "whole": is_whole, "head": last.hex()}
