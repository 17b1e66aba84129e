"""A refusal says an amount as money: a bare number named `most` could be shillings, cents, letters or people."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from core.errors import Busy
from core.refusal_codes import RefusalCode
from menus.refusals import FINAL, ONWARD, SENTENCES

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


def test_every_rule_is_one_that_is_refused_somewhere() -> None:
    said = "".join(
        path.read_text()
        for floor in ("core", "menus", "gateway")
        for path in (ROOT / floor).rglob("*.py")
    )

    assert [code for code in RefusalCode if f"RefusalCode.{code.name}" not in said] == []


def test_the_sentence_of_a_rule_says_more_than_its_name() -> None:
    bare = [
        code
        for code in RefusalCode
        if len(code.sentence.split()) < 2 or code.sentence.endswith(".")
    ]

    assert bare == []


def test_what_a_borrower_reads_of_a_rule_is_of_a_rule_that_is_there() -> None:
    assert {*SENTENCES, *FINAL, *ONWARD} - {*RefusalCode} - {Busy.code} == set()
