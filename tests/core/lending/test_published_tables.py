"""Every case of the published tables, counted: matched, missed, or not expressible. The folder is PUBLISHED_TABLES."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from core.errors import Refusal
from core.lending import schedules
from core.lending.apr import effective_rate
from core.lending.apr_us import Flow, unit_period_apr
from tests.core.lending import repayment_tables

ROOT = Path(__file__).parents[3]
TABLES = ROOT / os.environ.get("PUBLISHED_TABLES", "../shared/data")
APR_WITHIN = Decimal("0.01")
UNITS = ("days", "weeks", "months", "years")
CHECKPOINTS_MISSED_MOST = Decimal("0.05")  # schedules and rates: none

Case = dict[str, Any]
Unsupported = repayment_tables.Unsupported


@pytest.mark.parametrize("name", ["loan_schedules.jsonl", "apr_examples.jsonl"])
def test_every_case_of_the_published_table_is_met(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = TABLES / name
    if not path.exists():
        tell(capsys, f"{name}: absent, no case was tried (PUBLISHED_TABLES names the folder)")
        pytest.skip(f"{path} is absent")

    outcomes = [(case["id"], outcome(JUDGES[name], case)) for case in read(path)]

    found = {kind: [case for case, how in outcomes if how == kind] for kind in KINDS}
    tell(capsys, f"{name}: " + ", ".join(f"{len(found[kind])} {kind}" for kind in KINDS))
    for kind in KINDS[1:]:
        tell(capsys, *(f"  {kind}: {case}" for case in found[kind]))
    assert outcomes
    assert found["missed"] == []


def test_repaid_loans_are_met_at_their_checkpoints(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, totals and movements of money to the cent. Accruals are left out: ours are a line, not transactions."""
    path = TABLES / "loan_repayments.jsonl"
    if not path.exists():
        tell(capsys, f"{path.name}: absent, no case was tried (PUBLISHED_TABLES names the folder)")
        pytest.skip(f"{path} is absent")

    outcomes = [outcome for case in read(path) for outcome in checkpoints(case)]

    found = {kind: [line for how, line in outcomes if how == kind] for kind in KINDS}
    counts = ", ".join(f"{len(found[kind])} {kind}" for kind in KINDS)
    tell(capsys, f"{path.name}, checkpoints without accruals: {counts}")
    missed = [*found["missed"], *found["unsupported"]]
    tell(capsys, *(f"  missed: {line}" for line in missed))
    assert outcomes
    assert len(missed) <= CHECKPOINTS_MISSED_MOST * len(outcomes)


def checkpoints(case: Case) -> Iterator[tuple[str, str]]:
    """Whether our loan is as published, at each of the points where the table was."""
    wanted = {point["after"]: point for point in case["checkpoints"]}
    try:
        told = repayment_tables.begin(case)
    except Unsupported as reason:
        yield from (("unsupported", f"{case['id']} after {after}: {reason}") for after in wanted)
        return
    for number, event in enumerate(case["events"], start=1):
        try:
            told.tell(event)
        except Unsupported as reason:
            rest = [after for after in wanted if after >= number]
            yield from (("unsupported", f"{case['id']} after {after}: {reason}") for after in rest)
            return
        if number in wanted:
            found = repayment_tables.differences(told, wanted[number])
            line = f"{case['id']} after {number}: {len(found)}, e.g. {found[:2]}"
            yield ("missed" if found else "matched", line)


def read(path: Path) -> Iterator[Case]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line, parse_float=Decimal)


def tell(capsys: pytest.CaptureFixture[str], *lines: str) -> None:
    with capsys.disabled():
        for line in lines:
            print(f"\n{line}", end="")


def outcome(judge: Callable[[Case], bool], case: Case) -> str:
    try:
        return "matched" if judge(case) else "missed"
    except Unsupported:
        return "unsupported"


def schedule_is_met(case: Case) -> bool:
    """Every cell of every row, to the cent; terms we cannot read are not expressible."""
    try:
        terms = schedules.read(case["terms"])
    except Refusal as refusal:
        raise Unsupported from refusal
    found = schedules.printed(terms, schedules.build(terms))["rows"]
    return [cells(row) for row in found] == [cells(row) for row in case["rows"]]


def cells(row: Case) -> dict[str, str | Decimal]:
    return {name: text if name == "due_on" else Decimal(text) for name, text in row.items()}


def apr_is_met(case: Case) -> bool:
    found = rate(case["method"].lower(), flows(case))
    return found is not None and abs(found - Decimal(case["apr_pct"])) <= APR_WITHIN


def rate(method: str, money: list[Flow]) -> Decimal | None:
    if "effective" in method:
        return effective_rate(money, places=3)
    if "actuarial" in method:
        found = unit_period_apr(money, places=3)
        return found.nominal if found else None
    raise Unsupported


def flows(case: Case) -> list[Flow]:
    """The advance, then each group of payments counted from its first day."""
    money = [(date.fromisoformat(case["advance_date"]), -cents(case["advance"]))]
    for group in case["payments"]:
        first, step = date.fromisoformat(group["first"]), period(group)
        days = [first + step * k for k in range(group["count"])]
        money += [(day, cents(group["amount"])) for day in days]
    return money


def period(group: Case) -> relativedelta:
    if group["count"] == 1:
        return relativedelta()
    count, _, unit = group["every"].partition(" ")
    unit = f"{unit.rstrip('s')}s"
    if unit not in UNITS or not count.isdecimal():
        raise Unsupported
    return relativedelta(**{unit: int(count)})


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


KINDS = ("matched", "missed", "unsupported")
JUDGES = {"loan_schedules.jsonl": schedule_is_met, "apr_examples.jsonl": apr_is_met}
