"""Reads what Daraja posts to us, in each of the shapes it has been seen in; pure, no network, no database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Refusal
from core.money import Money
from core.payments.models import Method, Topic
from core.payments.rail import Answer, Message, Verdict
from core.payments.rails.mpesa import codes
from core.refusal_codes import RefusalCode

NAIROBI = ZoneInfo("Africa/Nairobi")
CURRENCY = "KES"
_ID_CHARACTERS, _RECEIPT_CHARACTERS, _CODE_CHARACTERS = 60, 40, 20
_FIRST_YEAR, _LAST_YEAR = 2000, 2200  # before the first one there was no M-PESA
_DEPTH = 5  # no known shape nests deeper
_CENT = Decimal("0.01")
_MOST = Decimal(10**9)  # shillings; M-PESA moves far less in one payment


def read(topic: Topic, body: dict[str, Any]) -> Message:
    """Understand a callback on this topic; refuses what has not the shape of one."""
    if topic is Topic.PAY_IN:
        return pay_in(body)
    if topic is Topic.ANNOUNCED:
        told = pay_in(body)
        return replace(told, event_key=f"announced:{told.event_key}")
    if topic is Topic.ANSWER:
        return _answer(_inner(body, "Result"))
    if "Body" in body:
        return _prompt(_inner(_inner(body, "Body"), "stkCallback"))
    return _result(_inner(body, "Result"))


def _prompt(call: dict[str, Any]) -> Message:
    reference, code = _text(call, "CheckoutRequestID"), _code(call)
    items = dict(_items(call.get("CallbackMetadata")))
    answer = codes.outcome(code, Method.PUSH)
    told = Answer(
        answer.verdict, code=answer.code, reference=reference,
        receipt=_receipt(items.get("MpesaReceiptNumber")), amount=_money(items.get("Amount")),
    )  # fmt: skip
    return Message(event_key=_key(reference, code, told), answer=told)


def _result(result: dict[str, Any]) -> Message:
    conversation, code = _text(result, "ConversationID"), _code(result)
    items = dict(_items(result.get("ResultParameters")))
    answer = _payout(result, items, code, conversation)
    key = _optional(result.get("OriginatorConversationID"))
    return Message(event_key=_key(conversation, code, answer), answer=answer, provider_key=key)


def _payout(result: dict[str, Any], items: dict[str, Any], code: str, conversation: str) -> Answer:
    answer = codes.outcome(code, Method.PAYOUT)
    receipt = items.get("TransactionReceipt") or result.get("TransactionID")
    return Answer(
        answer.verdict, code=answer.code, reference=conversation,
        receipt=_receipt(receipt) if answer.verdict is Verdict.PAID else None,
        amount=_money(items.get("TransactionAmount")),
    )  # fmt: skip


def _answer(result: dict[str, Any]) -> Message:
    """The answer to a status query: ResultCode 0 only says that the query worked, so the status decides."""
    conversation, code = _text(result, "ConversationID"), _code(result)
    items = dict(_items(result.get("ResultParameters")))
    word = items.get("TransactionStatus", items.get("Status"))
    answer = codes.nothing_found(code) if word is None else _status(str(word), items)
    return Message(event_key=_key(conversation, code, answer), answer=answer)


def _status(word: str, items: dict[str, Any]) -> Answer:
    verdict = codes.status(word)
    return Answer(
        verdict, code="declined" if verdict is Verdict.FAILED else "",
        receipt=_receipt(items.get("ReceiptNo")), amount=_money(items.get("Amount")),
    )  # fmt: skip


def pay_in(body: dict[str, Any]) -> Message:
    """What a pay-in's confirmation says; it is believed after a question only."""
    receipt, amount = _receipt(body.get("TransID")), _money(body.get("TransAmount"))
    if receipt is None or amount is None:
        raise Refusal(RefusalCode.CALLBACK_MALFORMED, field="TransAmount" if receipt else "TransID")
    reference = _optional(body.get("BillRefNumber")) or ""
    return Message(
        event_key=f"{receipt}:{amount.minor}:{reference}",
        answer=Answer(Verdict.PENDING, receipt=receipt, amount=amount),
        account_reference=reference,
        paid_at=_instant(body.get("TransTime")),
    )


def _key(reference: str, code: str, answer: Answer) -> str:
    """What makes a callback the same callback: a forged one must not keep the true one out."""
    amount = answer.amount.minor if answer.amount else ""
    return f"{reference}:{code}:{answer.verdict}:{answer.receipt or ''}:{amount}"


def _items(part: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The name-value pairs of a callback: a list under one of three names, or the list itself, or one pair."""
    if isinstance(part, list) and depth < _DEPTH:
        for entry in part:
            yield from _items(entry, depth + 1)
    elif isinstance(part, dict) and depth < _DEPTH:
        name = part.get("Key", part.get("Name"))
        if isinstance(name, str):
            yield name, part.get("Value")
        for inside in ("ResultParameter", "ResultParameters", "Item"):
            yield from _items(part.get(inside), depth + 1)


def _inner(body: dict[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name)
    if not isinstance(part, dict):
        raise Refusal(RefusalCode.CALLBACK_MALFORMED, field=name)
    return part


def _text(body: dict[str, Any], name: str) -> str:
    text = _optional(body.get(name))
    if text is None:
        raise Refusal(RefusalCode.CALLBACK_MALFORMED, field=name)
    return text


def _code(body: dict[str, Any]) -> str:
    code = codes.plain(body.get("ResultCode"))
    if not code or len(code) > _CODE_CHARACTERS or not code.isprintable():
        raise Refusal(RefusalCode.CALLBACK_MALFORMED, field="ResultCode")
    return code


def _optional(value: Any, most: int = _ID_CHARACTERS) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= most and text.isprintable() else None


def _receipt(value: Any) -> str | None:
    return _optional(value, _RECEIPT_CHARACTERS)


def _money(value: Any) -> Money | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or not _CENT <= amount < _MOST or amount != amount.quantize(_CENT):
        return None
    return Money(CURRENCY, int(amount * 100))


def _instant(value: Any) -> datetime | None:
    """When the provider says it was; None where no instant of a payment can be meant."""
    try:
        moment = datetime.strptime(str(value), "%Y%m%d%H%M%S").replace(tzinfo=NAIROBI)
    except ValueError:
        return None
    return moment if _FIRST_YEAR <= moment.year < _LAST_YEAR else None
