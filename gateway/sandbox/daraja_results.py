"""The asynchronous result as B2C, status and balance share it, and the notice of the late address."""

from __future__ import annotations

from typing import Any

from gateway.sandbox import numbers
from gateway.sandbox.daraja_codes import SUCCESS, words_of

ACCEPTED = "Accept the service request successfully."


def conversation_id() -> str:
    return f"AG_{numbers.compact()[:8]}_{numbers.hex_id('')[:20]}"


def acknowledgement(conversation: str, originator: str) -> dict[str, Any]:
    return {
        "ConversationID": conversation,
        "OriginatorConversationID": originator,
        "ResponseCode": "0",
        "ResponseDescription": ACCEPTED,
    }


def result(
    *,
    code: str,
    originator: str,
    conversation: str,
    transaction: str,
    parameters: list[dict[str, Any]],
) -> dict[str, Any]:
    """The body at ResultURL; a failure carries no parameters."""
    inner: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": int(code) if code.isdigit() else code,
        "ResultDesc": words_of(code),
        "OriginatorConversationID": originator,
        "ConversationID": conversation,
        "TransactionID": transaction,
    }
    if code == "0":
        inner["ResultParameters"] = {"ResultParameter": parameters}
    inner["ReferenceData"] = {
        "ReferenceItem": {
            "Key": "QueueTimeoutURL",
            "Value": "https://internalsandbox.safaricom.co.ke/mpesa/b2cresults/v1/submit",
        }
    }
    return {"Result": inner}


def notice(originator: str, conversation: str) -> dict[str, Any]:
    """The body at QueueTimeOutURL: it claims success and means nothing."""
    inner = {
        "ResultType": 0,
        "ResultCode": 0,
        "ResultDesc": SUCCESS,
        "OriginatorConversationID": originator,
        "ConversationID": conversation,
        "TransactionID": numbers.receipt(),
    }
    return {"Result": inner}


def pairs(**values: Any) -> list[dict[str, Any]]:
    """Daraja's list of keys and values; None leaves the value out, as the real one sometimes does."""
    return [
        {"Key": key} if value is None else {"Key": key, "Value": value}
        for key, value in values.items()
    ]
