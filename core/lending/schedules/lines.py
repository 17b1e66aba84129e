"""One line of JSON in, one line of JSON out: the table, or why there is none. What `growr loan schedule` speaks."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from config.limits import BODY_BYTES
from core.errors import Refusal
from core.lending.schedules.build import build
from core.lending.schedules.cost import true_cost
from core.lending.schedules.printing import printed, printed_cost
from core.lending.schedules.reading import read
from core.refusal_codes import RefusalCode


def answer(line: str, *, cost: bool = False) -> dict[str, Any]:
    """The table of the terms in this line, or the error in them; terms may be wrapped as {"terms": ...}."""
    try:
        data = _parsed(line)
        terms = read(data["terms"] if isinstance(data, dict) and "terms" in data else data)
        table = build(terms)
    except Refusal as refusal:
        return {"error": refusal.code, **refusal.facts}
    costs = {"cost": printed_cost(terms, true_cost(terms, table))} if cost else {}
    return {**printed(terms, table), **costs}


def _parsed(line: str) -> Any:
    if len(line) > BODY_BYTES:
        raise Refusal(RefusalCode.TERMS_INVALID, field="terms", reason="too_long")
    try:
        return json.loads(line, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal(RefusalCode.TERMS_INVALID, field="terms", reason="not_json") from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
