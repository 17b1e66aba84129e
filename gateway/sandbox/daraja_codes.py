"""Daraja's words: result codes, error envelopes, limits and the shape checks of its fields."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, jsonify

from gateway.sandbox import faults, numbers

SUCCESS = "The service request is processed successfully."
RESULTS = {
    "0": SUCCESS,
    "1": "The balance is insufficient for the transaction.",
    "2": "Declined due to limit rule: less than the minimum transaction amount.",
    "3": "Declined due to limit rule: greater than the maximum transaction amount.",
    "4": "Declined due to limit rule: would exceed daily transfer limit.",
    "8": "Declined due to limit rule: would exceed the maximum balance.",
    "11": "The DebitParty is in an invalid state.",
    "17": "System internal error.",
    "21": "The initiator is not allowed to initiate this request.",
    "26": "System busy. Traffic blocking condition in place.",
    "1001": "Unable to lock subscriber, a transaction is already in process for the current subscriber",
    "1019": "Transaction has expired",
    "1025": "An error occurred while sending a push request",
    "1032": "Request cancelled by user",
    "1037": "DS timeout user cannot be reached",
    "2001": "The initiator information is invalid.",
    "2006": "Declined due to account rule: the account status does not allow this transaction.",
    "2028": "The request is not permitted according to product assignment.",
    "2040": "Credit Party customer type can't be supported by the service: unregistered customer.",
    "8006": "The security credential is locked.",
    "9999": "An error occurred while sending a push request",
    "R000002": "The OriginalTransactionID is invalid.",
    "SFC_IC0003": "The operator does not exist.",
}
MAGIC = "25479991"  # +254799912040 always ends with result 2040; 0000 never ends at all
NEVER = "never"
AMOUNT_MAX = 250_000
B2C_AMOUNT_MIN = 10
BALANCE_MAX = 500_000
PROCESSING = ("500.001.1001", "The transaction is being processed")
BAD_WORDS = re.compile(r"m-pesa|mpesa|safaricom|exe|cmd|sql|query", re.IGNORECASE)


class DarajaError(Exception):
    """A refusal in Daraja's envelope; its HTTP status is the head of the code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    def response(self) -> Response:
        response = jsonify(
            requestId=f"{numbers.digits(5)}-{numbers.digits(8)}-1",
            errorCode=self.code,
            errorMessage=self.message,
        )
        head = int(self.code.partition(".")[0])
        response.status_code = 429 if "Spike" in self.message else head
        return response


def bad(field: str) -> DarajaError:
    return DarajaError("400.002.02", f"Bad Request - Invalid {field}")


def refusal(kind: str) -> Response:
    """How Daraja words the refusals that are ordered as faults."""
    words = {
        faults.ERROR: ("500.003.1001", "Internal Server Error"),
        faults.RATE_LIMITED: ("500.003.02", "Error Occurred: Spike Arrest Violation"),
        faults.EXPIRED: ("404.001.03", "Invalid Access Token"),
        faults.LOCKED: ("500.001.1001", RESULTS["1001"]),
    }
    return DarajaError(*words[kind]).response()


def result_of_magic(msisdn: str) -> str | None:
    """What a magic number always ends with: a code, NEVER, or None for an ordinary phone."""
    if not msisdn.startswith(MAGIC):
        return None
    code = msisdn[-4:].lstrip("0")
    return code or NEVER


def words_of(code: str) -> str:
    return RESULTS.get(code, "The transaction failed.")


def text(data: dict[str, Any], field: str, *, least: int = 1, most: int = 100) -> str:
    """A field as text; numbers are in use as well."""
    value = data.get(field, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise bad(field)
    if not least <= len(str(value)) <= most:
        raise bad(field)
    return str(value)


def amount(data: dict[str, Any]) -> int:
    """Whole shillings."""
    value = text(data, "Amount", most=9)
    if not re.fullmatch(r"[1-9]\d*", value):
        raise bad("Amount")
    return int(value)


def phone(data: dict[str, Any], field: str) -> str:
    value = text(data, field)
    if not re.fullmatch(r"254[17]\d{8}", value):
        raise bad(field)
    return value


def address(data: dict[str, Any], field: str) -> str:
    """A callback address without the words Daraja refuses in it."""
    value = text(data, field, most=500)
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value) or BAD_WORDS.search(value):
        raise bad(field)
    return value


def timestamp(data: dict[str, Any]) -> str:
    value = text(data, "Timestamp")
    if not re.fullmatch(r"20\d{12}", value):
        raise bad("Timestamp")
    return value
