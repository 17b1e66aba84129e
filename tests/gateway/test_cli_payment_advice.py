"""Whatever waits for a person says what to do, at the command line and on the page of the desk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from core.payments import contradictions, rules, statement, twins
from gateway.cli.payment_advice import ADVICE

ROOT = Path(__file__).parents[2]
NAMED = {
    "LATE": rules.LATE, "TWICE": rules.TWICE, "DIFFERS": statement.DIFFERS,
    "EARLIER": contradictions.EARLIER, "DOUBT": twins.DOUBT,
}  # fmt: skip


def reasons() -> Iterator[str]:
    """Every reason that the code gives for a row."""
    for path in (ROOT / "core").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _name(call.func) == "alert" and len(call.args) > 2:
                yield from _said(call.args[2])
    yield from rules.OURS_TO_MEND | {rules.LATE, rules.TWICE, "callback_set_aside"}


def _name(function: ast.expr) -> str:
    return getattr(function, "id", "") or getattr(function, "attr", "")


def _said(reason: ast.expr) -> Iterator[str]:
    if isinstance(reason, ast.Constant):
        yield str(reason.value)
    elif isinstance(reason, ast.Name) and reason.id in NAMED:
        yield NAMED[reason.id]


def test_every_row_that_waits_for_a_person_says_what_to_do() -> None:
    page = (ROOT / "docs" / "payments.md").read_text()

    known = set(reasons())

    assert len(known) > 20
    assert known <= set(ADVICE)
    assert {reason for reason in known if f"`{reason}`" not in page} == set()
