"""Reads the statement of Daraja's Pull Transactions; pure. Its lines come in lists of lists, or as text of such."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from core.errors import Refusal
from core.payments.rail import Message
from core.payments.rails.mpesa import messages
from core.payments.rails.mpesa.messages import NAIROBI

log = structlog.get_logger(__name__)
_DEPTH = 4  # no known shape nests deeper
_PLACES = ("Response", "Transaction", "Transactions")


def lines(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The raw lines of a page."""
    return [line for place in _PLACES for line in _inside(body.get(place), 0)]


def read(page: list[dict[str, Any]]) -> Iterator[tuple[str, Message]]:
    """The money that came in, by receipt; a line that cannot be read is left out and said so."""
    for line in page:
        if not str(line.get("transactiontype", "c2b")).startswith("c2b"):
            continue
        try:
            told = messages.pay_in(_as_confirmed(line))
        except Refusal as refusal:
            log.warning("line of the statement not understood", **refusal.facts)
            continue
        assert told.answer.receipt is not None
        yield told.answer.receipt, replace(told, paid_at=_instant(line.get("trxDate")))


def _as_confirmed(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "TransID": line.get("transactionId"),
        "TransAmount": line.get("amount"),
        "BillRefNumber": str(line.get("billreference") or ""),
    }


def _inside(part: Any, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(part, str):
        part = _parsed(part)
    if isinstance(part, dict):
        yield part
    elif isinstance(part, list) and depth < _DEPTH:
        for inner in part:
            yield from _inside(inner, depth + 1)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _instant(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=NAIROBI)
