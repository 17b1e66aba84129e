"""Reads the statement of Daraja's Pull Transactions; pure. Its lines come in lists of lists, or as text of such."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from core.errors import Refusal
from core.payments.rail import Message
from core.payments.rails.mpesa import messages
from core.payments.rails.mpesa.messages import NAIROBI

log = structlog.get_logger(__name__)
_DEPTH = 4  # no known shape nests deeper
_MARGIN = timedelta(minutes=15)  # clocks differ
_PLACES = ("Response", "Transaction", "Transactions")


def lines(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The raw lines of a page."""
    return [line for place in _PLACES for line in _inside(body.get(place), 0)]


def read(lines: list[dict[str, Any]], since: datetime, until: datetime) -> dict[str, Message]:
    """The money that came in, by receipt; a line that cannot be read is left out and said so.

    A date that ends in Z may be UTC or the wall clock of Nairobi: it is read as what lies in the time asked for.
    """
    local = _is_local([line.get("trxDate") for line in lines], since, until)
    return dict(_read(lines, local))


def _read(lines: list[dict[str, Any]], local: bool) -> Iterator[tuple[str, Message]]:
    for line in lines:
        if not str(line.get("transactiontype", "c2b")).startswith("c2b"):
            continue
        try:
            told = messages.pay_in(_as_confirmed(line))
        except Refusal as refusal:
            log.warning("line of the statement not understood", **refusal.facts)
            continue
        assert told.answer.receipt is not None
        yield told.answer.receipt, replace(told, paid_at=_instant(line.get("trxDate"), local))


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


def _is_local(dates: list[Any], since: datetime, until: datetime) -> bool:
    """Whether dates marked Z are Nairobi's after all: more of them then lie in the time that was asked for."""
    fitting = [
        sum(
            since - _MARGIN <= moment <= until + _MARGIN
            for moment in (_instant(date, local) for date in dates)
            if moment is not None
        )
        for local in (False, True)
    ]
    return fitting[True] > fitting[False]


def _instant(value: Any, local: bool) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    is_marked = moment.tzinfo is not None and not moment.utcoffset()
    return (
        moment.replace(tzinfo=NAIROBI) if moment.tzinfo is None or (local and is_marked) else moment
    )
