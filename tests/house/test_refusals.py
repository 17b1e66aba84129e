"""A refusal says an amount as money: a bare number named `most` could be shillings, cents, letters or people."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_MONEY = {"most", "least", "step", "limit", "amount"}
BARE = (ast.Constant, ast.BinOp, ast.Attribute)


def refusals() -> Iterator[tuple[str, ast.Call]]:
    for floor in ("core", "menus", "gateway"):
        for path in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_what_is_called_most_or_least_is_an_amount_of_money() -> None:
    bare = [
        f"{place} {fact.arg}"
        for place, call in refusals()
        for fact in call.keywords
        if fact.arg in OF_MONEY and is_bare(fact.value)
    ]

    assert bare == []


def is_bare(value: ast.expr) -> bool:
    """A limit in capitals, a sum, or a figure of a loan: minor units, or no money at all."""
    named = value.id if isinstance(value, ast.Name) else ""
    is_own = isinstance(value, ast.Attribute) and value.attr in ("least", "most")  # of an offer
    return named.isupper() or (isinstance(value, BARE) and not is_own)
